"""Random wiring of one dish: positions, synapses with delays, electrodes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .electrodes import distances, electrode_positions
from .parameters import GRID, CultureParameters


class Wiring(NamedTuple):
    """Synapses of one dish, sorted by (pre, E -> E first, delay, post); excitatory cells come first.

    `pre`, `post`, `delay` (steps) and `weight` (mV, >= 0) have one entry per synapse; `gain` is
    electrode x neuron recruitment at unit current, `threshold` its per-neuron threshold, `channel` the
    electrode that records each neuron, `position` neuron x 2 in pitches.
    """

    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    delay: NDArray[np.int32]
    weight: NDArray[np.float64]
    gain: NDArray[np.float64]
    threshold: NDArray[np.float64]
    channel: NDArray[np.int32]
    position: NDArray[np.float64]


def grow(parameters: CultureParameters, seed: int) -> Wiring:
    """It grows one dish: uniform positions, Gaussian-plus-floor connectivity, delays rising with distance."""
    p = parameters
    rng = np.random.default_rng([seed, 101])
    position = rng.uniform(0, GRID, (p.n_neurons, 2))
    apart = distances(position, position)
    linked = rng.random(apart.shape) < p.p_near * np.exp(-((apart / p.reach_pitch) ** 2)) + p.p_far
    np.fill_diagonal(linked, False)
    pre, post = np.nonzero(linked)
    weight = rng.uniform(0, 1, pre.size) * p.weight_mV * 400 / p.n_neurons
    weight[pre >= p.n_excitatory] *= p.inhibition
    delay = np.maximum(1, np.rint((p.delay_s + p.delay_per_pitch_s * apart[pre, post]) / p.dt_s))
    fixed = (pre >= p.n_excitatory) | (post >= p.n_excitatory)
    order = np.lexsort((post, delay, fixed, pre))
    to_electrode = distances(electrode_positions(), position)
    return Wiring(
        pre=pre[order].astype(np.int32),
        post=post[order].astype(np.int32),
        delay=delay[order].astype(np.int32),
        weight=weight[order],
        gain=1 / (1 + (to_electrode / p.recruitment_radius_pitch) ** 2),
        threshold=p.recruitment_threshold
        * np.exp(p.recruitment_threshold_sd * rng.standard_normal(p.n_neurons)),
        channel=np.argmin(to_electrode, axis=0).astype(np.int32),
        position=position,
    )
