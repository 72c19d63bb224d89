"""Two factors with two levels each: what each factor, and both together, are worth."""

from collections.abc import Mapping
from typing import Any

import numpy as np

RESAMPLES = 10_000
"""Of the bootstrap: the ends of a 95 % interval are then known to about a fiftieth of its width."""

Cells = Mapping[tuple[bool, bool], Any]
"""(first factor is there, second factor is there) → a value, or values [..., ] of each."""


def two_by_two(cells: Mapping[tuple[bool, bool], np.ndarray], seed: int = 0) -> dict[str, dict[str, float]]:
    """Main effects and interaction with 95 % percentile intervals, from a bootstrap that draws graphs anew in
    each cell and seeds in all cells alike.

    Args:
        cells: (first factor present, second factor present) → values [draw, seed], the same seeds in all.
        seed: of the resampling.

    Returns:
        "first" and "second" (the factor's effect averaged over the other's levels) and "interaction" (by how
        much the second factor's effect is larger where the first is present), each with `value`, `ci_low`,
        `ci_high`.
    """
    rng = np.random.default_rng(seed)
    n_seeds = cells[True, True].shape[1]
    seeds = rng.integers(0, n_seeds, (RESAMPLES, n_seeds))
    drawn = {}
    for key, values in cells.items():
        graphs = rng.integers(0, len(values), (RESAMPLES, len(values)))
        drawn[key] = values[graphs[:, :, None], seeds[:, None, :]].mean((1, 2))
    means = {key: values.mean() for key, values in cells.items()}
    return {name: _with_interval(effect, means, drawn) for name, effect in EFFECTS.items()}


def _with_interval(effect, means: Cells, drawn: Cells) -> dict[str, float]:
    low, high = np.quantile(effect(drawn), [0.025, 0.975]).tolist()
    return {"value": float(effect(means)), "ci_low": low, "ci_high": high}


def _first(cell: Cells) -> Any:
    gain = {second: cell[True, second] - cell[False, second] for second in (True, False)}
    return (gain[True] + gain[False]) / 2


def _second(cell: Cells) -> Any:
    gain = {first: cell[first, True] - cell[first, False] for first in (True, False)}
    return (gain[True] + gain[False]) / 2


def _interaction(cell: Cells) -> Any:
    return (cell[True, True] - cell[True, False]) - (cell[False, True] - cell[False, False])


EFFECTS = {"first": _first, "second": _second, "interaction": _interaction}
