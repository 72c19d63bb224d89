"""One real graph against ensembles of nulls: percentile, effect, interval, equivalence, correction.

The real graph is one: more seeds say more about training and nothing more about the graph. So a claim needs a
rank among null graphs as well as an interval, and too few draws can only give "cannot tell".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from brainwright.evidence.correction import holm
from brainwright.evidence.effects import Interval
from brainwright.evidence.rank import Rank, draws_needed
from brainwright.shown import Shown
from brainwright.verdict import Verdict

RESAMPLES = 10_000
"""Of the bootstrap: the ends of a 95 % interval are then known to about a fiftieth of its width."""


@dataclass(frozen=True, repr=False)
class NullComparison(Shown):
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
    """Difference over the standard deviation between null graphs; NaN for a single compared."""
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

    def glance(self) -> dict[str, str]:
        """What it shows of itself: the verdict, what was compared, difference, percentile and p."""
        low, high = self.difference.low, self.difference.high
        return {
            "": self.verdict,
            "metric": self.metric,
            "arms": f"{self.real} − {self.null}",
            "difference": f"{self.difference.value:.4g} [{low:.4g}, {high:.4g}]",
            "percentile": f"{self.percentile:.1f}",
            "p": f"{self.p_holm:.3g}",
            "draws": str(self.n_draws),
        }

    def as_dict(self) -> dict[str, Any]:
        """The dictionary has the form of `result.json`."""
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


def against_nulls(
    real: np.ndarray,
    nulls: Mapping[str, np.ndarray],
    metric: str,
    *,
    name: str = "real",
    margin: float | None = None,
    alpha: float = 0.05,
    only: str | None = None,
    seed: int = 0,
) -> list[NullComparison]:
    """It compares the real graph with each null, corrected over them (Holm 1979).

    The verdict is "supported" (or "against") when the 95 % interval of the difference lies above (below) 0
    and the corrected rank p is at most `alpha`; else "no difference" when the 90 % interval lies within the
    margin; else "cannot tell".

    Args:
        real: the metric of the real graph, [seed].
        nulls: name of a null → the metric of each of its graphs, [draw, seed], the same seeds.
        metric: its name; larger is better.
        name: of the real graph.
        margin: largest difference that counts as none, in the metric's unit, named before the run.
        alpha: of the corrected p.
        only: the one null that is asked about; the others count for the correction alone.
        seed: of the bootstrap.

    Raises:
        ValueError: other seeds, values that are not finite, a margin that is not positive.
    """
    if margin is not None and not margin > 0:
        raise ValueError(f"expected margin > 0 in the metric's own unit, got {margin}")
    if only is not None and only not in nulls:
        raise ValueError(f"expected only to be one of {', '.join(nulls)}, got {only!r}")
    names = {null: (name, null, metric) for null in nulls}
    ranks = {null: _rank(real, draws, names[null]) for null, draws in nulls.items()}
    corrected = holm([rank.p_two_sided for rank in ranks.values()]) if ranks else []
    rows = []
    for (null, rank), p in zip(ranks.items(), corrected, strict=True):
        if only in (None, null):
            row = _compare(real, nulls[null], rank, names[null], margin, seed)
            rows.append(_judged(row, float(p), alpha, draws_needed(len(ranks), alpha)))
    return rows


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


def middle(values: np.ndarray) -> dict[str, float]:
    """Mean of values [draw, seed], and the ends (`low`, `high`) between which the middle 95 % of the graphs
    lie, each graph the mean of its seeds; of a single graph the middle of its seeds.
    """
    units = values.mean(axis=1) if len(values) > 1 else values[0]
    low, high = np.quantile(units, [0.025, 0.975])
    return {"mean": float(units.mean()), "low": float(low), "high": float(high)}


def _rank(real: np.ndarray, draws: np.ndarray, names: tuple[str, str, str]) -> Rank:
    name, null, metric = names
    real, draws = np.asarray(real, np.float64), np.asarray(draws, np.float64)
    if real.ndim != 1 or draws.ndim != 2 or draws.shape[1:] != real.shape:
        raise ValueError(
            f"{name} against {null}: expected values [seed] and [draw, seed] over the same seeds, got shapes "
            f"{real.shape} and {draws.shape}"
        )
    if not (np.isfinite(real).all() and np.isfinite(draws).all()):
        raise ValueError(
            f"{name} against {null}: {metric} is not finite in some trial; name and count these first"
        )
    return Rank(float(real.mean()), draws.mean(axis=1))


def _compare(
    real: np.ndarray,
    draws: np.ndarray,
    rank: Rank,
    names: tuple[str, str, str],
    margin: float | None,
    seed: int,
) -> NullComparison:
    name, null, metric = names
    real, draws = np.asarray(real, np.float64), np.asarray(draws, np.float64)
    wide, narrow = two_level_bootstrap(real, draws, (0.95, 0.90), seed)
    p = rank.p_two_sided
    return NullComparison(
        real=name,
        null=null,
        metric=metric,
        real_mean=rank.real,
        null_mean=float(rank.draws.mean()),
        difference=wide,
        difference_90=narrow,
        effect_size=wide.value / rank.sd,  # the difference that is shown, to its last digit
        percentile=rank.percentile,
        p=p,
        p_holm=p,
        n_draws=len(draws),
        n_seeds=len(real),
        margin=margin,
        verdict="cannot tell",
        why="",
    )


def _judged(compared: NullComparison, p_holm: float, alpha: float, needed: int) -> NullComparison:
    low, high, margin = compared.difference_90.low, compared.difference_90.high, compared.margin
    clear = compared.difference.low > 0 or compared.difference.high < 0
    verdict: Verdict = "cannot tell"
    if clear and p_holm <= alpha:
        verdict = "supported" if compared.difference.low > 0 else "against"
        why = f"interval clear of 0 and corrected p {p_holm:.3g}"
    elif margin is not None and -margin < low and high < margin:
        verdict, why = "no difference", f"90 % interval within ±{margin:g}"
    elif clear and compared.n_draws < needed:
        n = compared.n_draws
        why = f"interval clear of 0, but {n} draws give no corrected p of {alpha:g}: draw {needed}"
    elif clear:
        why = f"differs from the mean of the nulls, but is not rare among them (corrected p {p_holm:.3g})"
    else:
        why = "the interval holds 0, and is not within the margin" if margin else "the interval holds 0"
    return replace(compared, p_holm=p_holm, verdict=verdict, why=why)
