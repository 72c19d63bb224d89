"""From trials to `result.json`."""

from typing import Any

import numpy as np

from brainwright.evidence import Trials, compare
from brainwright.evidence.effects import mean_interval

from .design import BOARDS, FLOORS, GATES, LEAD, MARGIN, PRIMARY, Setup
from .lineup import CONTROLS, EXACT, FLOOR, FROZEN, OWN_FLOOR
from .trial import CURVE

METRIC = "accuracy"
ON_CONNECTOMES = ("worm", "spiking", "larva")
"""Boards without gates of accuracy, on which every rule is asked to beat its own floor."""


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
        "arms": {f"{b}/{name}": _arm(trials, name) for b, trials in found.items() for name in trials.arms},
        "comparisons": [
            _compared(trials, b, name, other)
            for b, trials in found.items()
            for name in trials.arms
            for other in (FLOOR, EXACT, OWN_FLOOR.get(name))
            if other in trials.arms and name != other and not (name in CONTROLS and other == EXACT)
        ],
        "checks": [] if setup.quick else [one for b, trials in found.items() for one in _checks(b, trials)],
        "unsupported": {b: setup.unsupported(b) for b in setup.boards},
        "locality": {name: _locality(BOARDS[b][1][name].rule) for b in setup.boards for name in BOARDS[b][1]},
        "design": {
            "boards": {b: _schedule(setup, b) for b in setup.boards},
            "seeds": list(setup.seeds),
            "quick": setup.quick,
            "margin": MARGIN,
        },
    }


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
    rest = {
        key: float(trials.values(name, key).mean())
        for key in (
            "train_accuracy",
            "seconds",
            "forward_passes",
            "update_seconds",
            "held_bytes",
            "parameters",
        )
    }
    return {
        **trials.arm(name, METRIC).as_dict(),
        "ci_low": interval.low,
        "ci_high": interval.high,
        **rest,
        "diverged": int(trials.values(name, "diverged").sum()),
        **({} if name in FROZEN else _alignment(trials, name)),
    }


def _alignment(trials: Trials, name: str) -> dict[str, Any]:
    curve = np.stack([trials.values(name, f"cosine_{k}")[0] for k in range(CURVE)])
    return {
        "cosine": curve.mean(axis=1).tolist(),
        "cosine_sd": curve.std(axis=1).tolist(),
        "cosine_middle": float(trials.values(name, "cosine_middle").mean()),
        "cosine_end": float(trials.values(name, "cosine_end").mean()),
    }


def _checks(board: str, trials: Trials) -> list[dict[str, Any]]:
    """The floor leaves room; each gate is met; no arm diverged."""
    floor = float(trials.values(FLOOR, METRIC).mean())
    lost = {name: int(trials.values(name, "diverged").sum()) for name in trials.arms}
    found = [
        {
            "name": f"{board}: no training run diverged",
            "holds": not any(lost.values()),
            "detail": ", ".join(f"{name}: {n}" for name, n in lost.items() if n) or "none of them",
        }
    ]
    if board in FLOORS:
        found.append(
            {
                "name": f"{board}: the readout alone leaves room for rules",
                "holds": floor < FLOORS[board],
                "detail": f"{100 * floor:.1f} %, below {100 * FLOORS[board]:.0f} %",
            }
        )
    for name, gate in GATES.get(board, {}).items():
        if name not in trials.arms:
            continue
        accuracy = float(trials.values(name, METRIC).mean())
        aligned = float(trials.values(name, "cosine_end").mean())
        holds = accuracy >= gate.accuracy and (gate.cosine is None or aligned >= gate.cosine)
        lead = accuracy - floor
        if board == "narrow":
            holds = holds and lead >= LEAD
        asked = f"at least {100 * gate.accuracy:.1f} %"
        asked += "" if gate.cosine is None else f" and cosine {gate.cosine}"
        found.append(
            {
                "name": f"{board}: {name} meets its gate",
                "holds": bool(holds),
                "detail": f"{100 * accuracy:.1f} %, cosine {aligned:.2f}, {100 * lead:+.1f} points over the "
                f"floor; asked: {asked}",
            }
        )
    return found + (_over_floors(board, trials) if board in ON_CONNECTOMES else [])


def _over_floors(board: str, trials: Trials) -> list[dict[str, Any]]:
    """Each rule that teaches hidden cells beats the network whose readout alone learns, in the same way."""
    found = []
    for name in trials.arms:
        if name in CONTROLS and name != EXACT:
            continue
        floor = OWN_FLOOR.get(name, FLOOR)
        row = _compared(trials, board, name, floor)
        gain, low, high = (100 * row[key] for key in ("effect_size", "ci_low", "ci_high"))
        found.append(
            {
                "name": f"{board}: {name} beats its floor",
                "holds": low > 0,
                "detail": f"{gain:+.1f} points [{low:+.1f}, {high:+.1f}] over {floor}",
            }
        )
    return found


def _locality(rule) -> dict[str, Any]:
    own = rule.locality
    return {
        "reads": [name for name in own.reads if name not in ("pre", "post")],
        "weight_transport": own.weight_transport,
        "phases": own.phases,
        "waits": own.waits,
        "sweeps": rule.passes,
    }


def _schedule(setup: Setup, board: str) -> dict[str, Any]:
    problem = setup.problem(board)
    return {
        "epochs": problem.epochs,
        "batch": problem.batch,
        "optimiser": problem.optimiser,
        "rates": {name: {"all": arm.rate, **arm.rates} for name, arm in setup.arms(board).items()},
    }
