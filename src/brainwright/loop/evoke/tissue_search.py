"""Search on the tissue itself, each target by its own trials: no model of the answer, only of its worth."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .lookups import top
from .protocol import Writes

Ask = Callable[[Writes], NDArray[np.floating]]
"""Writes [dish, target, n, input] -> how far each trial's answer was from its target, [dish, target, n]."""


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy search (Rubinstein 1999, Methodol Comput Appl Probab 1:127) over writes of k pulses.

    A probability of each input moves to its frequency among the best of every population; the answer is the
    k most probable inputs.

    Attributes:
        population, elite, rate: trials of a generation, how many of them are followed, and how far.
    """

    population: int = 16
    elite: int = 5
    rate: float = 0.7

    def search(self, ask: Ask, shape: tuple[int, int, int], k: int, trials: int, seed: int) -> Writes:
        """The answer after `trials` of each target, writes [dish, target, input]; shape is theirs."""
        rng, p = np.random.default_rng([seed, 71]), np.full(shape, k / shape[2])
        done = 0
        while done < trials:
            n = min(self.population, trials - done)
            # Gumbel noise on log odds draws k inputs without replacement, likelier ones first
            score = np.log(p / (1 - p))[:, :, None] + rng.gumbel(size=(*shape[:2], n, shape[2]))
            writes = top(score, k)
            far = ask(writes)
            best = far.argsort(-1)[:, :, : max(1, min(self.elite, n))]
            seen = np.take_along_axis(writes, best[..., None], axis=2).mean(2)
            p = np.clip((1 - self.rate) * p + self.rate * seen, 0.005, 0.995)
            done += n
        return top(p, k)


@dataclass(frozen=True)
class ThompsonBandit:
    """Bayesian linear bandit with Thompson sampling (Agrawal & Goyal 2013, ICML 28:127) over k-subsets.

    The worth of a write, minus its squared distance from the target, is a linear function of its inputs with
    a Gaussian prior; every trial writes the k best inputs of a draw from the posterior, and the answer is
    those of its mean.

    Attributes:
        prior: sd of a weight before the first trial, in sds of a trial's worth.
        explore: by which the posterior's spread is multiplied when it is drawn from; 0 is greedy.
        at_once: trials of a target between two updates.
        warm_up: random trials before the first update.
    """

    prior: float = 0.1
    explore: float = 0.1
    at_once: int = 5
    warm_up: int = 60

    def search(self, ask: Ask, shape: tuple[int, int, int], k: int, trials: int, seed: int) -> Writes:
        """The answer after `trials` of each target, writes [dish, target, input]; shape is theirs."""
        rng, n_inputs = np.random.default_rng([seed, 72]), shape[2]
        tried = np.zeros((*shape[:2], 0, n_inputs), bool)
        worth = np.zeros((*shape[:2], 0))
        mean, factor = np.zeros(shape), np.eye(n_inputs)
        while tried.shape[2] < trials:
            n = min(self.warm_up if not tried.shape[2] else self.at_once, trials - tried.shape[2])
            if not tried.shape[2]:
                writes = top(rng.random((*shape[:2], n, n_inputs)), k)
            else:
                noise = rng.standard_normal((*shape[:2], n_inputs, n))
                # L^-T e has the covariance of the posterior, where its precision is L L^T
                drawn = np.linalg.solve(np.swapaxes(factor, -1, -2), noise)
                writes = top(mean[:, :, None] + self.explore * np.swapaxes(drawn, -1, -2), k)
            tried = np.concatenate([tried, writes], axis=2)
            worth = np.concatenate([worth, -ask(writes)], axis=2)
            x = tried - k / n_inputs
            sd = worth.std(-1, keepdims=True) + 1e-9
            y = (worth - worth.mean(-1, keepdims=True)) / sd
            precision = np.swapaxes(x, -1, -2) @ x + np.eye(n_inputs) / self.prior**2
            factor = np.linalg.cholesky(precision)
            mean = np.linalg.solve(precision, np.swapaxes(x, -1, -2) @ y[..., None])[..., 0]
        return top(mean, k)
