"""What each rule must reach, fixed before the run."""

from collections.abc import Iterator, Mapping
from functools import partial

from brainwright.evidence import Gate

from . import lineup
from .lineup import FLOOR

LEAD = 0.08
"""By how much a rule with a gate on the narrow net must beat the readout alone."""
VOID_FROM = {"narrow": 0.82, "rows": 0.90}
"""Board → what the readout alone must stay below, or its gates are void."""
REACH: Mapping[str, Mapping[str, tuple[float, float | None]]] = {
    "narrow": {
        lineup.EXACT: (0.94, None),
        "feedback alignment": (0.90, 0.2),
        "direct feedback": (0.92, 0.35),
        "sign symmetry, uniform": (0.93, 0.7),
        "Kolen-Pollack": (0.93, 0.8),
        "weight mirror": (0.94, 0.9),
        "direct random target": (0.83, None),
        "predictive coding": (0.93, 0.8),
        "predictive coding, fixed": (0.94, 0.9999),
        "predictive coding, incremental": (0.93, 0.8),
        "target propagation": (0.93, 0.6),
        "PEPITA": (0.91, 0.35),
        "node perturbation": (0.82, None),
    },
    "equilibrium": {"equilibrium propagation": (0.95, None)},
    "goodness": {"forward-forward": (0.97, None)},
    "rows": {
        lineup.EXACT: (0.97, None),
        "e-prop, symmetric": (0.925, 0.3),
        "e-prop, random": (0.925, None),
    },
}
"""Board → arm → least mean accuracy, and least mean cosine of hidden updates with the gradient at the end."""
ABOVE: Mapping[str, Mapping[str, str]] = {
    "narrow": {"three-factor": "three-factor, readout only"},
    "features": dict.fromkeys(("Hebb", "Oja", "soft winner-take-all"), FLOOR),
    "features-200": dict.fromkeys(("Hebb", "Oja", "soft winner-take-all"), FLOOR),
    "spike-features": {"pair STDP": FLOOR},
    "spike-features-200": {"pair STDP": FLOOR},
}
"""Board → arm → whose mean it must exceed: learned features must beat as many random ones."""
SURELY_ABOVE = {
    board: {
        name: lineup.OWN_FLOOR.get(name, FLOOR)
        for name in entries
        if name == lineup.EXACT or name not in lineup.CONTROLS
    }
    for board, entries in (
        ("worm", lineup.CONNECTOME),
        ("larva", lineup.LARVA),
        ("spiking", lineup.SPIKING),
    )
}
"""A rule teaches the hidden cells of a connectome if it surely beats a network whose readout alone learns, in
the same way.
"""
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


def gates_of(board: str) -> Iterator[Gate]:
    """The gates of a board."""
    void_from = VOID_FROM.get(board)
    gate = partial(Gate, board, floor=FLOOR)
    if void_from is not None:
        gate = partial(gate, void_from=void_from)
    for arm, (accuracy, cosine) in REACH.get(board, {}).items():
        others = {} if cosine is None else {"cosine_end": cosine}
        yield gate(arm, at_least=accuracy, others=others, lead=LEAD if board == "narrow" else None)
    for arm, control in ABOVE.get(board, {}).items():
        yield gate(arm, above=control)
    for arm, control in SURELY_ABOVE.get(board, {}).items():
        yield gate(arm, surely_above=control)


def words(board: str, floor: float) -> str:
    """Whether the readout alone leaves room, where that is asked, and by how much it must be beaten."""
    if board not in VOID_FROM:
        return ""
    bound, text = VOID_FROM[board], f"The readout alone reaches {100 * floor:.1f} %, "
    if floor >= bound:
        return f"{text}not below {100 * bound:.0f} %; the gates here are void."
    more = (
        f"; gates of accuracy also ask for a lead of {100 * LEAD:.0f} points over it"
        if board == "narrow"
        else ""
    )
    return f"{text}below the {100 * bound:.0f} % at which gates become void{more}."


def asked(row: Mapping[str, object], board: str) -> str:
    """What a gate asks, in short; the lead, which is the same on all of a board, is left to its note."""
    arm = str(row["arm"])
    if arm in REACH.get(board, {}):
        accuracy, cosine = REACH[board][arm]
        return f"≥ {100 * accuracy:g} %" + ("" if cosine is None else f", cos ≥ {cosine:g}")
    if arm in ABOVE.get(board, {}):
        return f"> {ABOVE[board][arm]}"
    return f"surely > {SURELY_ABOVE[board][arm]}"
