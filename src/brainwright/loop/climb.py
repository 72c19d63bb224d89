"""The best point of a coarse grid that no single step improves: how learning rates are searched."""

from collections.abc import Callable, Mapping

Point = dict[str, int]
"""What is searched → its place on the grid."""


def value(place: int) -> float:
    """The grid: ..., 0.01, 0.03, 0.1, 0.3, 1, ...

    Example:
        >>> [value(place) for place in (-3, -2, -1, 0, 1)]
        [0.03, 0.1, 0.3, 1.0, 3.0]
    """
    decade, half = divmod(place, 2)
    return float(f"{3 if half else 1}e{decade}")


GRID = {value(place): place for place in range(-16, 9)}
"""Value → place, from 1e-8 to 1e4: what rates and the options that act like one have been."""


def place(of: float) -> int:
    """Where a value is on the grid. Raises ValueError: a value between its points."""
    if of not in GRID:
        raise ValueError(f"rates are searched among 1 and 3 times powers of 10, got {of}")
    return GRID[of]


def named(point: Point) -> str:
    """In words.

    Example:
        >>> named({"rate": -3, "threshold": -1})
        'rate 0.03, threshold 0.3'
    """
    return ", ".join(f"{name} {value(where):g}" for name, where in point.items())


def climb(score: Callable[[Point], float], begin: Point) -> tuple[Point, Mapping[str, float]]:
    """The best point that no single step along one axis makes better, and the score of all that were tried
    by their names.
    """
    scores: dict[str, float] = {}

    def score_of(point: Point) -> float:
        name = named(point)
        if name not in scores:
            scores[name] = score(point)
        return scores[name]

    best, before = dict(begin), None
    while best != before:
        before = best
        for axis in begin:
            for step in (1, -1):
                while score_of(further := {**best, axis: best[axis] + step}) > score_of(best):
                    best = further
    return best, scores
