"""What every expansion promises, as one check."""

import numpy as np

from brainwright.connectome.nulls.invariants import demand
from brainwright.connectome.signs import dale_violations


def check(before, after) -> None:
    """Raises `InvariantError` unless the original is an exact subgraph, Dale's law holds, and no autapse was
    added.
    """
    n = before.n_cells
    inside = after.edges.take((after.edges.pre < n) & (after.edges.post < n))
    same = all(old is None or np.array_equal(old, new) for old, new in zip(before.edges, inside, strict=True))
    demand(same and np.array_equal(before.ids, after.ids[:n]), "the original is an exact subgraph")
    demand(dale_violations(after).size == 0, "Dale's law holds")
    if "sign" in before.cells:
        parent = before.locate(after.cells["parent"])
        same = np.array_equal(
            before.cells["sign"].to_numpy(float)[parent], after.cells["sign"].to_numpy(float), equal_nan=True
        )
        demand(same, "every new cell has the sign of its parent")
    loops = after.edges.pre[after.edges.pre == after.edges.post]
    demand(not loops.size or loops.max() < n, "no autapse is added")
