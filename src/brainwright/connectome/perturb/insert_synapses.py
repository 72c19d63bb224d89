"""Synapses that a reconstruction has invented."""

import numpy as np

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.perturb.edits import rebuilt, synapses_of


def insert_synapses(connectome: Connectome, dose: float, seed: int = 0) -> Connectome:
    """Adds synapses between pairs that need not touch: the presynaptic cell of one random synapse (whose kind
    it has), the postsynaptic cell of another, so that cells with many get many.

    Of automatically detected synapses about one in nine is false (mouse cortex, excitatory synapses,
    precision 88 %: Staffler et al. 2017, eLife 6:e26414). Kept exactly, and asserted: Dale's law; after it
    there are n + round(dose n) synapses. No count is smaller, no autapse is new.

    Args:
        connectome: with whole counts.
        dose: false synapses, as a share of the true ones.
        seed: equal seeds give equal errors.

    Raises:
        ConnectomeError: as `delete_synapses`, or no two cells that could be joined.
    """
    synapses, k = synapses_of(connectome, dose)
    n, rng = synapses.pre.size, np.random.default_rng(seed)
    if k and all((end == synapses.pre[0]).all() for end in synapses[:2]):
        raise ConnectomeError("expected synapses of at least two cells, got those of one: nothing to join")
    sender, receiver = rng.integers(0, n, (2, k))
    while (same := synapses.pre[sender] == synapses.post[receiver]).any():
        sender[same], receiver[same] = rng.integers(0, n, (2, int(same.sum())))
    false = synapses.take(sender)._replace(post=synapses.post[receiver])
    more = synapses.beside(false)
    return rebuilt(connectome, more, n + k, f"{k} synapses inserted beside {n}, seed {seed}")
