"""The task of tissue whose features are amplified: which of a few cues was it?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import usable_channels

from ..evoke.protocol import Protocol, Writes

SHRINKAGE = 0.5
"""Of the noise covariance, in units of its mean variance: that of dozens of channels over some hundred trials
is too noisy to be inverted alone.
"""
DIRECT_S, BEHIND_S = (0.003, 0.023), (0.006, 0.026)
"""Windows after a volley: behind its artifact (saline is silent there), and behind the spikes that a pulse
forces directly (which come within 5 ms), where only what synapses carry is left.
"""
LAYOUT = 71
"""What a random draw is for: the electrodes of the cues."""


@dataclass(frozen=True, eq=False)
class CueTask:
    """Electrodes of each cue and those that are free to amplify with: none is both.

    Attributes:
        protocol: one slot, all usable channels; the answer is counted behind the direct spikes.
        cues: which inputs a cue's pulses come on, [dish, cue, input].
        free: which inputs belong to no cue, [dish, input].
    """

    protocol: Protocol
    cues: Writes
    free: NDArray[np.bool_]

    @classmethod
    def draw(
        cls,
        seeds: Sequence[int],
        n_cues: int = 4,
        n_pulses: int = 6,
        window_s: tuple[float, float] = DIRECT_S,
    ) -> "CueTask":
        """It draws electrodes of every dish from its own seed; amplifying takes as many pulses as a cue."""
        channels = usable_channels()
        protocol = Protocol(
            electrodes=channels,
            region=tuple(range(64)),
            slots_s=(0.0,),
            n_pulses=n_pulses,
            window_s=window_s,
        )
        cues = np.zeros((len(seeds), n_cues, len(channels)), bool)
        for dish, seed in enumerate(seeds):
            order = np.random.default_rng([seed, LAYOUT]).permutation(len(channels))
            for cue, own in enumerate(order[: n_cues * n_pulses].reshape(n_cues, n_pulses)):
                cues[dish, cue, own] = True
        return cls(protocol, cues, cues.sum(1) == 0)

    @property
    def n_cues(self) -> int:
        return self.cues.shape[1]


@dataclass(frozen=True, eq=False)
class CueReadout:
    """Linear discriminants of the cues, one set for each dish, fixed before anything is amplified.

    Attributes:
        weight: [dish, cue, channel].
        offset: [dish, cue].
    """

    weight: NDArray[np.float64]
    offset: NDArray[np.float64]

    @classmethod
    def fit(cls, frames: NDArray[np.floating], cue: NDArray[np.integer], n_cues: int) -> "CueReadout":
        """It fits roots of counts [dish, trial, channel] to the cue of each trial, [dish, trial]; -1 for
        none.

        Raises:
            ValueError: a cue that some dish never had.
        """
        weights, offsets = [], []
        for x, own in zip(frames.astype(np.float64), cue, strict=True):
            if set(range(n_cues)) - set(own.tolist()):
                raise ValueError(f"expected trials of all {n_cues} cues in every dish: record for longer")
            means = np.stack([x[own == which].mean(0) for which in range(n_cues)])
            noise = np.cov((x[own >= 0] - means[own[own >= 0]]).T)
            # 1e-3 of a squared root of spikes keeps it solvable where no channel ever fired
            noise += (SHRINKAGE * np.trace(noise) / len(noise) + 1e-3) * np.eye(len(noise))
            weight = np.linalg.solve(noise, means.T).T
            weights.append(weight)
            offsets.append(-0.5 * (weight * means).sum(1))
        return cls(np.stack(weights), np.stack(offsets))

    def probabilities(self, frames: NDArray[np.floating]) -> NDArray[np.float64]:
        """Of every cue: [dish, trial, channel] -> [dish, trial, cue]."""
        scores = np.einsum("dtc,dkc->dtk", frames.astype(np.float64), self.weight) + self.offset[:, None]
        odds = np.exp(scores - scores.max(2, keepdims=True))
        return odds / odds.sum(2, keepdims=True)
