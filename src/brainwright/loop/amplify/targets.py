"""Which electrodes shall raise a feature: its own, those of another, or what a lookup of responses says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..evoke.protocol import Writes

OWN, OTHER, PERMUTED, CORRELATED, LOOKUP, SILENT = (
    "own channels", "another feature's", "own weights permuted", "correlated channels",
    "lookup of responses", "silent",
)  # fmt: skip
ARMS = (OWN, OTHER, PERMUTED, CORRELATED, LOOKUP, SILENT)
"""`own channels`: the free channels of largest weight in the feature's pattern. `another feature's`: the same
of a random other live feature. `own weights permuted`: of the feature's weights, shuffled over channels: as
many random channels. `correlated channels`: whose activity goes most with the feature's, without an
autoencoder's weights. `lookup of responses`: the electrodes after whose pulses the feature was most active
in recorded random writes. `silent`: nothing.
"""
LOOKUPS = (CORRELATED, LOOKUP)
"""Rivals that need no pattern."""


@dataclass(frozen=True, eq=False)
class Targets:
    """Features that are to be raised, of each dish.

    Attributes:
        own: their numbers, [dish, target].
        other: of another live feature for each, never itself, [dish, target].
        alive: which features live, [dish, feature].
    """

    own: NDArray[np.int64]
    other: NDArray[np.int64]
    alive: NDArray[np.bool_]


def drawn(alive: NDArray[np.bool_], n_targets: int, each: list[np.random.Generator]) -> Targets:
    """It draws live features, each as likely as any other, and a partner for each.

    Raises:
        ValueError: a dish with fewer live features than targets.
    """
    own, other = [], []
    for living, rng in zip(alive, each, strict=True):
        there = np.flatnonzero(living)
        if len(there) < max(2, n_targets):
            raise ValueError(f"expected {n_targets} live features or more in every dish, got {len(there)}")
        chosen = rng.permutation(there)[:n_targets]
        own.append(chosen)
        other.append([rng.choice(there[there != target]) for target in chosen])
    return Targets(np.array(own), np.array(other), alive)


@dataclass(frozen=True, eq=False)
class Known:
    """What was recorded of a dish before anything is amplified, and the features that were fitted to it.

    Attributes:
        patterns: weights of the features, [feature, channel].
        codes: how active they were, [trial, feature].
        frames: roots of counts, [trial, channel].
        writes: of these trials, [trial, input].
        electrodes: the channel of each input.
        free: inputs that may amplify.
    """

    patterns: NDArray[np.floating]
    codes: NDArray[np.floating]
    frames: NDArray[np.floating]
    writes: Writes
    electrodes: NDArray[np.int64]
    free: NDArray[np.bool_]

    def weights(self, target: int) -> NDArray[np.float64]:
        """Of a feature's pattern, at the inputs."""
        return self.patterns[target][self.electrodes].astype(np.float64)

    def correlations(self, target: int) -> NDArray[np.float64]:
        """Of the activity at the inputs with a feature's; 0 where one does not vary."""
        a = self.codes[:, target] - self.codes[:, target].mean()
        b = self.frames[:, self.electrodes] - self.frames[:, self.electrodes].mean(0)
        size = np.sqrt((a**2).sum() * (b**2).sum(0))
        return np.divide(a @ b, size, out=np.zeros(len(size)), where=size > 0)

    def responses(self, target: int) -> NDArray[np.float64]:
        """Mean activity of a feature in trials with a pulse on an input less that without, among trials of
        random writes.
        """
        drawn = self.writes[:, self.free].any(1)  # cues use no free input, and silence none at all
        code, pulse = self.codes[drawn, target].astype(np.float64), self.writes[drawn]
        n = pulse.sum(0)
        with_it = (code @ pulse) / np.maximum(n, 1)
        without = (code.sum() - code @ pulse) / np.maximum(len(code) - n, 1)
        return np.where(n > 0, with_it - without, 0.0)


def writes_for(
    known: Known,
    targets: NDArray[np.int64],
    other: NDArray[np.int64],
    n_pulses: int,
    rng: np.random.Generator,
) -> dict[str, Writes]:
    """It chooses the inputs of every arm, for one dish: as many pulses in all of them but the silent one.

    Args:
        known: of the dish.
        targets, other: [target].
        n_pulses: of each write.
        rng: of the permutations.

    Returns: by arm, [target, input].
    """
    n_inputs = len(known.electrodes)

    def best(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        ranked = np.argsort(-np.where(known.free, scores, -np.inf), kind="stable")
        chosen = np.zeros(n_inputs, bool)
        chosen[ranked[:n_pulses]] = True
        return chosen

    def permuted(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        shuffled = scores.copy()
        shuffled[known.free] = rng.permutation(scores[known.free])
        return shuffled

    return {
        OWN: np.stack([best(known.weights(target)) for target in targets]),
        OTHER: np.stack([best(known.weights(target)) for target in other]),
        PERMUTED: np.stack([best(permuted(known.weights(target))) for target in targets]),
        CORRELATED: np.stack([best(known.correlations(target)) for target in targets]),
        LOOKUP: np.stack([best(known.responses(target)) for target in targets]),
        SILENT: np.zeros((len(targets), n_inputs), bool),
    }
