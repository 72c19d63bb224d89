"""Numbers as text that a reader sees."""

import math
import numbers
import re
from typing import Any


def number(value: float | None, *, digits: int = 2, sign: bool = False, unbounded: str = "unbounded") -> str:
    """A figure with a true minus sign and no minus zero; what is missing or not finite in words."""
    if value is None or not math.isfinite(value):
        return unbounded
    text = f"{value:{'+' if sign else ''},.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = f"{0:.{digits}f}"
    return text.replace("-", "−")


def within(low: float | None, high: float | None, *, digits: int = 2, sign: bool = False) -> str:
    """An interval; a bound that JSON cannot hold is an infinite one."""
    ends = ((low, "−∞"), (high, "∞"))
    return f"[{', '.join(number(end, digits=digits, sign=sign, unbounded=none) for end, none in ends)}]"


def short(value: Any) -> str:
    """A figure of unknown size with three digits, or a whole number with its thousands apart."""
    whole = isinstance(value, numbers.Integral)
    return (f"{int(value):,}" if whole else f"{float(value):.3g}").replace("-", "−")


_HYPHEN = re.compile(r"(?<![\w.)\]-])-(?=\.?\d)")
"""A hyphen before a number and behind no word, number or bracket: it stands for a minus sign."""


def with_minus(text: object) -> str:
    """Text in which negative numbers have a true minus sign.

    Example:
        >>> with_minus("-1.5 [-2, .3], 2015-03, 1-2")
        '−1.5 [−2, .3], 2015-03, 1-2'
    """
    return _HYPHEN.sub("−", str(text))
