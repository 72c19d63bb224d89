"""Draws of cells in proportion to a propensity, in a time that does not depend on their number."""

import numpy as np

from brainwright.compiled import njit

CHUNK = 1 << 18
"""Draws made at a time: their random numbers, 2 MB, stay in a second-level cache. It changes no draw."""


class Lottery:
    """Draws cells of one block and one generation in proportion to a propensity.

    Args:
        block: (M,) block of each cell. propensity: (M,). n: number of originals, which come first.
    """

    def __init__(self, block: np.ndarray, propensity: np.ndarray, n: int):
        self.group = block * 2 + (np.arange(block.size) >= n)
        self.order = np.argsort(self.group, kind="stable")
        self.cumulated = np.concatenate([[0.0], np.cumsum(propensity[self.order])])
        groups = 2 * (int(block.max()) + 1)
        self.bounds = np.searchsorted(self.group[self.order], np.arange(groups + 1))
        self.total = np.diff(self.cumulated[self.bounds])
        # as many equal steps as cells: the step in which a draw falls says within a cell or two where it lies
        self.steps_per_unit = block.size / self.cumulated[-1] if self.cumulated[-1] > 0 else 0.0
        edges = np.arange(block.size + 1) / self.steps_per_unit if self.steps_per_unit else np.zeros(1)
        self.guide = np.searchsorted(self.cumulated, edges).astype(np.int32)

    def draw(self, rng, group: np.ndarray) -> np.ndarray:
        """It returns one cell for each entry of `group` (2 × block + generation), int32."""
        cells = np.empty(group.size, np.int32)
        for first in range(0, group.size, CHUNK):
            part = slice(first, first + CHUNK)
            chance = rng.random(cells[part].size)
            _find(
                group[part], chance, self.cumulated, self.bounds, self.total, self.order,
                self.guide, self.steps_per_unit, cells[part],
            )  # fmt: skip
        return cells


@njit(cache=True)
def _find(group, chance, cumulated, bounds, total, order, guide, steps_per_unit, cells):
    """It finds the last place whose cumulated propensity does not exceed the draw, within the group."""
    last = guide.size - 1
    for i in range(group.size):
        g = group[i]
        x = cumulated[bounds[g]] + chance[i] * total[g]
        at = guide[min(int(x * steps_per_unit), last)]
        while at > 0 and cumulated[at - 1] > x:
            at -= 1
        while at < cumulated.size and cumulated[at] <= x:
            at += 1
        cells[i] = order[min(max(at - 1, bounds[g]), bounds[g + 1] - 1)]
