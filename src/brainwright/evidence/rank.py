"""Where one real value stands among draws of a null."""

from dataclasses import dataclass

import numpy as np

ROUNDING = 1e-12
"""Relative difference below which two values are tied: sums that were taken in another order differ by so
much.
"""


@dataclass(frozen=True, eq=False)
class Rank:
    """One real value among n draws of a null."""

    real: float
    draws: np.ndarray
    """The draws are float64 [draw]."""

    @property
    def percentile(self) -> float:
        """Share of draws below the real value, in per cent; ties count half."""
        tied = self._tied
        return float(100 * ((~tied & (self.draws < self.real)).mean() + 0.5 * tied.mean()))

    @property
    def p_two_sided(self) -> float:
        """It is the permutation p: twice the smaller tail, each (1 + draws at least as extreme) / (n + 1), at
        most 1 (Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39).
        """
        tied = self._tied
        tails = (tied | (self.draws > self.real)).sum(), (tied | (self.draws < self.real)).sum()
        return float(min(1.0, 2 * (1 + min(tails)) / (1 + self.draws.size)))

    @property
    def sd(self) -> float:
        """Standard deviation of the draws; NaN where they do not vary but for rounding."""
        spread = float(self.draws.std(ddof=1)) if self.draws.size > 1 else 0.0
        return spread if spread > ROUNDING * np.abs(self.draws).max(initial=0.0) else float("nan")

    @property
    def effect_size(self) -> float:
        """(real - mean of the draws) / their standard deviation; NaN where the draws do not vary."""
        return float((self.real - self.draws.mean()) / self.sd)

    @property
    def _tied(self) -> np.ndarray:
        scale = max(abs(self.real), np.abs(self.draws).max(initial=0.0))
        return np.abs(self.draws - self.real) <= ROUNDING * scale


def draws_needed(n_nulls: int, alpha: float = 0.05) -> int:
    """Fewest draws per null with which any of so many nulls can reach a Holm-corrected p of alpha.

    Example:
        >>> draws_needed(1), draws_needed(4)
        (39, 159)
    """
    # the smallest p is 2 / (n + 1); 1e-9 keeps 2 / .05 = 40.000000000000004 from asking for one more
    return int(np.ceil(2 * n_nulls / alpha - 1e-9)) - 1
