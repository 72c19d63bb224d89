"""From trials to `result.json`."""

from typing import Any

import numpy as np

from brainwright.evidence import NullComparison, Trials, against_nulls, compare

from .design import DECIDING, FACTORS, FLOORS, GROWN, MARGIN, METRIC, NO_CORE, NULLS, PROTOCOLS, Setup

CLAIMS = {"mnist": 0.98, "cifar10": 0.58}
"""Accuracy that Yu et al. 2025 report; their CIFAR-10 is the whole one."""


def analyse(setup: Setup, trials: Trials) -> dict[str, Any]:
    """The deciding comparison, all others, floors, expansion and checks; of a run cut short, those whose arms
    are whole.
    """
    real, null = f"{setup.primary}/real", f"{setup.primary}/{DECIDING}"
    primary = against_nulls(trials, real, [null], METRIC, margin=MARGIN)[0]
    conditions = [name for name in setup.conditions if f"{name}/real" in trials.arms]
    comparisons = [row for name in conditions for row in _condition(trials, name, primary)]
    return {
        "primary": primary.as_dict(),
        "answer": answer(setup, primary),
        "arms": {arm: arm_of(trials, arm) for arm in trials.arms},
        "comparisons": comparisons,
        "expansion": expansion(setup, trials),
        "checks": checks(setup, trials),
        "design": {
            "wiring": setup.wiring,
            "task": setup.task,
            "claimed": CLAIMS.get(setup.task),
            "sizes": list(setup.sizes),
            "conditions": conditions,
            "primary": setup.primary,
            "protocols": {name: how.words for name, how in PROTOCOLS.items()},
            "margin": MARGIN,
            "steps": setup.steps,
            "passes": {str(n): setup.passes(n) for n in setup.sizes},
            "test_samples": setup.test_samples,
        },
    }


def answer(setup: Setup, primary: NullComparison) -> str:
    """One sentence."""
    points, low, high = (
        100 * value for value in (primary.difference.value, primary.difference.low, primary.difference.high)
    )
    return (
        f"{setup.wiring} against {primary.n_draws} degree-preserving rewirings on {setup.task} with "
        f"{setup.decides_at:,} samples: {points:+.2f} points [{low:+.2f}, {high:+.2f}], percentile "
        f"{primary.percentile:.0f}, p {primary.p:.3g}; {primary.why}"
    )


def _condition(trials: Trials, condition: str, primary: NullComparison) -> list[dict[str, Any]]:
    """The real wiring against the nulls that were run, corrected over them, and against the floors. The
    deciding comparison was named beforehand and stands alone.
    """
    real, n = f"{condition}/real", condition.split("/")[1]
    others = [f"{condition}/{null}" for null in NULLS]
    others = [arm for arm in others if arm in trials.arms and arm != primary.null]
    found = [primary.as_dict()] if real == primary.real else []
    found += [one.as_dict() for one in against_nulls(trials, real, others, METRIC, margin=MARGIN)]
    floors = [floor for floor in (f"{NO_CORE}/{n}/{kind}" for kind in FLOORS) if floor in trials.arms]
    return found + [_paired(trials, real, floor) for floor in floors]


def expansion(setup: Setup, trials: Trials) -> list[dict[str, Any]]:
    """Each expanded wiring against the original, and against the expansion of its null."""
    found = []
    for n in setup.sizes:
        base = f"normalised/{n}"
        for factor in FACTORS:
            arms = {kind: f"{base}/{kind} {factor:g}" for kind in GROWN}
            if not set(arms.values()) <= set(trials.arms):
                continue
            pairs = [(arm, f"{base}/real") for arm in arms.values()] + [(arms["grown"], arms["grown_null"])]
            found += [{**_paired(trials, ours, theirs), "factor": factor} for ours, theirs in pairs]
    return found


def _paired(trials: Trials, ours: str, theirs: str) -> dict[str, Any]:
    found = compare(
        trials.arm(ours, METRIC), trials.arm(theirs, METRIC), METRIC, kind="difference", margin=MARGIN
    )
    return {**found.as_dict(), "why": "paired over training seeds"}


def arm_of(trials: Trials, arm: str) -> dict[str, Any]:
    """Accuracy per seed (mean over draws), and what else is worth knowing."""
    values = trials.values(arm, METRIC)
    return {
        **trials.arm(arm, METRIC).as_dict(),
        "n_draws": len(values),
        "draws": values.mean(axis=1).tolist(),
        "sd_between_draws": float(values.mean(axis=1).std(ddof=1)) if len(values) > 1 else None,
        "parameters": float(trials.values(arm, "parameters").mean()),
        "train_accuracy": float(trials.values(arm, "train_accuracy").mean()),
        "diverged": int(trials.values(arm, "diverged").sum()),
    }


def checks(setup: Setup, trials: Trials) -> list[dict[str, Any]]:
    """What must hold for the comparisons to mean something."""
    lost = {arm: int(trials.values(arm, "diverged").sum()) for arm in trials.arms}
    counts = {arm: float(trials.values(arm, "parameters").mean()) for arm in trials.arms}
    unequal = [
        arm for arm in trials.arms if arm.rsplit("/", 1)[1] in NULLS and counts[arm] != counts[_real(arm)]
    ]
    mlp = next((counts[arm] for arm in counts if arm.endswith("/mlp")), np.nan)
    ratio = mlp / counts[f"{setup.primary}/real"]
    nulls = [f"{setup.primary}/{null}" for null in NULLS]
    spread = np.ptp([trials.values(null, METRIC).mean() for null in nulls if null in trials.arms])
    return [
        {
            "name": "no training run diverged",
            "holds": not any(lost.values()),
            "detail": ", ".join(f"{arm}: {n}" for arm, n in lost.items() if n) or "none of them",
        },
        {
            "name": "real and null networks train equally many values",
            "holds": not unequal,
            "detail": ", ".join(unequal) or f"{counts[f'{setup.primary}/real']:,.0f} (normalised)",
        },
        {
            "name": "the MLP trains as many values, within 1 %",
            "holds": bool(abs(ratio - 1) < 0.01),
            "detail": f"{ratio:.4f} of the normalised protocol's",
        },
        {
            "name": "null models differ among themselves",
            "holds": bool(spread > 0),
            "detail": f"their means span {100 * spread:.2f} points",
        },
    ]


def _real(arm: str) -> str:
    return f"{arm.rsplit('/', 1)[0]}/real"
