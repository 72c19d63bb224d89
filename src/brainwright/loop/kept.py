"""What was worked out once and is asked for again: kept in memory, and given away as copies."""

import copy
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
MOST = 4
"""Results that are kept, the oldest of which makes room: dishes are recorded plastic, frozen and without
cells.
"""


class Kept:
    """Results of work that depends on nothing but what it is kept under. They stay in this process."""

    def __init__(self) -> None:
        self._there: dict[bytes, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        """A copy in another process begins empty."""
        return {"_there": {}}

    def of(self, work: Callable[[], T], *parts: Any) -> T:
        """A copy of what `work` gives, or of what it gave for equal parts.

        Args:
            work: called at most once as long as its result is kept.
            parts: all that it depends on: arrays, and values whose `repr` says all of them.
        """
        key = _digest(parts)
        if key not in self._there:
            made = work()
            if len(self._there) >= MOST:
                del self._there[next(iter(self._there))]
            self._there[key] = made
        return copy.deepcopy(self._there[key])


def _digest(parts: tuple[Any, ...]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        is_array = isinstance(part, np.ndarray)
        digest.update(repr((part.dtype, part.shape) if is_array else part).encode() + b"\n")
        if is_array:
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.digest()
