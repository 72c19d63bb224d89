"""Temporal differences with traces: TD(lambda) and true online TD(lambda), linear, one step at a time.

All arrays may have leading dimensions (runs, rates, lambdas), so that a sweep is one tensor.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import ValueFunctionError

Array = NDArray[np.float64]
Number = float | Array


class TDState(NamedTuple):
    """What a learner carries from step to step."""

    weights: Array
    """[..., feature]; the value of features is their product with them."""
    trace: Array
    """[..., feature]"""
    discount: Array
    """[...] of the arrival at the present features; 0 where an episode begins, which empties the trace."""
    value_before: Array
    """[...] of the present features by the weights before the last update."""


@dataclass(frozen=True)
class TD:
    """TD(lambda) with accumulating traces (Sutton 1988, 10.1007/BF00115009):

        delta = r + gamma' V(x') - V(x),  e <- gamma lambda e + x,  w <- w + alpha delta e

    gamma is the discount on arrival at x, gamma' that on arrival at x': 0 there ends an episode, x' is then
    the first of the next one. Linear, so not for deep networks: see `gae` there.

    Args:
        rate: alpha, a number or [...].
        decay: lambda, 0 (one step) to 1 (the whole return), a number or [...].

    Raises:
        ValueFunctionError: a decay outside 0 .. 1, a rate that is not above 0.

    Example:
        >>> td = TD(rate=0.5, decay=0.9)
        >>> state = td.begin(np.zeros(2))
        >>> state, delta = td.step(state, np.array([1.0, 0.0]), 1.0, 0.0, np.array([1.0, 0.0]))
        >>> state.weights.tolist(), float(delta)
        ([0.5, 0.0], 1.0)
    """

    rate: Number
    decay: Number = 0.9

    def __post_init__(self) -> None:
        decay, rate = np.asarray(self.decay, float), np.asarray(self.rate, float)
        if not ((decay >= 0) & (decay <= 1)).all():
            raise ValueFunctionError(f"decay: expected lambda between 0 and 1, got {self.decay}")
        if not (np.isfinite(rate) & (rate > 0)).all():
            raise ValueFunctionError(f"rate: expected alpha above 0, got {self.rate}")

    def begin(self, weights: Array) -> TDState:
        """The state before the first step, with an empty trace."""
        weights = np.asarray(weights, np.float64)
        zero = np.zeros(weights.shape[:-1])
        return TDState(weights, np.zeros_like(weights), zero, zero)

    def step(
        self, state: TDState, features: Array, reward: Number, discount: Number, arrived: Array
    ) -> tuple[TDState, Array]:
        """One step from `features` to `arrived`, [..., feature]; returns the state and delta, [...]."""
        delta = _delta(state, features, reward, discount, arrived)[0]
        trace = _wide(state.discount * self.decay) * state.trace + features
        weights = state.weights + _wide(self.rate * delta) * trace
        return _after(state, weights, trace, discount, arrived), delta


@dataclass(frozen=True)
class TrueOnlineTD(TD):
    """True online TD(lambda) (van Seijen et al. 2016, arXiv:1512.04087): step by step the same weights as the
    online lambda-return algorithm, at the cost of TD(lambda).

        e <- gamma lambda e + (1 - alpha gamma lambda e.x) x
        w <- w + alpha (delta + V - V_before) e - alpha (V - V_before) x
    """

    def step(
        self, state: TDState, features: Array, reward: Number, discount: Number, arrived: Array
    ) -> tuple[TDState, Array]:
        """See `TD.step`."""
        delta, value = _delta(state, features, reward, discount, arrived)
        faded = state.discount * self.decay
        seen = (state.trace * features).sum(-1)
        trace = _wide(faded) * state.trace + _wide(1 - self.rate * faded * seen) * features
        change = value - state.value_before
        weights = state.weights + _wide(self.rate * (delta + change)) * trace
        weights = weights - _wide(self.rate * change) * features
        return _after(state, weights, trace, discount, arrived), delta


def offline_td(
    weights: Array, features: Array, rewards: Array, discounts: Array, *, rate: float, decay: float
) -> Array:
    """TD(lambda) over a series whose updates are added up and made at its end, which equals the update of the
    lambda-return (Sutton & Barto 2018, section 12.1). Returns new weights.

    Args:
        weights: [feature].
        features: [time + 1, feature].
        rewards, discounts: [time], on arrival.
        rate, decay: alpha and lambda.
    """
    change, trace, before = np.zeros_like(weights), np.zeros_like(weights), 0.0
    for t, (reward, discount) in enumerate(zip(rewards, discounts, strict=True)):
        delta = reward + discount * features[t + 1] @ weights - features[t] @ weights
        trace = before * decay * trace + features[t]
        change = change + rate * delta * trace
        before = discount
    return weights + change


def _delta(
    state: TDState, features: Array, reward: Number, discount: Number, arrived: Array
) -> tuple[Array, Array]:
    value = (state.weights * features).sum(-1)
    return reward + discount * (state.weights * arrived).sum(-1) - value, value


def _after(state: TDState, weights: Array, trace: Array, discount: Number, arrived: Array) -> TDState:
    discount = np.broadcast_to(np.asarray(discount, np.float64), state.discount.shape)
    return TDState(weights, trace, discount, (state.weights * arrived).sum(-1))


def _wide(numbers: Number) -> Array:
    return np.asarray(numbers)[..., None]
