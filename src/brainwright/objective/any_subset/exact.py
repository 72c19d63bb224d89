"""Models whose every conditional is known: what an any-subset network is measured against."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from scipy.special import logsumexp, ndtr
from torch import Tensor

MOST_SPINS = 16
"""2^16 states are enumerated in a second."""


@runtime_checkable
class Exact(Protocol):
    """All in the variables' own units; masks are bool [row, variable]."""

    def sample(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """Rows of the joint distribution, [row, variable]."""
        ...

    def log_prob(self, values: np.ndarray, given: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """log p(asked | given), jointly, [row]."""
        ...

    def marginals(self, values: np.ndarray, given: np.ndarray) -> np.ndarray:
        """log p of every variable alone given the given ones, [row, variable]; 0 where given."""
        ...


class Gaussian:
    """A multivariate normal distribution.

    Args:
        mean: [variable].
        covariance: [variable, variable], positive definite.
    """

    def __init__(self, mean: np.ndarray, covariance: np.ndarray):
        self.mean, self.covariance = np.asarray(mean, float), np.asarray(covariance, float)

    @classmethod
    def factors(cls, n: int = 16, rank: int = 4, noise: float = 0.3, *, seed: int) -> "Gaussian":
        """Variance of `rank` common factors and `noise` of each variable's own, scaled to 1."""
        loadings = np.random.default_rng(seed).normal(size=(n, rank))
        covariance = loadings @ loadings.T + noise * np.eye(n)
        sd = np.sqrt(np.diag(covariance))
        return cls(np.zeros(n), covariance / np.outer(sd, sd))

    @classmethod
    def fit(cls, table: np.ndarray, ridge: float = 0.0) -> "Gaussian":
        """Mean and covariance of the rows without NaN, `ridge` times each variance added."""
        rows = np.asarray(table, float)
        rows = rows[np.isfinite(rows).all(1)]
        covariance = np.atleast_2d(np.cov(rows.T, bias=True))
        return cls(rows.mean(0), covariance + ridge * np.diag(np.diag(covariance)))

    def sample(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """See `Exact`."""
        return self.mean + rng.normal(size=(rows, len(self.mean))) @ np.linalg.cholesky(self.covariance).T

    def conditional(self, values: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean [row, variable] and covariance [variable, variable] of all given one mask [variable]: those
        given have their values and covariance 0.
        """
        at = np.ix_(given, given)
        gain = np.linalg.solve(self.covariance[at], self.covariance[given]).T
        mean = self.mean + (values[:, given] - self.mean[given]) @ gain.T
        return mean, self.covariance - gain @ self.covariance[given]

    def log_prob(self, values: np.ndarray, given: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """See `Exact`."""
        out = np.empty(len(values))
        for mask, rows in _equal_rows(np.concatenate([given, asked], axis=1)):
            known, wanted = np.split(mask, 2)
            mean, covariance = self.conditional(values[rows], known)
            own = covariance[np.ix_(wanted, wanted)]
            root = np.linalg.cholesky(own)
            z = np.linalg.solve(root, (values[rows] - mean)[:, wanted].T)
            constant = np.log(np.diag(root)).sum() + 0.5 * wanted.sum() * np.log(2 * np.pi)
            out[rows] = -0.5 * np.square(z).sum(0) - constant
        return out

    def marginals(self, values: np.ndarray, given: np.ndarray) -> np.ndarray:
        """See `Exact`."""
        out = np.zeros(values.shape)
        for mask, rows in _equal_rows(given):
            mean, covariance = self.conditional(values[rows], mask)
            variance = np.diag(covariance)[~mask]
            square = np.square((values[rows] - mean)[:, ~mask]) / variance
            out[np.ix_(rows, ~mask)] = -0.5 * (square + np.log(2 * np.pi * variance))
        return out


class Mixture:
    """A mixture of Gaussians: its every conditional is one too.

    Args:
        parts: the Gaussians.
        weights: of each, positive; they are made to sum to one.
    """

    def __init__(self, parts: Sequence[Gaussian], weights: np.ndarray | None = None):
        self.parts = tuple(parts)
        weights = np.ones(len(self.parts)) if weights is None else np.asarray(weights, float)
        self.log_weights = np.log(weights / weights.sum())

    @classmethod
    def moons(cls, n: int = 6, per_moon: int = 8, *, seed: int) -> "Mixture":
        """Two half circles that reach into one another, seen by `n` variables through loadings drawn by the
        seed: curved, with two modes or three wherever little is given.
        """
        angle = np.linspace(0, np.pi, per_moon)
        upper = np.stack([np.cos(angle), np.sin(angle)], 1)
        centres = np.concatenate([upper, [1.0, 0.5] - upper]) - [0.5, 0.25]
        loadings = np.random.default_rng(seed).normal(size=(2, n))
        # a moon of radius 1 is .15 thick, and each variable has a noise of .2 of its own
        covariance = 0.15**2 * loadings.T @ loadings + 0.2**2 * np.eye(n)
        return cls([Gaussian(centre @ loadings, covariance) for centre in centres])

    def sample(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """See `Exact`."""
        chosen = rng.choice(len(self.parts), size=rows, p=np.exp(self.log_weights))
        out = np.empty((rows, len(self.parts[0].mean)))
        for k, part in enumerate(self.parts):
            out[chosen == k] = part.sample(int((chosen == k).sum()), rng)
        return out

    def log_prob(self, values: np.ndarray, given: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """See `Exact`."""
        each = [part.log_prob(values, given, asked) for part in self.parts]
        return logsumexp(self._given(values, given) + np.stack(each, 1), axis=1)

    def marginals(self, values: np.ndarray, given: np.ndarray) -> np.ndarray:
        """See `Exact`."""
        each = np.stack([part.marginals(values, given) for part in self.parts], 2)
        return logsumexp(self._given(values, given)[:, None] + each, axis=2) * ~given

    def below(self, values: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Probability of less than each value, every variable alone, given the given ones, [row, variable]; 0
        where given.
        """
        out, weights = np.zeros(values.shape), np.exp(self._given(values, given))
        for mask, rows in _equal_rows(given):
            for k, part in enumerate(self.parts):
                mean, covariance = part.conditional(values[rows], mask)
                z = (values[rows] - mean)[:, ~mask] / np.sqrt(np.diag(covariance)[~mask])
                out[np.ix_(rows, ~mask)] += weights[rows, k : k + 1] * ndtr(z)
        return out

    def _given(self, values: np.ndarray, given: np.ndarray) -> np.ndarray:
        """log p of each part given the given ones, [row, part]."""
        nothing = np.zeros_like(given)
        each = np.stack([part.log_prob(values, nothing, given) for part in self.parts], 1)
        joint = self.log_weights + each
        return joint - logsumexp(joint, axis=1, keepdims=True)


class Ising:
    """Spins of -1 and 1 with p(s) ~ exp(s J s / 2 + h s), by enumeration of all states.

    Args:
        coupling: symmetric, [spin, spin]; the diagonal changes nothing.
        field: [spin].
    """

    def __init__(self, coupling: np.ndarray, field: np.ndarray):
        if len(field) > MOST_SPINS:
            raise ValueError(f"expected at most {MOST_SPINS} spins, got {len(field)}")
        self.coupling, self.field = np.asarray(coupling, float), np.asarray(field, float)

    @classmethod
    def drawn(cls, n: int = 12, *, seed: int) -> "Ising":
        """Couplings with variance 1/n and fields with variance 1/n (Sherrington & Kirkpatrick 1975)."""
        rng = np.random.default_rng(seed)
        upper = np.triu(rng.normal(size=(n, n)) / np.sqrt(n), 1)
        return cls(upper + upper.T, rng.normal(size=n) / np.sqrt(n))

    @classmethod
    def lattice(cls, height: int = 3, width: int = 4, *, seed: int) -> "Ising":
        """Neighbours on a lattice with couplings of standard deviation .6, and fields of .3: strong enough
        that what is far away counts.
        """
        rng, n = np.random.default_rng(seed), height * width
        down, across = np.divmod(np.arange(n), width)
        near = np.abs(down[:, None] - down) + np.abs(across[:, None] - across) == 1
        upper = np.triu(0.6 * rng.normal(size=(n, n)) * near, 1)
        return cls(upper + upper.T, 0.3 * rng.normal(size=n))

    def log_density(self, codes: Tensor) -> Tensor:
        """Up to a constant, of codes of 0 and 1, [row, spin] → [row]."""
        spins, coupling = 2 * codes - 1, torch.as_tensor(self.coupling).to(codes)
        field = torch.as_tensor(self.field).to(codes)
        return 0.5 * ((spins @ coupling) * spins).sum(1) + spins @ field

    @cached_property
    def states(self) -> np.ndarray:
        """All of them, [state, spin]."""
        n = len(self.field)
        return 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1

    @cached_property
    def log_weights(self) -> np.ndarray:
        """log p of every state, [state]."""
        energy = 0.5 * np.einsum("si,ij,sj->s", self.states, self.coupling, self.states)
        energy = energy - 0.5 * np.trace(self.coupling) + self.states @ self.field
        return energy - logsumexp(energy)

    def sample(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """See `Exact`."""
        return self.states[rng.choice(len(self.states), size=rows, p=np.exp(self.log_weights))]

    def log_prob(self, values: np.ndarray, given: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """See `Exact`."""
        return self._log_sum(values, given | asked) - self._log_sum(values, given)

    def probabilities(self, values: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Probability of +1 of every spin given the given ones, [row, spin]; 0 or 1 where given."""
        weights = self._compatible(values, given) * np.exp(self.log_weights)
        return weights @ (self.states > 0) / weights.sum(1, keepdims=True)

    def marginals(self, values: np.ndarray, given: np.ndarray) -> np.ndarray:
        """See `Exact`."""
        up = self.probabilities(values, given)
        chance = np.where(values > 0, up, 1 - up)
        return np.where(given, 0.0, np.log(np.where(given, 1.0, chance)))

    def _compatible(self, values: np.ndarray, mask: np.ndarray) -> np.ndarray:
        agreement = np.where(mask, values, 0.0) @ self.states.T
        return agreement > mask.sum(1, keepdims=True) - 0.5  # whole numbers, compared half a step away

    def _log_sum(self, values: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return np.log(self._compatible(values, mask) @ np.exp(self.log_weights))


def _equal_rows(masks: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Every mask that occurs, and the rows that have it."""
    kinds, place = np.unique(masks, axis=0, return_inverse=True)
    return [(kinds[k], np.flatnonzero(place.ravel() == k)) for k in range(len(kinds))]
