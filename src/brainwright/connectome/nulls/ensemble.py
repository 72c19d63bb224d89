"""Where the real wiring stands among many nulls."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from brainwright.connectome.errors import ConnectomeError
from brainwright.shown import Shown

ROUNDING = 1e-12
"""Relative: the last digits of a sum of some thousand float64 taken in another order."""


@dataclass(frozen=True, eq=False, repr=False)
class Ensemble(Shown):
    """It holds a statistic of the real wiring and of n nulls.

    Attributes:
        real: the statistic of the real wiring.
        values: (n,) the statistic of each null.
        seeds: (n,) the seed of each null, so that each can be made again.
    """

    real: float
    values: np.ndarray
    seeds: np.ndarray

    @property
    def percentile(self) -> float:
        """It is the share of nulls below the real wiring, in per cent; ties count half."""
        tied = self._tied
        return float(100 * ((~tied & (self.values < self.real)).mean() + 0.5 * tied.mean()))

    @property
    def p_two_sided(self) -> float:
        """It is a permutation p: twice the smaller tail, each (1 + nulls at least as extreme) / (n + 1), at
        most 1.
        """
        tied = self._tied
        tails = (tied | (self.values > self.real)).sum(), (tied | (self.values < self.real)).sum()
        return float(min(1.0, 2 * (1 + min(tails)) / (1 + self.values.size)))

    @property
    def _tied(self) -> np.ndarray:
        """It marks nulls that are equal but for the rounding of sums taken in another order."""
        scale = max(abs(self.real), np.abs(self.values).max())
        return np.abs(self.values - self.real) <= ROUNDING * scale

    @property
    def effect_size(self) -> float:
        """It is (real - mean of nulls) / standard deviation of nulls; NaN where the nulls do not vary."""
        spread = self.values.std(ddof=1) if self.values.size > 1 else 0.0
        varies = spread > ROUNDING * np.abs(self.values).max()
        return float((self.real - self.values.mean()) / spread) if varies else float("nan")

    def glance(self) -> dict[str, str]:
        """What it shows of itself: the real value, the nulls' mean and spread, percentile and p."""
        return {
            "real": f"{self.real:.4g}",
            "nulls": f"{self.values.mean():.4g} ± {self.values.std():.2g}",
            "n": str(self.values.size),
            "percentile": f"{self.percentile:.1f}",
            "p": f"{self.p_two_sided:.3g}",
        }


def ensemble(
    connectome, null: Callable, n: int, statistic: Callable, *, seed: int = 0, **options
) -> Ensemble:
    """Draws n nulls and compares a statistic.

    Args:
        connectome: the real wiring.
        null: function (connectome, seed, **options) → Connectome.
        n: number of nulls, at least 1; the smallest p is 2 / (n + 1).
        statistic: function Connectome → number.
        seed: from which the seeds of the nulls are drawn.
        options: passed on to the null.

    Raises:
        ConnectomeError: n below 1, or a statistic that is no finite number.
    """
    if n < 1:
        raise ConnectomeError(f"expected n >= 1 nulls, got {n}")
    seeds = np.random.SeedSequence(seed).generate_state(n)
    real = float(statistic(connectome))
    values = np.array([float(statistic(null(connectome, int(number), **options))) for number in seeds])
    if not np.isfinite([real, *values]).all():
        raise ConnectomeError("the statistic is not finite on the real wiring or on some null")
    return Ensemble(real, values, seeds)


def compose(*nulls: Callable) -> Callable:
    """It makes one null from several, applied from left to right, each with a seed of its own."""

    def composed(connectome, seed: int = 0):
        for null, number in zip(nulls, np.random.SeedSequence(seed).generate_state(len(nulls)), strict=True):
            connectome = null(connectome, int(number))
        return connectome

    return composed
