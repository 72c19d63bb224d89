"""Cells of which a part was cut off and counted as a cell of its own."""

import numpy as np

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.expand.plan import copied_cells
from brainwright.connectome.perturb.edits import moved, rebuilt, synapses_of

LARGEST = 0.5
"""Largest share of its synapses that a cell loses: the smaller part is the one that is cut off."""


def split_neurons(connectome: Connectome, dose: float, seed: int = 0) -> Connectome:
    """Cuts a part off cells, in random order: a share of its synapses, uniform up to a half, incoming and
    outgoing alike, belongs to a new cell of the same type, transmitter and sign.

    Which synapses go is drawn one by one, since a wiring does not say which of them lie on one branch. Splits
    are the commoner error of automatic segmentation, which is set to split rather than to merge, and most of
    what proofreading mends (Dorkenwald et al. 2024, Nature 634:124, FlyWire). Kept exactly, and asserted:
    Dale's law and the number of synapses; round(dose n) of them are at a new cell with one end or both.

    Args:
        connectome: with whole counts.
        dose: share of the synapses that is at a wrong cell.
        seed: equal seeds give equal errors.

    Returns:
        Connectome whose first cells are the old ones; the cell column `parent` is the id of the cell of which
        a new one was part, and of the others their own.

    Raises:
        ConnectomeError: as `delete_synapses`, or a dose that more than all cells would have to be split for.
    """
    synapses, k = synapses_of(connectome, dose)
    rng, n = np.random.default_rng(seed), connectome.n_cells
    share = rng.uniform(0, LARGEST, n)
    going = (
        rng.random(synapses.pre.size) < share[synapses.pre],
        rng.random(synapses.pre.size) < share[synapses.post],
    )
    part = np.arange(n, 2 * n, dtype=np.int32)
    pre, post = moved(synapses, k, rng.permutation(n), part, going)
    split = np.unique(np.concatenate([pre[pre >= n], post[post >= n]])) - n
    place = np.arange(2 * n, dtype=np.int32)
    place[split + n] = n + np.arange(split.size)
    cells = copied_cells(connectome, np.concatenate([np.arange(n), split])).drop(columns="copy")
    note = f"{split.size} of {n} cells split, {k} of {pre.size} synapses at another cell, seed {seed}"
    cut = synapses._replace(pre=place[pre], post=place[post])
    return rebuilt(connectome, cut, cut.pre.size, note, cells)
