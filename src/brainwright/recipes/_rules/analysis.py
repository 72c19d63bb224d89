"""From trials to `result.json`."""

from typing import Any

import numpy as np

from brainwright.evidence import Trials, compare
from brainwright.evidence.effects import mean_interval

from . import gates
from .design import BOARDS, MARGIN, PRIMARY, Setup
from .lineup import CONTROLS, EXACT, FLOOR, FROZEN, OWN_FLOOR
from .trial import CURVE

METRIC = "accuracy"
PLAIN = ("train_accuracy", "seconds", "forward_passes", "update_seconds", "held_bytes", "parameters")
"""Metrics of which the mean is kept."""


def analyse(setup: Setup, found: dict[str, Trials]) -> dict[str, Any]:
    """The primary comparison, every rule against the floor and the gradient, gates, and what each costs."""
    board, arm, control = PRIMARY
    if board not in found:
        board = setup.boards[0]
        arm = next(name for name in found[board].arms if name not in CONTROLS)
    primary = _compared(found[board], board, arm, control)
    return {
        "primary": primary,
        "answer": _answer(found[board], board, arm, control, primary),
        "arms": {f"{b}/{name}": row for b, trials in found.items() for name, row in arms_of(trials).items()},
        "comparisons": [one for b, trials in found.items() for one in comparisons_of(b, trials)],
        "gates": {} if setup.quick else {b: gates.judged(b, trials) for b, trials in found.items()},
        "checks": [_none_diverged(b, trials) for b, trials in found.items()],
        "earlier": {b: dict(gates.EARLIER.get(b, {})) for b in setup.boards},
        "unsupported": {b: setup.unsupported(b) for b in setup.boards},
        "locality": {name: _locality(BOARDS[b][1][name].rule) for b in setup.boards for name in BOARDS[b][1]},
        "design": {
            "boards": {b: _training(setup, b) for b in setup.boards},
            "seeds": list(setup.seeds),
            "quick": setup.quick,
            "margin": MARGIN,
        },
    }


def arms_of(trials: Trials) -> dict[str, dict[str, Any]]:
    """Arm → its figures over seeds."""
    return {name: _arm(trials, name) for name in trials.arms}


def comparisons_of(board: str, trials: Trials) -> list[dict[str, Any]]:
    """Every rule against the floor, its own floor and the gradient, paired by seed."""
    return [
        _compared(trials, board, name, other)
        for name in trials.arms
        for other in (FLOOR, EXACT, OWN_FLOOR.get(name))
        if other in trials.arms and name != other and not (name in CONTROLS and other == EXACT)
    ]


def _compared(trials: Trials, board: str, arm: str, control: str) -> dict[str, Any]:
    one = compare(
        trials.arm(arm, METRIC), trials.arm(control, METRIC), METRIC, kind="difference", margin=MARGIN
    )
    return {**one.as_dict(), "arm": f"{board}/{arm}", "control": f"{board}/{control}"}


def _answer(trials: Trials, board: str, arm: str, control: str, primary: dict[str, Any]) -> str:
    own, floor, exact = (100 * float(trials.values(name, METRIC).mean()) for name in (arm, control, EXACT))
    points = [100 * primary[key] for key in ("effect_size", "ci_low", "ci_high")]
    return (
        f"{board}: {arm} reaches {own:.1f} %, {control} {floor:.1f} %, {EXACT} {exact:.1f} %: "
        f"{points[0]:+.1f} points [{points[1]:+.1f}, {points[2]:+.1f}] over the floor"
    )


def _arm(trials: Trials, name: str) -> dict[str, Any]:
    values = trials.values(name, METRIC)[0]
    interval = mean_interval(values)
    return {
        **trials.arm(name, METRIC).as_dict(),
        "ci_low": interval.low,
        "ci_high": interval.high,
        **{key: float(trials.values(name, key).mean()) for key in PLAIN},
        "diverged": int(trials.values(name, "diverged").sum()),
        **({} if name in FROZEN else _alignment(trials, name)),
    }


def _alignment(trials: Trials, name: str) -> dict[str, Any]:
    curve = np.stack([trials.values(name, f"cosine_{k}")[0] for k in range(CURVE)])
    keeps = all("feedback_angle" in row for trial, row in trials.metrics.items() if trial.arm == name)
    angle = float(trials.values(name, "feedback_angle").mean()) if keeps else None
    return {
        "cosine": curve.mean(axis=1).tolist(),
        "cosine_sd": curve.std(axis=1, ddof=1).tolist(),
        "cosine_middle": float(trials.values(name, "cosine_middle").mean()),
        "cosine_end": float(trials.values(name, "cosine_end").mean()),
        "feedback_angle": angle,
    }


def _none_diverged(board: str, trials: Trials) -> dict[str, Any]:
    lost = {name: int(trials.values(name, "diverged").sum()) for name in trials.arms}
    return {
        "name": f"{board}: no training run diverged",
        "holds": not any(lost.values()),
        "detail": ", ".join(f"{name}: {n}" for name, n in lost.items() if n) or "none of them",
    }


def _locality(rule) -> dict[str, Any]:
    own = rule.locality
    return {
        "reads": [name for name in own.reads if name not in ("pre", "post")],
        "weight_transport": own.weight_transport,
        "phases": own.phases,
        "waits": own.waits,
        "sweeps": rule.passes,
    }


def _training(setup: Setup, board: str) -> dict[str, Any]:
    return {
        "schedule": setup.problem(board).schedule,
        "rates": {name: {"all": arm.rate, **arm.rates} for name, arm in setup.arms(board).items()},
    }
