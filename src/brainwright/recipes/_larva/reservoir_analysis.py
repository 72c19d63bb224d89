"""From reservoirs to the part `reservoirs` of `result.json`."""

from typing import Any

import numpy as np

from brainwright.evidence import Trials, against_nulls

from .design import DECIDING, NULLS
from .reservoir import AHEAD, ALPHAS, JUDGED_ALPHA, JUDGED_RIDGE, RIDGES, TWO_BY_TWO

MEASURES = {
    "memory": "memory capacity (steps of input)",
    **{name: f"precision {ahead} step{'s' * (ahead > 1)} ahead (decades)" for name, ahead in AHEAD.items()},
}
MARGINS = {"memory": 0.5, "one_step": 0.05, "many_steps": 0.05}
"""Largest difference that counts as none: half a step; a twentieth of a decade, 12 % of an error."""
RESAMPLES = 10_000


def analyse_reservoirs(trials: Trials) -> dict[str, Any]:
    """Comparisons at one radius, named beforehand; curves over radius and ridge; the two by two."""
    comparisons = []
    for measure, margin in MARGINS.items():
        metric = f"{measure} {JUDGED_ALPHA:g}"
        for family in ([DECIDING], [null for null in NULLS if null != DECIDING]):
            found = against_nulls(trials, "real", family, metric, margin=margin)
            comparisons += [{**one.as_dict(), "measure": measure} for one in found]
    return {
        "judged_alpha": JUDGED_ALPHA,
        "judged_ridge": JUDGED_RIDGE,
        "measures": MEASURES,
        "graphs": {arm: len(trials.values(arm, "memory 0.95")) for arm in trials.arms},
        "comparisons": comparisons,
        "radius": {
            measure: {
                arm: [spread(trials, arm, f"{measure} {alpha:g}") | {"at": alpha} for alpha in ALPHAS]
                for arm in trials.arms
            }
            for measure in MEASURES
        },
        "ridge": {
            measure: {
                arm: [spread(trials, arm, f"{measure} ridge {k:g}") | {"at": k} for k in RIDGES]
                for arm in TWO_BY_TWO.values()
            }
            for measure in AHEAD
        },
        "two_by_two": {measure: two_by_two(trials, f"{measure} {JUDGED_ALPHA:g}") for measure in MEASURES},
    }


def spread(trials: Trials, arm: str, metric: str) -> dict[str, float]:
    """Mean, and the middle 95 % of graphs (of seeds for the one real graph)."""
    values = trials.values(arm, metric)
    units = values.mean(axis=1) if len(values) > 1 else values[0]
    low, high = np.quantile(units, [0.025, 0.975])
    return {"mean": float(units.mean()), "low": float(low), "high": float(high)}


def two_by_two(trials: Trials, metric: str, seed: int = 0) -> dict[str, Any]:
    """Mean of each cell, and what wiring, weights and both together are worth, with 95 % intervals from a
    bootstrap of graphs (in each cell) and seeds (in all alike).
    """
    cells = {key: trials.values(arm, metric) for key, arm in TWO_BY_TWO.items()}
    rng = np.random.default_rng(seed)
    n_seeds = cells["connectome", "connectome"].shape[1]
    seeds = rng.integers(0, n_seeds, (RESAMPLES, n_seeds))
    drawn = {}
    for key, values in cells.items():
        graphs = rng.integers(0, len(values), (RESAMPLES, len(values)))
        drawn[key] = values[graphs[:, :, None], seeds[:, None, :]].mean((1, 2))
    found = {
        name: {
            "value": float(effect({key: values.mean() for key, values in cells.items()})),
            **dict(
                zip(("ci_low", "ci_high"), np.quantile(effect(drawn), [0.025, 0.975]).tolist(), strict=True)
            ),
        }
        for name, effect in {"wiring": _wiring, "weights": _weights, "interaction": _interaction}.items()
    }
    means = {TWO_BY_TWO[key]: float(values.mean()) for key, values in cells.items()}
    return {"cells": means, "effects": found}


def _wiring(cell):
    """Connectome minus random wiring, averaged over weights."""
    of = {
        weights: cell["connectome", weights] - cell["random", weights] for weights in ("connectome", "random")
    }
    return (of["connectome"] + of["random"]) / 2


def _weights(cell):
    of = {wiring: cell[wiring, "connectome"] - cell[wiring, "random"] for wiring in ("connectome", "random")}
    return (of["connectome"] + of["random"]) / 2


def _interaction(cell):
    kept = cell["connectome", "connectome"] - cell["connectome", "random"]
    return kept - (cell["random", "connectome"] - cell["random", "random"])
