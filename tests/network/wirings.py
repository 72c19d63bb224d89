"""Small wiring diagrams for the tests."""

import numpy as np
import pandas as pd

from brainwright.connectome import Connectome


def small(n=40, n_edges=300, seed=0, *, signed=True, gaps=False) -> Connectome:
    """Random counts among typed cells; the first 8 are sensory, the last 6 output; 30 % inhibit."""
    rng = np.random.default_rng(seed)
    pairs = rng.choice(n * (n - 1), n_edges, replace=False)
    pre, post = pairs // (n - 1), pairs % (n - 1)
    post = post + (post >= pre)  # no autapses
    ids = np.array([f"c{i:03d}" for i in range(n)])
    edges = pd.DataFrame({"pre": ids[pre], "post": ids[post], "count": rng.integers(1, 9, n_edges)})
    pool = np.full(n, "internal", object)
    pool[:8], pool[-6:] = "sensory", "output"
    cells = pd.DataFrame({"id": ids, "type": rng.choice(["A", "B", "C"], n), "pool": pool})
    if signed:
        cells["sign"] = np.where(rng.random(n) < 0.3, -1.0, 1.0)
    if gaps:
        few = rng.choice(n * (n - 1) // 2, 30, replace=False)
        first, second = (side[few] for side in np.triu_indices(n, 1))
        more = pd.DataFrame({"pre": ids[first], "post": ids[second], "count": 1, "kind": "electrical"})
        edges = pd.concat([edges.assign(kind="chemical"), more])
        return Connectome.from_dataframe(edges, cells, kind="kind")
    return Connectome.from_dataframe(edges, cells)


def chain(n=5) -> Connectome:
    """0 → 1 → ... → n - 1: acyclic; the first cell is sensory, the last output."""
    ids = np.arange(n)
    cells = pd.DataFrame({"id": ids, "sign": 1.0, "pool": ["sensory", *["internal"] * (n - 2), "output"]})
    return Connectome.from_dataframe(pd.DataFrame({"pre": ids[:-1], "post": ids[1:], "count": 2}), cells)
