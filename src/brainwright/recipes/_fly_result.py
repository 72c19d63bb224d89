"""The fly recipe's result: the wiring among its nulls, and single cells likewise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from brainwright.recipes.fly import SYNTHETIC, activated

if TYPE_CHECKING:
    from brainwright.recipes.fly import Config
    from brainwright.simulation.fly_run import FlyRun
    from brainwright.simulation.screen import ScreenResult


def result(config: Config, main: FlyRun, found: ScreenResult, checks: list[dict], seconds: float) -> dict:
    """What becomes of ``result.json``."""
    brain = main.brain
    metric = "mean rate of the outputs, Hz"
    control = f"shuffled {config.null}"
    real, nulls = found.fresh_baseline_hz, found.null_baseline_hz
    primary = {"metric": metric, "arm": "wiring", "control": control} | against_nulls(
        real, nulls, config.seed
    )
    comparisons, picked = [], not config.candidates
    for column, row in enumerate(found.nulls.to_dict("records")):
        effects = found.null_effects_hz[:, column]
        comparisons.append(
            {
                "arm": f"{config.screen_by} {row['candidate']}",
                "control": f"the same, {control}",
                "metric": f"change of {metric}",
            }
            | against_nulls(
                np.array([row["effect_hz"]]), effects, config.seed, tests=len(found.table), picked=picked
            )
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
            "input": list(activated(config)),
            "silenced": list(config.silence),
            "output": list(config.outputs),
            "screen_by": config.screen_by,
        },
    }


def _arm(values: np.ndarray) -> dict:
    spread = float(values.std(ddof=1)) if values.size > 1 else None
    return {"mean": float(values.mean()), "sd": spread, "values": values.tolist()}


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
