"""Rewards in units of what episodes bring: a running normalisation of returns."""

import numpy as np
from numpy.typing import NDArray

CLIP = 10.0
"""Of rewards in units of the spread of returns, as of observations."""
FEWEST = 1e-4
"""Returns that the spread starts with, at 1, so that it is never divided by 0."""


class ReturnScale:
    """Rewards over the running standard deviation of the discounted return (Engstrom et al. 2020,
    arXiv:2005.12729; variances of many bodies joined as by Chan et al. 1979). The mean stays: it would change
    what is wanted.

    Attributes:
        paid: discounted return of each body until now, [body, ...].
        count, mean, squares: of all returns so far, each [...].

    Args:
        shape: [body, ...]; each of the further places has a spread of its own.
        discount: gamma.
    """

    def __init__(self, shape: tuple[int, ...], discount: float):
        self.discount, self.paid = discount, np.zeros(shape)
        self.count, self.mean, self.squares = FEWEST, np.zeros(shape[1:]), np.full(shape[1:], FEWEST)

    def scaled(self, reward: NDArray[np.float64], over: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Rewards of a step [body, ...] in units of the spread that is known after it; a body whose episode
        is over begins again at 0.
        """
        self.paid = self.paid * self.discount + reward
        n, mean = len(self.paid), self.paid.mean(0)
        total, apart = self.count + n, mean - self.mean
        self.squares = self.squares + ((self.paid - mean) ** 2).sum(0) + apart**2 * self.count * n / total
        self.mean, self.count = self.mean + apart * n / total, total
        self.paid[over] = 0.0
        return np.clip(reward / (np.sqrt(self.squares / total) + 1e-8), -CLIP, CLIP)
