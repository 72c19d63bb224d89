"""Expected free energy of an action where states and observations are few."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Foreseen(NamedTuple):
    """What is foreseen of an action, nats; the expected free energy is risk + ambiguity = - epistemic -
    pragmatic.
    """

    state: Array
    """[state]"""
    risk: float
    """How far the observations foreseen are from those wanted (Kullback-Leibler)."""
    ambiguity: float
    """Mean entropy of observations in the states foreseen."""
    epistemic: float
    """What the observation will tell of the state (mutual information)."""
    pragmatic: float
    """Mean log probability, among those wanted, of what will be observed."""
    surprise: float
    """Entropy of the observations foreseen."""
    error: float
    """Mean squared error of the best guess at the next observation, each a unit vector of its own (one-hot
    embedding); no nats.
    """

    @property
    def free_energy(self) -> float:
        """Risk plus ambiguity."""
        return self.risk + self.ambiguity


def foreseen(likelihood: Array, transition: Array, belief: Array, wanted: Array) -> Foreseen:
    """One action, ahead (Friston et al. 2015, 10.1080/17588928.2015.1020053; Da Costa et al. 2020,
    arXiv:2001.07203).

    Args:
        likelihood: [observation, state], columns sum to 1.
        transition: [next, state] under the action, columns sum to 1.
        belief: [state].
        wanted: [observation], a distribution without zeros.
    """
    state = transition @ belief
    seen = likelihood @ state
    surprise = _entropy(seen)
    ambiguity = float(sum(state[k] * _entropy(likelihood[:, k]) for k in np.flatnonzero(state)))
    pragmatic = float(seen @ np.log(wanted))
    error = float(1 - seen @ seen)  # the mean is the best guess: E|e|² - |E e|²
    return Foreseen(state, -surprise - pragmatic, ambiguity, surprise - ambiguity, pragmatic, surprise, error)


def _entropy(chances: Array) -> float:
    some = chances[chances > 0]
    return float(-(some * np.log(some)).sum())
