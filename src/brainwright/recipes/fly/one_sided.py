"""The verdict rule that the recipe had before it took that of `evidence`: one-sided, in deviations."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import Config
from .experiment import CHANGE, RATE, WIRING


def rows(config: Config, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The primary row and the comparisons, by that rule."""
    control = f"shuffled {config.null}"
    nulls = np.array([trials.mean() for trials in arrays["null_baseline_hz"]])
    primary = {"metric": RATE, "arm": WIRING, "control": control}
    primary |= against_nulls(arrays["fresh_baseline_hz"], nulls, config.seed)
    comparisons = []
    for candidate, real, null in zip(
        arrays["nulls/candidate"], arrays["nulls/effect_hz"], arrays["null_means_hz"], strict=True
    ):
        row = {"arm": f"{config.screen_by} {candidate}", "control": f"the same, {control}", "metric": CHANGE}
        tests, picked = len(arrays["table/candidate"]), not config.candidates
        row |= against_nulls(np.array([real]), null, config.seed, tests=tests, picked=picked)
        comparisons.append(row)
    return {"primary": primary, "comparisons": comparisons}


def against_nulls(
    real: np.ndarray, nulls: np.ndarray, seed: int, *, tests: int = 1, picked: bool = False
) -> dict:
    """Where the real wiring stands among its nulls; the unit is a wiring, of which the real one is one.

    Effect size: difference to the mean of the nulls in standard deviations of the nulls, with a 95 % interval
    that resamples the nulls (and the trials of the real wiring where given). The claim is that the real
    wiring's value is the larger in magnitude; its p is (1 + nulls at least as large) / (nulls + 1), whatever
    the signs, so no direction is chosen after looking.

    Args:
        real: values of the real wiring, one per trial.
        nulls: one value per null.
        seed: of the resampling.
        tests: how many such claims are made together; the verdict takes p times this (Bonferroni).
        picked: the value was looked for because it stands out in the real wiring; then its p is no test,
            and the verdict is "cannot tell".
    """
    rng = np.random.default_rng(seed)
    value, n = float(real.mean()), nulls.size
    size, sizes = abs(value), np.abs(nulls)
    p, p_other = (1 + int((sizes >= size).sum())) / (1 + n), (1 + int((sizes <= size).sum())) / (1 + n)
    verdict = "supported" if p * tests <= 0.05 else "against" if p_other * tests <= 0.05 else "cannot tell"
    if picked:
        verdict = "cannot tell"
    spread = float(nulls.std(ddof=1)) if n > 1 else 0.0
    effect = low = high = None
    if spread > 1e-12 * sizes.max(initial=0.0):
        effect = (value - float(nulls.mean())) / spread
        drawn = rng.choice(nulls, (4000, nulls.size))
        again = rng.choice(real, (4000, real.size)).mean(axis=1)
        wide = drawn.std(axis=1, ddof=1)
        kept = wide > 0
        low, high = np.percentile((again - drawn.mean(axis=1))[kept] / wide[kept], [2.5, 97.5]).tolist()
    percentile = 100 * ((nulls < value).mean() + 0.5 * (nulls == value).mean())
    return {
        "effect_size": effect,
        "ci_low": low,
        "ci_high": high,
        "n": int(n),
        "verdict": verdict,
        "tests": tests,
        "picked": picked,
        "value": value,
        "null_mean": float(nulls.mean()),
        "null_sd": spread,
        "percentile": float(percentile),
        "p_one_sided": p,
    }
