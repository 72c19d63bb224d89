"""FILE: a null model of one's own. `python FILE.py` checks it on the worm."""

import numpy as np

import brainwright as bw
from brainwright.connectome.nulls import invariants


def NAME(connectome: bw.Connectome, seed: int = 0) -> bw.Connectome:
    """Deals the counts out anew over the edges of each kind: replace this by what you ask.

    Kept, and asserted: every edge stays where it is, and the counts stay the same as a set. A null that does
    not assert what it keeps says nothing when it fails.
    """
    rng, edges = np.random.default_rng(seed), connectome.edges
    count = edges.count.copy()
    for code in range(len(connectome.kinds)):
        rows = np.flatnonzero(edges.kind == code)
        count[rows] = count[rng.permutation(rows)]
    after = connectome.with_edges(edges._replace(count=count), f"NAME null, seed {seed}")
    invariants.same_topology(connectome, after)
    invariants.same_size(connectome, after)
    return after


def check() -> None:
    """Raises where the null breaks its promises, is not the same for a seed, or changes nothing."""
    worm = bw.Connectome.load("celegans/varshney2011")
    one, again, other = NAME(worm, seed=0), NAME(worm, seed=0), NAME(worm, seed=1)
    counts = [each.edges.count for each in (worm, one, again, other)]
    assert np.array_equal(counts[1], counts[2]), "the same seed must give the same wiring"
    assert not np.array_equal(counts[0], counts[1]), "the null leaves the wiring as it is"
    assert not np.array_equal(counts[1], counts[3]), "two seeds give one wiring"


if __name__ == "__main__":
    check()
    print("NAME keeps its promises; use it as bw.nulls.ensemble(wiring, NAME, 39, statistic)")
