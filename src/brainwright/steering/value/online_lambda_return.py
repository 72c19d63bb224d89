"""The online lambda-return algorithm: at every step all updates are done again."""

import numpy as np

from .td import Array


def online_lambda_return(
    weights: Array, features: Array, rewards: Array, discounts: Array, *, rate: float, decay: float
) -> Array:
    """Weights after every step, [time, feature] (Sutton & Barto 2018, section 12.4). It costs time squared:
    a definition to test by, not a way to learn.

    Args:
        weights: at first, [feature].
        features: [time + 1, feature].
        rewards, discounts: [time], on arrival; a discount of 0 ends an episode.
        rate, decay: alpha and lambda.
    """
    latest = [weights]  # weights by which a state was valued when it was arrived at
    for horizon in range(1, len(rewards) + 1):
        values = np.array([features[t + 1] @ latest[t] for t in range(horizon)])
        again = weights
        for t in range(horizon):
            target = interim_return(rewards[t:horizon], discounts[t:horizon], values[t:], decay)
            again = again + rate * (target - features[t] @ again) * features[t]
        latest.append(again)
    return np.array(latest[1:])


def interim_return(rewards: Array, discounts: Array, values: Array, decay: float) -> float:
    """The lambda-return of the first step up to a horizon, where it is cut by the value.

    Args:
        rewards, discounts, values: [time], on arrival.
        decay: lambda.
    """
    total = values[-1]
    for reward, discount, value in zip(rewards[::-1], discounts[::-1], values[::-1], strict=True):
        # at the horizon itself both terms are its value
        total = reward + discount * ((1 - decay) * value + decay * total)
    return float(total)
