"""Synapses at random places: the floor beside which errors of a kind stand."""

import numpy as np

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.perturb.edits import rebuilt, synapses_of


def random_edits(connectome: Connectome, dose: float, seed: int = 0) -> Connectome:
    """Takes synapses drawn at random and puts each between two other cells, every sender and every receiver
    as likely as any other. It has the kind and the sign of a synapse of its new sender.

    Kept exactly, and asserted: Dale's law and the number of synapses. No autapse is new.

    Args:
        connectome: with whole counts.
        dose: share of the synapses that is put elsewhere.
        seed: equal seeds give equal edits.

    Raises:
        ConnectomeError: as `delete_synapses`, or a single cell.
    """
    synapses, k = synapses_of(connectome, dose)
    if k and connectome.n_cells < 2:
        raise ConnectomeError("expected at least two cells, got one: nothing to join")
    n, rng = synapses.pre.size, np.random.default_rng(seed)
    kept = synapses.without(rng.permutation(n)[:k])
    sent = np.bincount(synapses.pre, minlength=connectome.n_cells)
    first = sent.cumsum() - sent
    senders = np.flatnonzero(sent)
    chosen = senders[rng.integers(0, senders.size, k)]
    # the synapses of a cell lie beside each other; one of them gives kind and sign
    edited = synapses.take(first[chosen] + (rng.random(k) * sent[chosen]).astype(np.int64))
    post = rng.integers(0, connectome.n_cells - 1, k).astype(np.int32)
    post += post >= edited.pre  # any cell but itself
    edited = kept.beside(edited._replace(post=post))
    return rebuilt(connectome, edited, n, f"{k} of {n} synapses put elsewhere at random, seed {seed}")
