"""A null model of one's own: partners are exchanged among cells of one side; it asserts what it keeps."""

import numpy as np

import brainwright as bw
from brainwright.connectome.nulls import invariants


def sides_swapped(connectome: bw.Connectome, seed: int = 0) -> bw.Connectome:
    """Every edge gets another target on the same side: who sends how much stays, who is reached does not.

    Kept, and asserted: how many synapses each cell sends. Repeated edges are summed, so there are a few less.
    """
    rng, edges = np.random.default_rng(seed), connectome.edges
    side = connectome.cells["side"].to_numpy()[edges.post]
    post = edges.post.copy()
    for name in np.unique(side):
        here = np.flatnonzero(side == name)
        post[here] = rng.permutation(post[here])
    cells = connectome.cells
    after = bw.Connectome.build(cells, edges._replace(post=post), connectome.kinds, duplicates="sum")
    before, now = (invariants.strengths(each.edges, connectome.n_cells)[0] for each in (connectome, after))
    invariants.demand(np.array_equal(before, now), "each cell sends as many synapses as before")
    return after.noted(f"targets exchanged within sides, seed {seed}")


def main(draws: int = 39) -> None:
    """Prints where the worm's share of mutual connections stands among such wirings."""
    from brainwright.connectome.statistics import reciprocity

    worm = bw.Connectome.load("celegans/varshney2011").of_kind("chemical").without_autapses()
    worm = worm.with_cells(side=worm.cells["side"].fillna("middle").astype(str))
    print(bw.nulls.ensemble(worm, sides_swapped, draws, reciprocity))


if __name__ == "__main__":
    main()
