"""A claim that several comparisons must carry, each of them."""

import math
from collections.abc import Sequence
from typing import Any

WORST_FIRST = ("against", "no difference", "cannot tell", "supported")


def weakest(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The comparison that decides where all must be supported: the one with the worst verdict, among equals
    the one whose interval begins lowest.

    Its verdict is that of the intersection-union test: "supported" only if every one is. Such a test needs no
    correction for their number (Berger 1982, Technometrics 24:295).

    Args:
        rows: comparisons as `result.json` holds them; at least one.

    Raises:
        ValueError: no row.
    """
    if not rows:
        raise ValueError("weakest: expected at least one comparison, got none")

    def strength(row: dict[str, Any]) -> tuple[int, float]:
        low = row["ci_low"]
        return WORST_FIRST.index(row["verdict"]), -math.inf if low is None else low

    return min(rows, key=strength)
