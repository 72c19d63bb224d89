"""One real graph against ensembles of nulls: percentile, effect, interval, equivalence, correction.

The real graph is one: more seeds say more about training and nothing more about the graph. So a claim needs a
rank among null graphs as well as an interval, and too few draws can only give "cannot tell".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from brainwright.evidence.correction import holm
from brainwright.evidence.effects import Interval
from brainwright.evidence.trials import Trials
from brainwright.evidence.verdict import Verdict

RESAMPLES = 10_000


@dataclass(frozen=True)
class NullComparison:
    """The real graph against one null, in one metric."""

    real: str
    null: str
    metric: str
    real_mean: float
    null_mean: float
    difference: Interval
    """real - mean of the nulls, with a 95 % two-level bootstrap interval (graphs, then seeds)."""
    difference_90: Interval
    effect_size: float
    """Difference over the standard deviation between null graphs; NaN for a single one."""
    percentile: float
    """Share of null graphs below the real one, in per cent; ties count half."""
    p: float
    """Two-sided rank p: twice the smaller tail, each (1 + number at least as extreme) / (n + 1)."""
    p_holm: float
    """Corrected for the number of nulls that were compared together."""
    n_draws: int
    n_seeds: int
    margin: float | None
    verdict: Verdict
    why: str

    def as_dict(self) -> dict[str, Any]:
        """The form of `result.json`."""
        return {
            "arm": self.real,
            "control": self.null,
            "metric": self.metric,
            "effect": "difference",
            "effect_size": self.difference.value,
            "ci_low": self.difference.low,
            "ci_high": self.difference.high,
            "n": self.n_draws,
            "n_seeds": self.n_seeds,
            "standardised": self.effect_size,
            "percentile": self.percentile,
            "p": self.p,
            "p_holm": self.p_holm,
            "margin": self.margin,
            "verdict": self.verdict,
            "why": self.why,
        }


def draws_needed(n_nulls: int, alpha: float = 0.05) -> int:
    """Fewest draws per null with which any of so many nulls can reach a Holm-corrected p of alpha.

    Example:
        >>> draws_needed(1), draws_needed(4)
        (39, 159)
    """
    return int(np.ceil(2 * n_nulls / alpha - 1e-9)) - 1


def against_nulls(
    trials: Trials,
    real: str,
    nulls: Sequence[str],
    metric: str,
    *,
    margin: float | None = None,
    alpha: float = 0.05,
    seed: int = 0,
) -> list[NullComparison]:
    """Compares the real graph with each null, corrected over them (Holm 1979).

    The verdict is "supported" (or "against") when the 95 % interval of the difference lies above (below) 0
    and the corrected rank p is at most `alpha`; else "no difference" when the 90 % interval lies within the
    margin; else "cannot tell".

    Args:
        trials: from `run_trials`; all arms with the same seeds.
        real: the arm of the real graph, with one draw.
        nulls: arms of null graphs.
        metric: larger is better.
        margin: largest difference that counts as none, in the metric's unit, named before the run.
        alpha: of the corrected p.
        seed: of the bootstrap.

    Raises:
        ValueError: several draws of the real graph, other seeds, values that are not finite.
    """
    if margin is not None and not margin > 0:
        raise ValueError(f"expected margin > 0 in the metric's own unit, got {margin}")
    found = [_compare(trials, real, null, metric, margin, seed) for null in nulls]
    corrected = holm([one.p for one in found]) if found else []
    needed = draws_needed(len(found), alpha)
    return [_judged(one, float(p), alpha, needed) for one, p in zip(found, corrected, strict=True)]


def two_level_bootstrap(
    real: np.ndarray, null: np.ndarray, levels: Sequence[float], seed: int = 0
) -> list[Interval]:
    """Percentile intervals of real mean - null mean; graphs are drawn anew, and seeds together for both.

    Args:
        real: [seed].
        null: [draw, seed], the same seeds.
        levels: coverages.
        seed: of the resampling.
    """
    rng = np.random.default_rng(seed)
    n_draws, n_seeds = null.shape
    draws = rng.integers(0, n_draws, (RESAMPLES, n_draws))
    seeds = rng.integers(0, n_seeds, (RESAMPLES, n_seeds))
    weights = np.stack([np.bincount(row, minlength=n_draws) for row in draws]) / n_draws
    nulls = weights @ null  # resample × seed
    gaps = np.take_along_axis(real[None] - nulls, seeds, axis=1).mean(axis=1)
    value = float(real.mean() - null.mean())
    ends = [np.quantile(gaps, [(1 - level) / 2, (1 + level) / 2]) for level in levels]
    return [Interval(value, float(low), float(high), "two-level percentile") for low, high in ends]


def _compare(
    trials: Trials, real: str, null: str, metric: str, margin: float | None, seed: int
) -> NullComparison:
    ours, theirs = trials.values(real, metric), trials.values(null, metric)
    if len(ours) != 1:
        raise ValueError(f"{real}: expected one draw of the real graph, got {len(ours)}")
    if ours.shape[1] != theirs.shape[1]:
        raise ValueError(f"{real} has {ours.shape[1]} seeds and {null} {theirs.shape[1]}: arms share seeds")
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        raise ValueError(
            f"{real} against {null}: {metric} is not finite in some trial; name and count these first"
        )
    at, graphs = float(ours.mean()), theirs.mean(axis=1)
    wide, narrow = two_level_bootstrap(ours[0], theirs, (0.95, 0.90), seed)
    spread = float(graphs.std(ddof=1)) if len(graphs) > 1 else float("nan")
    tail = min(int((graphs >= at).sum()), int((graphs <= at).sum()))
    p = min(1.0, 2 * (1 + tail) / (len(graphs) + 1))
    return NullComparison(
        real=real,
        null=null,
        metric=metric,
        real_mean=at,
        null_mean=float(graphs.mean()),
        difference=wide,
        difference_90=narrow,
        effect_size=wide.value / spread if spread > 0 else float("nan"),
        percentile=float(100 * ((graphs < at).mean() + 0.5 * (graphs == at).mean())),
        p=p,
        p_holm=p,
        n_draws=len(graphs),
        n_seeds=ours.shape[1],
        margin=margin,
        verdict="cannot tell",
        why="",
    )


def _judged(one: NullComparison, p_holm: float, alpha: float, needed: int) -> NullComparison:
    low, high, margin = one.difference_90.low, one.difference_90.high, one.margin
    clear = one.difference.low > 0 or one.difference.high < 0
    verdict: Verdict = "cannot tell"
    if clear and p_holm <= alpha:
        verdict = "supported" if one.difference.low > 0 else "against"
        why = f"interval clear of 0 and corrected p {p_holm:.3g}"
    elif margin is not None and -margin < low and high < margin:
        verdict, why = "no difference", f"90 % interval within ±{margin:g}"
    elif clear and one.n_draws < needed:
        why = f"interval clear of 0, but {one.n_draws} draws give no corrected p of {alpha:g}: draw {needed}"
    elif clear:
        why = f"differs from the mean of the nulls, but is not rare among them (corrected p {p_holm:.3g})"
    else:
        why = "the interval holds 0, and is not within the margin" if margin else "the interval holds 0"
    return replace(one, p_holm=p_holm, verdict=verdict, why=why)
