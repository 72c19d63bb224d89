"""Lines on the wire: JSON objects in UTF-8, one per line, plain numbers, no code. See docs/wire.md."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.runs import plain
from brainwright.untrusted import Fault
from brainwright.untrusted.plain_json import finite, no_constant

from ..plan import StimulusPlan

VERSION = 1
LONGEST_ANSWER = 32 * 2**20
"""What a client must be able to take: a minute of many detections."""
LONGEST_REQUEST = {"": 4096, "operator": 4096, "watchdog": 4096, "controller": 2**20}
"""Bytes of a request, by role; "" before the greeting. Decoding holds up every thread of the process, a
line of the controller (a plan of some 15,000 pulses) for about 20 ms: no one may make the host deaf."""
_AT_ONCE = 4096  # values that are encoded before other threads have their turn
PLAN = ("dish", "channel", "time_s", "current_uA", "width_us")


class WireError(Fault):
    """The other side does not speak this language."""


def encode(message: dict[str, Any]) -> bytes:
    """It writes one line. Raises ValueError for NaN and infinity (give them up before)."""
    fields = (f"{_dump(str(name))}:{_dump_long(value)}" for name, value in message.items())
    return ("{" + ",".join(fields) + "}\n").encode()


def _dump_long(value: Any) -> str:
    """It writes as `_dump` does, a long list in pieces."""
    if not isinstance(value, list) or len(value) <= _AT_ONCE:
        return _dump(value)
    pieces = (_dump(value[i : i + _AT_ONCE])[1:-1] for i in range(0, len(value), _AT_ONCE))
    return "[" + ",".join(pieces) + "]"


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def decode(line: bytes) -> dict[str, Any]:
    """It returns the object of a line. Raises WireError for anything else, NaN and infinity included."""
    try:
        message = json.loads(line, parse_constant=no_constant, parse_float=finite)
    except (ValueError, RecursionError) as error:  # each number is checked where it is used
        raise WireError(f"expected a line with one JSON object of finite numbers, got: {error}") from error
    if not isinstance(message, dict):
        raise WireError(f"expected a JSON object, got {type(message).__name__}")
    return message


class Lines:
    """It puts lines together from what a socket gave."""

    def __init__(self, longest: int):
        self.longest = longest
        self._rest = bytearray()
        self._searched = 0  # bytes without an end of line

    def feed(self, data: bytes) -> None:
        """It takes what came."""
        self._rest += data

    def take(self, most: int) -> list[bytes]:
        """It returns up to `most` lines that are complete. Raises WireError for a line that is too long,
        after those before it were taken.
        """
        lines: list[bytes] = []
        while len(lines) < most:
            end = self._rest.find(b"\n", self._searched)
            if (end if end >= 0 else len(self._rest)) > self.longest:
                if lines:
                    return lines
                raise WireError(f"expected a line of at most {self.longest} bytes, got more")
            if end < 0:
                self._searched = len(self._rest)
                break
            lines.append(bytes(self._rest[:end]))
            del self._rest[: end + 1]
            self._searched = 0
        return lines

    @property
    def waiting(self) -> bool:
        """It tells whether there is something to take: a line, or one that is too long."""
        return self._rest.find(b"\n", self._searched) >= 0 or len(self._rest) > self.longest


def plan_fields(plan: StimulusPlan) -> dict[str, Any]:
    return {name: getattr(plan, name).tolist() for name in PLAN}


def plan_of(message: dict[str, Any]) -> StimulusPlan:
    """It makes the plan of a message's fields. Raises WireError for fields that make none."""
    try:
        if all(message[name] == [] for name in PLAN):
            return StimulusPlan.empty()
        return StimulusPlan(**{name: np.array(numbers(message, name)) for name in PLAN})
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise WireError(f"expected a plan with {', '.join(PLAN)}, got: {error!r}") from error


def numbers(message: dict[str, Any], name: str) -> list[Any]:
    """It returns a field that holds a list of numbers, or of lists of numbers. Raises WireError."""
    values = message.get(name)
    if not isinstance(values, list) or not all(
        _is_number(v) or (isinstance(v, list) and all(map(_is_number, v))) for v in values
    ):
        raise WireError(f"{name}: expected a list of numbers")
    return values


def number(message: dict[str, Any], name: str) -> float:
    """It returns a field that holds one number. Raises WireError."""
    value = message.get(name)
    if not isinstance(value, int | float) or not _is_number(value):
        raise WireError(f"{name}: expected a number, got {str(value)[:60]!r}")
    return float(value)


def words(message: dict[str, Any], name: str) -> str:
    """It returns a field that holds text, at most 500 characters of it; empty where there is none. Raises
    WireError.
    """
    value = message.get(name, "")
    if not isinstance(value, str):
        raise WireError(f"{name}: expected text")
    return value[:500]


def columns(table: dict[str, NDArray[np.generic]]) -> dict[str, Any]:
    return plain(table)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**62
