"""The fly recipe's result: the wiring among its nulls, and single cells likewise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from brainwright.recipes.fly import SYNTHETIC

if TYPE_CHECKING:
    from brainwright.network.fly_run import FlyRun
    from brainwright.network.screen import ScreenResult
    from brainwright.recipes.fly import Config


def result(config: Config, main: FlyRun, found: ScreenResult, checks: list[dict], seconds: float) -> dict:
    """What becomes of ``result.json``."""
    brain = main.brain
    metric = "mean rate of the outputs, Hz"
    control = f"shuffled {config.null}"
    real, nulls = found.fresh_baseline_hz, found.null_baseline_hz
    primary = {"metric": metric, "arm": "wiring", "control": control} | against_nulls(
        real, nulls, config.seed
    )
    comparisons = []
    for column, row in enumerate(found.nulls.to_dict("records")):
        effects = found.null_effects_hz[:, column]
        comparisons.append(
            {
                "arm": f"{config.screen_by} {row['candidate']}",
                "control": f"the same, {control}",
                "metric": f"change of {metric}",
            }
            | against_nulls(np.array([row["effect_hz"]]), effects, config.seed)
        )
    rates = main.rates()
    return {
        "recipe": "fly",
        "seconds": seconds,
        "primary": primary,
        "arms": {"wiring": _arm(real), control: _arm(nulls)},
        "comparisons": comparisons,
        "checks": checks,
        "run": {
            "wiring": brain.connectome.source.name,
            "synthetic": config.wiring == SYNTHETIC,
            "cells": brain.connectome.n_cells,
            "connections": brain.engine.wiring.n_connections,
            "activated": int(brain.driven.size),
            "outputs": int(brain.choose(config.outputs).size),
            "rate_hz": config.rate_hz,
            "trials": len(main.trials),
            "duration_s": main.trials[0].duration_s,
            "spikes_per_trial": float(np.mean([spikes.step.size for spikes in main.trials])),
            "active_cells": len(rates),
            "null": config.null,
            "screen_by": config.screen_by,
        },
    }


def _arm(values: np.ndarray) -> dict:
    spread = float(values.std(ddof=1)) if values.size > 1 else None
    return {"mean": float(values.mean()), "sd": spread, "values": values.tolist()}


def against_nulls(real: np.ndarray, nulls: np.ndarray, seed: int) -> dict:
    """Where the real wiring stands among its nulls; the unit is a wiring, of which the real one is one.

    Effect size: difference to the mean of the nulls in standard deviations of the nulls, with a 95 % interval
    that resamples the nulls (and the trials of the real wiring where given). The claim, named beforehand, is
    that the real wiring's effect is the larger in magnitude and in its own direction.
    """
    rng = np.random.default_rng(seed)
    value = float(real.mean())
    above, below = int((nulls >= value).sum()), int((nulls <= value).sum())
    direction = 1 if value >= 0 else -1
    beyond = above if direction > 0 else below
    short = below if direction > 0 else above
    p, p_other = (1 + beyond) / (1 + nulls.size), (1 + short) / (1 + nulls.size)
    verdict = "supported" if p <= 0.05 else "against" if p_other <= 0.05 else "cannot tell"
    spread = float(nulls.std(ddof=1)) if nulls.size > 1 else 0.0
    effect = low = high = None
    if spread > 0:
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
        "n": int(nulls.size),
        "verdict": verdict,
        "value": value,
        "null_mean": float(nulls.mean()),
        "null_sd": spread,
        "percentile": float(percentile),
        "p_one_sided": p,
    }
