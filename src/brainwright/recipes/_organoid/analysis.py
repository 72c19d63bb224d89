"""From finished units to `result.json`: arms, comparisons named beforehand, checks."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from brainwright.evidence import Arm, Comparison, compare, negative_control
from brainwright.loop import successor_share

from . import audit, units
from .design import METRIC, Condition, arm_name

if TYPE_CHECKING:
    from .experiment import Experiment


def analyse(experiment: "Experiment") -> dict[str, Any]:
    """The result of a finished experiment."""
    folder = experiment.folder
    naive = units.load(folder, "naive")
    done = {
        (c.name, arm): units.load(folder, f"{c.name}-{arm}") for c in experiment.conditions for arm in c.arms
    }
    streams = {c.name: c.stream for c in experiment.conditions}
    before = {
        (c, arm): before_of(naive, arm, experiment.probe_symbols, streams[c].successor) for c, arm in done
    }
    change = {key: unit["share"] - before[key] for key, unit in done.items()}
    full = {arm: Arm(arm, values) for (condition, arm), values in change.items() if condition == "full"}
    margin = max(float(full["adaptive"].values.mean() - full["yoked"].values.mean()), 1e-6) / 3
    primary = compare(full["adaptive"], full["yoked"], METRIC, kind="pooled d")
    comparisons = [
        *_gradient(change, margin),
        compare(full["adaptive"], full["oracle"], METRIC, kind="difference", margin=0.05),
        *(compare(full["adaptive"], full[arm], METRIC, kind="pooled d") for arm in ("matched", "silent")),
        *(
            negative_control(full[arm], _nothing(full[arm]), METRIC, margin=margin)
            for arm in ("frozen", "saline", "matched")
        ),
        *_secondary(naive, done),
    ]
    return {
        "primary": primary.as_dict(),
        "arms": {arm_name(c, arm): _arm(unit, before[c, arm]) for (c, arm), unit in done.items()},
        "comparisons": [c.as_dict() for c in comparisons],
        "checks": _checks(experiment, naive, done),
        "conditions": {c.name: _condition(c) for c in experiment.conditions},
        "levels": _levels(experiment, naive),
        "equivalence_margin": margin,
        "emulator_bits_per_spike": {
            name: {"mean": float(v.mean()), "sd": float(v.std(ddof=1))}
            for name, v in units.of_prefix("skill_", naive).items()
        },
        "extras": _extras(experiment),
    }


def before_of(
    naive: units.Unit, arm: str, symbols: NDArray[np.int64], successor: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The score before teaching: of the naive tissue, or of the saline dish for the saline arm."""
    answers = naive["saline_answers" if arm == "saline" else "answers"]
    return successor_share(answers.astype(np.int64), symbols, successor)


def _condition(condition: Condition) -> dict[str, Any]:
    names = ("recorded", "taught", "block", "refit", "steered")
    return {"stream": condition.stream.name} | {name: getattr(condition, name) for name in names}


def _nothing(arm: Arm) -> Arm:
    return Arm("before", np.zeros_like(arm.values))


def _gradient(change: dict[tuple[str, str], NDArray[np.float64]], margin: float) -> list[Comparison]:
    """What the gradient adds, in each condition: adaptive against ungraded."""
    conditions = dict.fromkeys(condition for condition, _ in change)
    return [
        compare(
            *(Arm(arm_name(c, arm), change[c, arm]) for arm in ("adaptive", "ungraded")),
            METRIC,
            kind="d_z",
            margin=margin,
        )
        for c in conditions
    ]


def _secondary(naive: units.Unit, done: dict[tuple[str, str], units.Unit]) -> list[Comparison]:
    """Next-symbol log score on the stream itself."""
    adaptive, yoked = done["full", "adaptive"]["log_score_bits"], done["full", "yoked"]["log_score_bits"]
    before = naive["log_score_bits"]
    metric = "next-symbol log score on the stream, bits (change from before)"
    return [
        compare(Arm("adaptive", adaptive - before), Arm("yoked", yoked - before), metric, kind="pooled d")
    ]


def _arm(unit: units.Unit, before: NDArray[np.float64]) -> dict[str, Any]:
    """One arm: change from before, and what else was measured on it."""
    change = unit["share"] - before
    return {
        "mean": float(change.mean()),
        "sd": float(change.std(ddof=1)),
        "values": change.tolist(),
        "share_before": before.tolist(),
        "share_after": unit["share"].tolist(),
        "curve": unit["curve"].tolist(),
        "log_score_bits": unit["log_score_bits"].tolist(),
        "write_precision": float(unit["precision"].mean()),
        "charge_nC": unit["charge_nC"].tolist(),
        "pulses": unit["pulses"].tolist(),
        "teaching_hz": float(unit["teaching_hz"].mean()),
        "driven_hz": float(unit["driven_hz"].mean()),
    }


def _levels(experiment: "Experiment", naive: units.Unit) -> dict[str, Any]:
    """The marks between which scores are read."""
    stream = experiment.stream
    return {
        "stream": stream.name,
        "labels": list(stream.labels),
        "midi": None if stream.midi is None else list(stream.midi),
        "notes": list(stream.notes),
        "successor": stream.successor.tolist(),
        "chance": stream.chance,
        "constant_answer": stream.constant_level,
        "bayes_share": 1.0,
        "stream_constant_hit": stream.constant_hit,
        "stream_bayes_hit": stream.bayes_ceiling,
        "chance_bits": -float(np.log2(stream.k)),
        "bayes_bits": stream.bayes_log_score_bits,
        "before": naive["share"].tolist(),
        "before_bits": naive["log_score_bits"].tolist(),
    }


def _checks(
    experiment: "Experiment", naive: units.Unit, done: dict[tuple[str, str], units.Unit]
) -> list[dict[str, Any]]:
    charge = {
        arm: done["full", arm]["charge_nC"] for arm in ("adaptive", "oracle", "ungraded", "yoked", "matched")
    }
    reference = charge["adaptive"].mean()
    worst = max(float(np.abs(values / reference - 1).max()) for values in charge.values())
    rates = [naive["rest_hz"].mean(), naive["driven_hz"].mean(), done["full", "adaptive"]["driven_hz"].mean()]
    skill = {name: float(v.mean()) for name, v in units.of_prefix("skill_", naive).items()}
    return [
        _check(
            "same charge in all writing arms", worst <= 0.01, f"largest deviation {worst:.2%} (limit 1 %)"
        ),
        _check(
            "rates in the culture range",
            all(0.5 <= r <= 10 for r in rates),
            f"at rest {rates[0]:.2f} Hz, driven {rates[1]:.2f} Hz before and {rates[2]:.2f} Hz after "
            "(0.5-10 Hz)",
        ),
        _check(
            "emulator beats the trivial forecasts",
            skill["emulator"] > max(skill["mean"], skill["persistence"]),
            ", ".join(f"{name} {value:.3f}" for name, value in skill.items())
            + " bits per spike, held-out frames",
        ),
        *audit.checks(experiment, naive, done["full", "adaptive"]),
    ]


def _check(name: str, holds: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "holds": bool(holds), "detail": detail}


def _extras(experiment: "Experiment") -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if experiment.config.retention:
        extras["retention"] = {k: v.tolist() for k, v in units.load(experiment.folder, "retention").items()}
    if experiment.config.dose_curve:
        extras["dose_curve"] = {k: v.tolist() for k, v in units.load(experiment.folder, "dose").items()}
    return extras
