"""Two one-sided tests: evidence for "no difference", which a large p of a difference test is not."""

from dataclasses import dataclass

import numpy as np

from brainwright.evidence.effects import paired_values


@dataclass(frozen=True)
class Equivalence:
    """Result of a paired equivalence test, all in the metric's own unit."""

    mean_difference: float
    ci_low: float
    """Lower end of the (1 - 2 alpha) interval, 90 % by default."""
    ci_high: float
    margin: float
    p: float
    """The larger of the two one-sided p values."""
    equivalent: bool
    """It says whether the interval lies inside (-margin, margin)."""


def tost(treated: np.ndarray, control: np.ndarray, margin: float, alpha: float = 0.05) -> Equivalence:
    """Paired two one-sided t tests (Schuirmann 1987) that the mean difference lies inside +- margin.

    Differences that are all the same have no spread to measure an error by, and a t test of them would be
    certain of two units. There a sign test decides, which asks nothing of a distribution: were the true
    median beyond the margin, all n would lie within it with a probability of 2^-n at most. So p is 2^-n, and
    fewer than five identical units show nothing at .05.

    Args:
        treated, control: one value per unit, [unit], paired by index.
        margin: largest difference that counts as none, in the metric's own unit, > 0.
        alpha: level of each one-sided test.

    Raises:
        ValueError: margin not positive, or values as in `bootstrap`.
    """
    from scipy import stats  # here for the same reason as in `effects`

    treated, control = paired_values(treated, control)
    if not margin > 0:
        raise ValueError(f"expected margin > 0 in the metric's own unit, got {margin}")
    within = treated - control
    n, mean = len(within), float(within.mean())
    rounding = 8 * np.finfo(float).eps * max(np.abs(treated).max(), np.abs(control).max())
    error = float(within.std(ddof=1)) / np.sqrt(n) if np.ptp(within) > rounding else 0.0
    half = error * float(stats.t.ppf(1 - alpha, n - 1))
    low, high = mean - half, mean + half
    p = _p_value(margin - abs(mean), error, n)
    inside = -margin < low and high < margin
    return Equivalence(
        mean_difference=mean,
        ci_low=low,
        ci_high=high,
        margin=margin,
        p=p,
        equivalent=bool(inside and (error > 0 or p <= alpha)),
    )


def _p_value(distance: float, error: float, n: int) -> float:
    """It returns one-sided p of the nearer bound; without any spread 2^-n inside the margin and 1 outside."""
    if error == 0:
        return 0.5**n if distance > 0 else 1.0
    from scipy import stats

    return float(stats.t.sf(distance / error, n - 1))
