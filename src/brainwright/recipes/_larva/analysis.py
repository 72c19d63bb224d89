"""From trials to `result.json`."""

from typing import Any

import numpy as np

from brainwright.evidence import NullComparison, Trials, against_nulls, compare

from .design import DECIDING, FLOORS, MARGIN, NULLS, Setup

METRIC = "accuracy"


def analyse(setup: Setup, trials: Trials) -> dict[str, Any]:
    """The deciding comparison, all others, floors and checks."""
    primary = against_nulls(
        trials, f"{setup.primary}/real", [f"{setup.primary}/{DECIDING}"], METRIC, margin=MARGIN
    )[0]
    comparisons = []
    for condition in setup.conditions:
        real = f"{condition}/real"
        others = [f"{condition}/{null}" for null in NULLS]
        comparisons += [one.as_dict() for one in against_nulls(trials, real, others, METRIC, margin=MARGIN)]
        for floor in FLOORS:
            ours, theirs = trials.arm(real, METRIC), trials.arm(f"{condition}/{floor}", METRIC)
            found = compare(ours, theirs, METRIC, kind="difference", margin=MARGIN)
            comparisons.append({**found.as_dict(), "why": "paired over training seeds"})
    return {
        "primary": primary.as_dict(),
        "answer": answer(setup, primary),
        "arms": {arm: arm_of(trials, arm) for arm in trials.arms},
        "comparisons": comparisons,
        "checks": checks(setup, trials),
        "design": {
            "wiring": setup.wiring,
            "task": setup.task,
            "sizes": list(setup.sizes),
            "margin": MARGIN,
            "steps": setup.steps,
            "epochs": setup.epochs,
        },
    }


def answer(setup: Setup, primary: NullComparison) -> str:
    """One sentence."""
    points, low, high = (
        100 * value for value in (primary.difference.value, primary.difference.low, primary.difference.high)
    )
    return (
        f"{setup.wiring} against {primary.n_draws} degree-preserving rewirings on {setup.task} with "
        f"{setup.sizes[-1]:,} samples: {points:+.2f} points [{low:+.2f}, {high:+.2f}], percentile "
        f"{primary.percentile:.0f}, p {primary.p:.3g}; {primary.why}"
    )


def arm_of(trials: Trials, arm: str) -> dict[str, Any]:
    """Accuracy per seed (mean over draws), and what else is worth knowing."""
    values = trials.values(arm, METRIC)
    return {
        **trials.arm(arm, METRIC).as_dict(),
        "n_draws": len(values),
        "sd_between_draws": float(values.mean(axis=1).std(ddof=1)) if len(values) > 1 else None,
        "parameters": float(trials.values(arm, "parameters").mean()),
        "train_accuracy": float(trials.values(arm, "train_accuracy").mean()),
        "diverged": int(trials.values(arm, "diverged").sum()),
    }


def checks(setup: Setup, trials: Trials) -> list[dict[str, Any]]:
    """What must hold for the comparisons to mean something."""
    lost = {arm: int(trials.values(arm, "diverged").sum()) for arm in trials.arms}
    counts = {arm.split("/", 2)[2]: trials.values(arm, "parameters").mean() for arm in trials.arms}
    nulls_equal = all(counts[null] == counts["real"] for null in NULLS)
    ratio = counts["mlp"] / counts["real"]
    spread = np.ptp([trials.values(f"{setup.primary}/{null}", METRIC).mean() for null in NULLS])
    return [
        {
            "name": "no training run diverged",
            "holds": not any(lost.values()),
            "detail": ", ".join(f"{arm}: {n}" for arm, n in lost.items() if n) or "none of them",
        },
        {
            "name": "real and null networks train equally many values",
            "holds": nulls_equal,
            "detail": f"{counts['real']:,.0f}",
        },
        {
            "name": "the MLP trains as many values, within 1 %",
            "holds": bool(abs(ratio - 1) < 0.01),
            "detail": f"{ratio:.4f} of them",
        },
        {
            "name": "null models differ among themselves",
            "holds": bool(spread > 0),
            "detail": f"their means span {100 * spread:.2f} points",
        },
    ]
