"""Lines on the wire: JSON objects in UTF-8, one per line, plain numbers, no code. See docs/wire.md."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.runfolder import plain
from brainwright.untrusted import Fault

from ..plan import StimulusPlan

VERSION = 1
LONGEST_LINE = 32 * 2**20
LONGEST_GREETING = 4096  # before the token was seen
PLAN = ("dish", "channel", "time_s", "current_uA", "width_us")


class WireError(Fault):
    """The other side does not speak this language."""


def encode(message: dict[str, Any]) -> bytes:
    """One line. Raises ValueError for NaN and infinity (give them up before)."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The object of a line. Raises WireError for anything else, NaN and infinity included."""
    try:
        message = json.loads(line, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:  # each number is checked where it is used
        raise WireError(f"expected a line with one JSON object of finite numbers, got: {error}") from error
    if not isinstance(message, dict):
        raise WireError(f"expected a JSON object, got {type(message).__name__}")
    return message


class Lines:
    """Puts lines together from what a socket gave."""

    def __init__(self, longest: int):
        self.longest = longest
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete now. Raises WireError for a line that is too long."""
        self._rest += data
        while (end := self._rest.find(b"\n")) >= 0:
            if end > self.longest:
                break
            line = bytes(self._rest[:end])
            del self._rest[: end + 1]
            yield line
        if len(self._rest) > self.longest:
            raise WireError(f"expected a line of at most {self.longest} bytes, got more")


def plan_fields(plan: StimulusPlan) -> dict[str, Any]:
    return {name: getattr(plan, name).tolist() for name in PLAN}


def plan_of(message: dict[str, Any]) -> StimulusPlan:
    """Raises WireError for fields that make no plan."""
    try:
        if all(message[name] == [] for name in PLAN):
            return StimulusPlan.empty()
        return StimulusPlan(**{name: np.array(numbers(message, name)) for name in PLAN})
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise WireError(f"expected a plan with {', '.join(PLAN)}, got: {error!r}") from error


def numbers(message: dict[str, Any], name: str) -> list[Any]:
    """A field that holds a list of numbers, or of lists of numbers. Raises WireError."""
    values = message.get(name)
    if not isinstance(values, list) or not all(
        _is_number(v) or (isinstance(v, list) and all(map(_is_number, v))) for v in values
    ):
        raise WireError(f"{name}: expected a list of numbers")
    return values


def number(message: dict[str, Any], name: str) -> float:
    """A field that holds one number. Raises WireError."""
    value = message.get(name)
    if not isinstance(value, int | float) or not _is_number(value):
        raise WireError(f"{name}: expected a number, got {str(value)[:60]!r}")
    return float(value)


def words(message: dict[str, Any], name: str) -> str:
    """A field that holds text, at most 500 characters of it; empty where there is none. Raises WireError."""
    value = message.get(name, "")
    if not isinstance(value, str):
        raise WireError(f"{name}: expected text")
    return value[:500]


def columns(table: dict[str, NDArray[np.generic]]) -> dict[str, Any]:
    return plain(table)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**62


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no finite number")
    return value
