"""JSON of strangers: finite numbers, bounded depth, one kind of error."""

import json
import math
from typing import Any

from .errors import Unreadable

DEEPEST = 64
"""Levels of lists and objects in one another: what we write has six, recursion ends at about a thousand."""
LONGEST_NUMBER = 400
"""Digits: the largest float has 309."""


def parse_json(text: str | bytes, name: str) -> Any:
    """The value of a JSON text.

    Raises:
        Unreadable: no JSON or not UTF-8, NaN or infinity, a number of too many digits, too many levels.
    """
    try:
        value = json.loads(text, parse_constant=no_constant, parse_float=finite, parse_int=_whole)
    except RecursionError as error:
        raise Unreadable(f"{name}: expected JSON of at most {DEEPEST} levels, got more") from error
    except ValueError as error:
        raise Unreadable(f"{name}: expected readable JSON of finite numbers, got: {error}") from error
    brackets = ("[", "{") if isinstance(text, str) else (b"[", b"{")
    if sum(text.count(mark) for mark in brackets) > DEEPEST and _depth_beyond(value, DEEPEST):  # ty: ignore
        raise Unreadable(f"{name}: expected JSON of at most {DEEPEST} levels, got more")
    return value


def _depth_beyond(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def no_constant(name: str) -> float:
    """For `json.loads`: NaN and infinity are refused. Raises ValueError."""
    raise ValueError(f"{name} is no number")


def finite(text: str) -> float:
    """For `json.loads`: a number so large that it is infinite is refused. Raises ValueError."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is no finite number")
    return value


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)
