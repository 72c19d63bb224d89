"""What each rule must reach, fixed before the run, and whether it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brainwright.evidence import Trials, bootstrap, difference
from brainwright.evidence.effects import mean_interval

from . import lineup


@dataclass(frozen=True)
class Gate:
    """All in shares of 1.

    Args:
        accuracy: least mean accuracy.
        cosine: least mean cosine of hidden updates with the gradient, at the end of training.
        lead: least lead of the mean over the readout alone, of the same run.
        above: arm whose mean must be exceeded.
        surely_above: arm that must be exceeded by the lower end of the interval of the difference, paired by
            seed.
    """

    accuracy: float | None = None
    cosine: float | None = None
    lead: float | None = None
    above: str | None = None
    surely_above: str | None = None

    def words(self) -> str:
        """What is asked, in short; the lead, which is the same on all of a board, is left to its note."""
        parts = []
        if self.accuracy is not None:
            parts.append(f"≥ {100 * self.accuracy:g} %")
        if self.cosine is not None:
            parts.append(f"cos ≥ {self.cosine:g}")
        if self.above is not None:
            parts.append(f"> {self.above}")
        if self.surely_above is not None:
            parts.append(f"surely > {self.surely_above}")
        return ", ".join(parts)


LEAD = 0.08
"""By how much a rule with a gate on the narrow net must beat the readout alone."""
TEACHING = {
    board: {
        name: Gate(surely_above=lineup.OWN_FLOOR.get(name, lineup.FLOOR))
        for name in arms
        if name == lineup.EXACT or name not in lineup.CONTROLS
    }
    for board, arms in (
        ("worm", lineup.CONNECTOME),
        ("larva", lineup.LARVA),
        ("spiking", lineup.SPIKING),
    )
}
"""A rule teaches the hidden cells of a connectome if it beats a network whose readout alone learns, in the
same way.
"""
UNSUPERVISED = Gate(above=lineup.FLOOR)
"""Learned features must beat as many random ones."""
GATES: Mapping[str, Mapping[str, Gate]] = {
    "narrow": {
        lineup.EXACT: Gate(0.94, lead=LEAD),
        "feedback alignment": Gate(0.90, 0.2, LEAD),
        "direct feedback": Gate(0.92, 0.35, LEAD),
        "sign symmetry, uniform": Gate(0.93, 0.7, LEAD),
        "Kolen-Pollack": Gate(0.93, 0.8, LEAD),
        "weight mirror": Gate(0.94, 0.9, LEAD),
        "direct random target": Gate(0.83, lead=LEAD),
        "predictive coding": Gate(0.93, 0.8, LEAD),
        "predictive coding, fixed": Gate(0.94, 0.9999, LEAD),
        "predictive coding, incremental": Gate(0.93, 0.8, LEAD),
        "target propagation": Gate(0.93, 0.6, LEAD),
        "PEPITA": Gate(0.91, 0.35, LEAD),
        "node perturbation": Gate(0.82, lead=LEAD),
        "three-factor": Gate(above="three-factor, readout only"),
    },
    "equilibrium": {"equilibrium propagation": Gate(0.95)},
    "goodness": {"forward-forward": Gate(0.97)},
    "rows": {
        lineup.EXACT: Gate(0.97),
        "e-prop, symmetric": Gate(0.925, 0.3),
        "e-prop, random": Gate(0.925),
    },
    "features": dict.fromkeys(("Hebb", "Oja", "soft winner-take-all"), UNSUPERVISED),
    "features-200": dict.fromkeys(("Hebb", "Oja", "soft winner-take-all"), UNSUPERVISED),
    "spike-features": {"pair STDP": UNSUPERVISED},
    "spike-features-200": {"pair STDP": UNSUPERVISED},
    **TEACHING,
}
FLOORS = {"narrow": 0.82, "rows": 0.90}
"""Board → what the readout alone must stay below, or its gates are void."""
EARLIER: Mapping[str, Mapping[str, float]] = {
    "narrow": {
        lineup.EXACT: 96.4,
        lineup.FLOOR: 73.7,
        "feedback alignment": 93.9,
        "direct feedback": 95.5,
        "sign symmetry, uniform": 95.7,
        "Kolen-Pollack": 96.3,
        "weight mirror": 96.7,
        "direct random target": 88.7,
        "target propagation": 95.9,
        "predictive coding, fixed": 96.4,
        "predictive coding": 96.2,
        "PEPITA": 94.4,
        "node perturbation": 88.5,
        "weight perturbation": 70.1,
        "three-factor": 55.7,
        "three-factor, readout only": 45.1,
    },
    "wide": {
        lineup.EXACT: 98.0,
        lineup.FLOOR: 95.3,
        "feedback alignment": 97.5,
        "direct feedback": 97.1,
        "sign symmetry, uniform": 97.6,
        "Kolen-Pollack": 97.0,
        "weight mirror": 98.0,
        "direct random target": 96.2,
        "target propagation": 97.7,
        "predictive coding, fixed": 98.0,
        "predictive coding": 97.5,
        "PEPITA": 96.9,
        "node perturbation": 94.4,
        "weight perturbation": 75.1,
    },
    "equilibrium": {"equilibrium propagation": 96.4},
    "goodness": {"forward-forward": 98.5},
    "rows": {
        lineup.EXACT: 98.2,
        lineup.FLOOR: 88.2,
        "e-prop, symmetric": 94.9,
        "e-prop, random": 94.8,
    },
    "features": {lineup.FLOOR: 80.9, "soft winner-take-all": 74.1},
    "features-200": {lineup.FLOOR: 97.6, "soft winner-take-all": 97.7},
}
"""Board → arm → accuracy in % of an independent implementation in numpy, measured before this one."""


def judged(board: str, trials: Trials) -> dict[str, Any]:
    """`floor` of the board and whether it leaves room (`void`), also in words; `rows`, one for each arm with
    a gate: its figures, what was asked, and "met", "missed" or "void".
    """
    floor = float(trials.values(lineup.FLOOR, "accuracy").mean())
    void = floor >= FLOORS.get(board, float("inf"))
    rows = {
        name: _row(trials, name, gate, floor, void)
        for name, gate in GATES.get(board, {}).items()
        if {name, gate.above or name, gate.surely_above or name} <= set(trials.arms)
    }
    return {"floor": floor, "void": void, "words": _words(board, floor), "rows": rows}


def _words(board: str, floor: float) -> str:
    """Whether the readout alone leaves room, where that is asked, and by how much it must be beaten."""
    if board not in FLOORS:
        return ""
    words = f"The readout alone reaches {100 * floor:.1f} %, "
    if floor >= FLOORS[board]:
        return f"{words}not below {100 * FLOORS[board]:.0f} %; the gates here are void."
    lead = max((gate.lead or 0.0 for gate in GATES[board].values()), default=0.0)
    more = f"; gates of accuracy also ask for a lead of {100 * lead:.0f} points over it" if lead else ""
    return f"{words}below the {100 * FLOORS[board]:.0f} % at which gates become void{more}."


def _row(trials: Trials, name: str, gate: Gate, floor: float, void: bool) -> dict[str, Any]:
    interval = mean_interval(trials.values(name, "accuracy")[0])
    aligned = None if name in lineup.FROZEN else float(trials.values(name, "cosine_end").mean())
    other = None if gate.above is None else float(trials.values(gate.above, "accuracy").mean())
    holds = [
        gate.accuracy is None or interval.value >= gate.accuracy,
        gate.cosine is None or (aligned is not None and aligned >= gate.cosine),
        gate.lead is None or interval.value - floor >= gate.lead,
        other is None or interval.value > other,
        gate.surely_above is None or _gain(trials, name, gate.surely_above) > 0,
    ]
    return {
        "accuracy": interval.value,
        "ci_low": interval.low,
        "ci_high": interval.high,
        "cosine": aligned,
        "lead": interval.value - floor,
        "other": other,
        "asked": gate.words(),
        "verdict": "void" if void else "met" if all(holds) else "missed",
    }


def _gain(trials: Trials, name: str, other: str) -> float:
    """Lower end of the interval of the mean difference, paired by seed: the one that the table shows."""
    one, two = (trials.values(arm, "accuracy")[0] for arm in (name, other))
    return bootstrap(difference, one, two).low
