"""Synapses that a reconstruction has missed."""

import numpy as np

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.perturb.edits import rebuilt, synapses_of


def delete_synapses(connectome: Connectome, dose: float, seed: int = 0) -> Connectome:
    """Loses synapses drawn at random, each as likely as any other; edges without any left go.

    Automatic detection loses about one in eight (mouse cortex, excitatory synapses, recall 88 %: Staffler et
    al. 2017, eLife 6:e26414). Kept exactly, and asserted: Dale's law; after it there are n - round(dose n)
    synapses. No edge is new, no count larger.

    Args:
        connectome: with whole counts.
        dose: share of the synapses that is lost.
        seed: equal seeds give equal errors.

    Raises:
        ConnectomeError: a dose outside [0, 1], weights that are no counts, edge signs that break Dale's law.
    """
    synapses, k = synapses_of(connectome, dose)
    rng = np.random.default_rng(seed)
    n = synapses.pre.size
    left = synapses.without(rng.permutation(n)[:k])
    return rebuilt(connectome, left, n - k, f"{k} of {n} synapses deleted, seed {seed}")
