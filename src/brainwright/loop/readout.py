"""A decoder of symbol identity that is fixed before teaching and never sees a successor."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .present import AFTER, EARLY, Periods

SHRINKAGE = 0.5
"""Weight of a multiple of the identity that is added to the noise covariance, in units of its mean variance:
that of dozens of channels over some hundred periods is too noisy to be inverted alone.
"""
TEMPERATURE = 3.0
"""Temperature of the probabilities; chosen on cultures that are not reported."""


@dataclass(frozen=True, eq=False)
class IdentityReadout:
    """One matched filter per symbol on the activity after the direct spikes.

    From naive responses to independent random symbols: templates m_k = mean evoked (early) counts of symbol
    k, centred over symbols; noise S = covariance of the after-window counts. The score of symbol k is
    z_k = w_k (a - mean a) / sd(w_k a), w_k = S^-1 m_k (linear discriminant directions), standardised on the
    same naive activity, so that no symbol is favoured before teaching. The answer is the largest score.

    `weight` is [dish, symbol, channel], `offset` [dish, symbol].
    """

    weight: NDArray[np.float64]
    offset: NDArray[np.float64]

    @classmethod
    def fit(cls, naive: Periods, n_symbols: int) -> "IdentityReadout":
        """Fit to naive responses.

        Raises:
            ValueError: a symbol that was never presented to some dish.
        """
        weights, offsets = [], []
        for symbols, counts in zip(naive.symbols, naive.counts.astype(np.float64), strict=True):
            missing = set(range(n_symbols)) - set(symbols.tolist())
            if missing:
                raise ValueError(f"symbols {sorted(missing)} were never presented: calibrate for longer")
            template = np.stack([counts[symbols == k, EARLY].mean(axis=0) for k in range(n_symbols)])
            template -= template.mean(axis=0)
            after = counts[:, AFTER]
            noise = np.cov(after.T)
            n = len(noise)
            # 1e-3 of a squared spike keeps the matrix solvable where no channel ever fired
            noise += (SHRINKAGE * np.trace(noise) / n + 1e-3) * np.eye(n)
            weight = np.linalg.solve(noise, template.T).T
            centred = after - after.mean(axis=0)
            # 1e-9: a symbol whose score never varied keeps a score of 0
            weight /= (centred @ weight.T).std(axis=0)[:, None] + 1e-9
            weights.append(weight)
            offsets.append(-weight @ after.mean(axis=0))
        return cls(np.stack(weights), np.stack(offsets))

    def followed_by(self, more: "IdentityReadout") -> "IdentityReadout":
        """It returns the read-outs of these dishes and of others behind them."""
        pairs = ((self.weight, more.weight), (self.offset, more.offset))
        return IdentityReadout(*map(np.concatenate, pairs))

    def scores(self, after: NDArray[Any]) -> NDArray[np.float64]:
        """It returns the standardised score of every symbol: counts [dish, period, channel] -> [dish, period,
        symbol].
        """
        return np.einsum("dtc,dkc->dtk", after.astype(np.float64), self.weight) + self.offset[:, None]

    def answers(self, after: NDArray[Any]) -> NDArray[np.int64]:
        """The answers are the decoded symbols [dish, period]."""
        return self.scores(after).argmax(axis=2)

    def probabilities(self, after: NDArray[Any]) -> NDArray[np.float64]:
        """The probabilities are softmax(score / `TEMPERATURE`), [dish, period, symbol]."""
        scores = self.scores(after) / TEMPERATURE
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        return weights / weights.sum(axis=2, keepdims=True)


def successor_share(
    answers: NDArray[np.int64], symbols: NDArray[np.int64], successor: NDArray[np.int64]
) -> NDArray[np.float64]:
    """It returns the share of periods decoded as the stream's likeliest successor of the symbol presented,
    [dish].
    """
    return (answers == successor[symbols]).mean(axis=1)
