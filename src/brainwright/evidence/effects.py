"""Effect sizes of two arms over the same units, with bootstrap intervals over the units.

Every effect is a function of two arrays [..., unit] that reduces the last axis. Where the spread is exactly
zero a standardised effect is 0 for equal means and plus or minus infinity otherwise, never NaN.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Effect = Callable[..., np.ndarray]

_HUGE = 1e12
"""Stands for infinity while quantiles are taken, which cannot interpolate with infinity; no effect in units
of a spread comes near.
"""


@dataclass(frozen=True)
class Interval:
    """An interval comes with its value."""

    value: float
    low: float
    high: float
    method: str
    """How the interval was made: "BCa", or "percentile" where BCa is undefined."""


def difference(treated: np.ndarray, control: np.ndarray, axis: int = -1) -> np.ndarray:
    """It returns the difference of the means, in the metric's own unit."""
    return np.mean(treated, axis=axis) - np.mean(control, axis=axis)


def pooled_d(treated: np.ndarray, control: np.ndarray, axis: int = -1) -> np.ndarray:
    """It returns Cohen's d with the pooled standard deviation, (m1 - m2) / sqrt((s1^2 + s2^2) / 2) (Cohen
    1988).
    """
    spread = (np.var(treated, axis=axis, ddof=1) + np.var(control, axis=axis, ddof=1)) / 2
    return _ratio(difference(treated, control, axis), np.sqrt(spread), _rounding(treated, control, axis))


def paired_dz(treated: np.ndarray, control: np.ndarray, axis: int = -1) -> np.ndarray:
    """It returns the paired d_z: mean of the differences within a unit over their standard deviation (Cohen
    1988).
    """
    within = np.subtract(treated, control)
    mean, spread = np.mean(within, axis=axis), np.std(within, axis=axis, ddof=1)
    return _ratio(mean, spread, _rounding(treated, control, axis))


def bootstrap(
    effect: Effect,
    treated: np.ndarray,
    control: np.ndarray,
    *,
    level: float = 0.95,
    n_resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """It returns an effect with its bias-corrected and accelerated bootstrap interval (Efron 1987) over the
    units.

    Units are drawn together from both arms, so the pairing stays. Where BCa is undefined (no spread) the
    percentile interval takes its place and the result says so.

    Args:
        effect: `difference`, `pooled_d`, `paired_dz` or a function like them.
        treated, control: one value per unit, [unit], paired by index.
        level: coverage.
        n_resamples: how many bootstrap samples.
        seed: of the resampling.

    Raises:
        ValueError: fewer than two units, unequal lengths, or values that are not finite.
    """
    treated, control = paired_values(treated, control)

    def statistic(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.clip(effect(x, y, axis=axis), -_HUGE, _HUGE)

    low, high, method = _interval(statistic, (treated, control), level, n_resamples, seed)
    return Interval(float(effect(treated, control)), low, high, method)


def mean_interval(values: np.ndarray, *, level: float = 0.95, seed: int = 0) -> Interval:
    """It returns the mean of one arm with its bootstrap interval over the units. Raises ValueError as
    `bootstrap`.
    """
    values, _ = paired_values(values, values)
    low, high, method = _interval(np.mean, (values,), level, 10_000, seed)
    return Interval(float(values.mean()), low, high, method)


def paired_values(treated: np.ndarray, control: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """It returns both arms as float64 [unit], checked. Raises ValueError."""
    treated, control = np.asarray(treated, np.float64), np.asarray(control, np.float64)
    if treated.ndim != 1 or treated.shape != control.shape:
        raise ValueError(
            f"expected one value per unit in both arms, got shapes {treated.shape} and {control.shape}; "
            "arms are paired by unit"
        )
    if len(treated) < 2:
        raise ValueError(f"expected at least two units, got {len(treated)}; one unit has no spread")
    if not (np.isfinite(treated).all() and np.isfinite(control).all()):
        raise ValueError(
            "expected finite values, got NaN or infinity; name and count exclusions before comparing"
        )
    return treated, control


def _interval(
    statistic: Callable[..., np.ndarray],
    data: tuple[np.ndarray, ...],
    level: float,
    n_resamples: int,
    seed: int,
) -> tuple[float, float, str]:
    from scipy import stats  # half a second, which processes that measure no effect do without

    for method in ("BCa", "percentile"):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a degenerate BCa is caught just below
            interval = stats.bootstrap(
                data,
                statistic,
                paired=len(data) > 1,
                vectorized=True,
                axis=-1,
                confidence_level=level,
                n_resamples=n_resamples,
                method=method,
                rng=np.random.default_rng(seed),
            ).confidence_interval
        if np.isfinite([interval.low, interval.high]).all():
            break
    low, high = (float(v) if abs(v) < _HUGE / 2 else float(np.sign(v) * np.inf) for v in interval)
    return low, high, method


def _ratio(mean: np.ndarray, spread: np.ndarray, rounding: np.ndarray) -> np.ndarray:
    """Mean over spread, where what is below rounding counts as 0: 0 / 0 is 0, x / 0 is infinite."""
    mean = np.where(np.abs(mean) <= rounding, 0.0, mean)
    none = np.asarray(spread <= rounding)
    without = np.copysign(np.where(mean == 0, 0.0, np.inf), mean)
    return np.where(none, without, mean / np.where(none, 1.0, spread))


def _rounding(treated: np.ndarray, control: np.ndarray, axis: int) -> np.ndarray:
    """Below this, means and spreads of such values are rounding: float64 resolves 1e-16 of the largest value,
    and sums over some hundred units lose up to two digits more.
    """
    return 1e-13 * np.maximum(np.abs(treated).max(axis=axis), np.abs(control).max(axis=axis))
