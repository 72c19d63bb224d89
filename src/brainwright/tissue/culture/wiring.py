"""Random wiring of one dish: positions, synapses with delays, electrodes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .parameters import GRID, CultureParameters


class Wiring(NamedTuple):
    """Synapses of one dish, sorted by (pre, post); excitatory cells come first.

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


def electrode_positions() -> NDArray[np.float64]:
    """Centres of the electrodes, channel x 2, in pitches; channel = 8 * row + column."""
    row, column = np.divmod(np.arange(GRID * GRID), GRID)
    return np.stack([column, row], axis=1) + 0.5


def distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.norm(a[:, None, :] - b[None, :, :], axis=-1)


def grow(parameters: CultureParameters, seed: int) -> Wiring:
    """Grow one dish: uniform positions, Gaussian-plus-floor connectivity, delays rising with distance."""
    p = parameters
    rng = np.random.default_rng([seed, 101])
    position = rng.uniform(0, GRID, (p.n_neurons, 2))
    apart = distances(position, position)
    linked = rng.random(apart.shape) < p.p_near * np.exp(-((apart / p.reach_pitch) ** 2)) + p.p_far
    np.fill_diagonal(linked, False)
    pre, post = np.nonzero(linked)
    top = p.weight_mV * 400 / p.n_neurons * np.where(pre < p.n_excitatory, 1.0, p.inhibition)
    delay_s = p.delay_s + p.delay_per_pitch_s * apart[pre, post]
    to_electrode = distances(electrode_positions(), position)
    return Wiring(
        pre=pre.astype(np.int32),
        post=post.astype(np.int32),
        delay=np.maximum(1, np.rint(delay_s / p.dt_s)).astype(np.int32),
        weight=rng.uniform(0, 1, pre.size) * top,
        gain=1 / (1 + (to_electrode / p.recruitment_radius_pitch) ** 2),
        threshold=p.recruitment_threshold * np.exp(p.recruitment_threshold_sd * rng.standard_normal(p.n_neurons)),
        channel=np.argmin(to_electrode, axis=0).astype(np.int32),
        position=position,
    )
