"""How learning rates, and the options of rules that act like one, were found: a climb on a coarse grid."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .lineup import Arm

Point = dict[str, int]
"""What is searched → its place on the grid."""
OPTIONS = ("threshold", "plasticity", "decay", "temperature", "strength", "goodness.slope")
"""Of rules; those that are 0, off the grid, or that a rule does not have are not searched."""


def value(place: int) -> float:
    """The grid: ..., 0.01, 0.03, 0.1, 0.3, 1, ...

    Example:
        >>> [value(place) for place in (-3, -2, -1, 0, 1)]
        [0.03, 0.1, 0.3, 1.0, 3.0]
    """
    decade, half = divmod(place, 2)
    return float(f"{3 if half else 1}e{decade}")


GRID = {value(place): place for place in range(-16, 9)}


def place(of: float) -> int:
    """Where a value is on the grid. Raises ValueError: a value between its points."""
    if of not in GRID:
        raise ValueError(f"rates are searched among 1 and 3 times powers of 10, got {of}")
    return GRID[of]


def start(arm: Arm, searched: tuple[str, ...] = OPTIONS) -> Point:
    """Where the search of an arm begins: at what it has now."""
    found = {"rate": place(arm.rate)}
    found |= {f"rate of {group}": place(rate) for group, rate in arm.rates.items() if rate}
    own = {name: _option(arm.rule, name) for name in searched}
    return found | {name: GRID[held] for name, held in own.items() if held is not None and held in GRID}


def placed(arm: Arm, point: Point) -> Arm:
    """The arm with the values of a point."""
    at = {name: value(where) for name, where in point.items()}
    rate = at.pop("rate")
    rates = {group: at.pop(f"rate of {group}", held) for group, held in arm.rates.items()}
    rule = arm.rule
    for name, held in at.items():
        rule = _with_option(rule, name, held)
    return replace(arm, rule=rule, rate=rate, rates=rates)


def _option(of: Any, path: str) -> float | None:
    for name in path.split("."):
        of = getattr(of, name, None)
    return of


def _with_option(of: Any, path: str, to: float) -> Any:
    name, _, rest = path.partition(".")
    return replace(of, **{name: _with_option(getattr(of, name), rest, to) if rest else to})


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
    found: dict[str, float] = {}

    def of(point: Point) -> float:
        name = named(point)
        if name not in found:
            found[name] = score(point)
        return found[name]

    best, before = dict(begin), None
    while best != before:
        before = best
        for axis in begin:
            for step in (1, -1):
                while of(further := {**best, axis: best[axis] + step}) > of(best):
                    best = further
    return best, found
