"""Opponent actors of the striatum: Go learns from good news, NoGo from bad, dopamine weighs them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import ValueFunctionError
from .td import Array


class OpALState(NamedTuple):
    """What is learned."""

    critic: Array
    """[...] value of the state."""
    go: Array
    """[..., action]"""
    no_go: Array
    """[..., action]"""


@dataclass(frozen=True)
class OpAL:
    """Opponent actor learning (Collins & Frank 2014, 10.1037/a0037015):

        delta = r - V,  V <- V + alpha_V delta,  G <- G + alpha G delta,  N <- N - alpha N delta,
        act = beta_G G - beta_N N

    Since each actor multiplies its own weight, G tells apart what is often good and N what is often bad.

    Args:
        rate, critic_rate: alpha and alpha_V.
        go, no_go: beta_G and beta_N: with more dopamine the first is larger.

    Raises:
        ValueFunctionError: rates that are not above 0, weights below 0.
    """

    rate: float = 0.1
    critic_rate: float = 0.05
    go: float = 1.0
    no_go: float = 1.0

    def __post_init__(self) -> None:
        if min(self.rate, self.critic_rate) <= 0 or min(self.go, self.no_go) < 0:
            raise ValueFunctionError(f"expected rates above 0 and go, no_go of at least 0, got {self}")

    def begin(self, n_actions: int, shape: tuple[int, ...] = ()) -> OpALState:
        """Both actors begin at 1, the critic at 0."""
        ones = np.ones((*shape, n_actions))
        return OpALState(np.zeros(shape), ones, ones)

    def act(self, state: OpALState) -> Array:
        """Strength of every action, [..., action]."""
        return self.go * state.go - self.no_go * state.no_go

    def learn(self, state: OpALState, action: NDArray[np.int64] | int, reward: ArrayLike) -> OpALState:
        """After an action, [...], and its reward, [...]."""
        delta = np.asarray(reward, np.float64) - state.critic
        taken = np.arange(state.go.shape[-1]) == np.asarray(action)[..., None]
        change = self.rate * delta[..., None] * taken
        # a weight is not driven below 0, where its sign would turn the learning round
        go, no_go = np.maximum(state.go * (1 + change), 0), np.maximum(state.no_go * (1 - change), 0)
        return OpALState(state.critic + self.critic_rate * delta, go, no_go)
