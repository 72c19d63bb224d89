"""Whom the mirror compares: overlaps, observers, widths, weights, drives, and who is watched."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from .corridor import DRIVES
from .taught import Arm
from .watching import Watcher

NONE, OVERLAP, UNPAIRED, FRIENDS = "no overlap", "overlap", "unpaired overlap", "overlap with friends alone"
PAID, PAID_OVERLAP = "no overlap, deceit still paid", "overlap, deceit still paid"
LEARNS, LEARNS_OVERLAP = "no overlap, observer learns", "overlap, observer learns"
ARMS = (
    Arm(NONE),
    Arm(OVERLAP, overlap=1.0),
    Arm(UNPAIRED, overlap=1.0, pairs="unpaired"),
    Arm(FRIENDS, overlap=1.0, pairs="friend"),
    Arm(PAID, goes_on=True),
    Arm(PAID_OVERLAP, overlap=1.0, goes_on=True),
    Arm(LEARNS, goes_on=True, observed=True),
    Arm(LEARNS_OVERLAP, overlap=1.0, goes_on=True, observed=True),
)
COMPARED = {PAID_OVERLAP: PAID, FRIENDS: NONE, LEARNS: PAID, LEARNS_OVERLAP: LEARNS}
"""Arm → what it is compared with, beside overlap, which must exceed all that is taken away."""
WIDTHS = (2, 4, 8, 16)
BY_WIDTH = tuple(
    Arm(f"{'separate' if separate else 'shared'}, {width}", width, separate, goes_on=True)
    for separate in (False, True)
    for width in WIDTHS
)
WEIGHTS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Of the overlap, half a decade apart."""
BY_WEIGHT = tuple(
    Arm(f"{shown}, {weight:g}", overlap=weight, pairs=pairs)
    for shown, pairs in (("paired", "all"), ("unpaired", "unpaired"))
    for weight in WEIGHTS
)
ALL_DRIVES, APART = "all drives", "all drives, separate circuits"


def without(drives: tuple[str, ...]) -> str:
    """The name of the arm that has these drives."""
    lacking = [drive for drive in DRIVES if drive not in drives]
    return f"without {', '.join(lacking)}" if lacking else ALL_DRIVES


def removed(arms: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, dict[str, np.ndarray]]:
    """How it is with so many drives removed, over all orders in which they may be: the mean over all sets of
    as many, "0 removed" to "4 removed", metric by metric.
    """
    rows = {}
    for many in range(len(DRIVES) + 1):
        names = [without(drives) for drives in combinations(DRIVES, len(DRIVES) - many)]
        columns = {name: np.mean([arms[arm][name] for arm in names], 0) for name in arms[ALL_DRIVES]}
        rows[f"{many} removed"] = columns
    return rows


BY_DRIVE = (
    *(
        Arm(without(drives), goes_on=True, drives=drives)
        for many in range(len(DRIVES), -1, -1)
        for drives in combinations(DRIVES, many)
    ),
    Arm(APART, separate=True, goes_on=True, drives=DRIVES),
)
"""Every set of drives: as they are removed one after the other, in any order."""
SEEN, SEEN_APART, SEEN_OVERLAP = "watched", "watched, separate circuits", "watched, overlap"
SHUFFLED, UNSEEN = "watched, ways shuffled", "nobody watched"
WATCHERS = (
    Watcher(SEEN),
    Watcher(SEEN_APART, separate=True),
    Watcher(SEEN_OVERLAP, overlap=1.0),
    Watcher(SHUFFLED, other="shuffled"),
    Watcher(UNSEEN, other="unseen"),
)
