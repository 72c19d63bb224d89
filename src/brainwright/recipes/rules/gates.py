"""What each rule must reach, fixed before the run."""

from collections.abc import Iterator, Mapping
from functools import partial

from brainwright.evidence import Gate

from . import lineup
from .lineup import EXACT, FLOOR, REWARD_FLOOR

LEAD = 0.08
"""By how much a rule with a gate on the narrow net must beat the readout alone."""
VOID_FROM = {"narrow": 0.82, "rows": 0.90}
"""Board → what the readout alone must stay below, or its gates are void."""
BOUNDS: Mapping[str, Mapping[str, tuple[float | None, float | None, float | None]]] = {
    "narrow": {
        EXACT: (0.94, None, 96.4),
        "feedback alignment": (0.9, 0.2, 93.9),
        "direct feedback": (0.92, 0.35, 95.5),
        "sign symmetry, uniform": (0.93, 0.7, 95.7),
        "Kolen-Pollack": (0.93, 0.8, 96.3),
        "weight mirror": (0.94, 0.9, 96.7),
        "direct random target": (0.83, None, 88.7),
        "predictive coding": (0.93, 0.8, 96.2),
        "predictive coding, fixed": (0.94, 0.9999, 96.4),
        "predictive coding, incremental": (0.93, 0.8, None),
        "target propagation": (0.93, 0.6, 95.9),
        "PEPITA": (0.91, 0.35, 94.4),
        "node perturbation": (0.82, None, 88.5),
        FLOOR: (None, None, 73.7),
        "weight perturbation": (None, None, 70.1),
        "three-factor": (None, None, 55.7),
        REWARD_FLOOR: (None, None, 45.1),
    },
    "equilibrium": {
        "equilibrium propagation": (0.95, None, 96.4),
    },
    "goodness": {
        "forward-forward": (0.97, None, 98.5),
    },
    "rows": {
        EXACT: (0.97, None, 98.2),
        "e-prop, symmetric": (0.925, 0.3, 94.9),
        "e-prop, random": (0.925, None, 94.8),
        FLOOR: (None, None, 88.2),
    },
    "wide": {
        EXACT: (None, None, 98.0),
        FLOOR: (None, None, 95.3),
        "feedback alignment": (None, None, 97.5),
        "direct feedback": (None, None, 97.1),
        "sign symmetry, uniform": (None, None, 97.6),
        "Kolen-Pollack": (None, None, 97.0),
        "weight mirror": (None, None, 98.0),
        "direct random target": (None, None, 96.2),
        "target propagation": (None, None, 97.7),
        "predictive coding, fixed": (None, None, 98.0),
        "predictive coding": (None, None, 97.5),
        "PEPITA": (None, None, 96.9),
        "node perturbation": (None, None, 94.4),
        "weight perturbation": (None, None, 75.1),
    },
    "features": {
        FLOOR: (None, None, 80.9),
        "soft winner-take-all": (None, None, 74.1),
    },
    "features-200": {
        FLOOR: (None, None, 97.6),
        "soft winner-take-all": (None, None, 97.7),
    },
}
"""Board → arm → least mean accuracy, least mean cosine of hidden updates with the gradient at the end, and
the accuracy in % of an independent implementation in numpy, measured before this one.
"""
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
        if name == EXACT or name not in lineup.CONTROLS
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


def gates_of(board: str) -> Iterator[Gate]:
    """The gates of a board."""
    void_from = VOID_FROM.get(board)
    gate = partial(Gate, board, floor=FLOOR)
    if void_from is not None:
        gate = partial(gate, void_from=void_from)
    for arm, (accuracy, cosine, _) in BOUNDS.get(board, {}).items():
        if accuracy is None:
            continue
        others = {} if cosine is None else {"cosine_end": cosine}
        yield gate(arm, at_least=accuracy, others=others, lead=LEAD if board == "narrow" else None)
    for arm, control in ABOVE.get(board, {}).items():
        yield gate(arm, above=control)
    for arm, control in SURELY_ABOVE.get(board, {}).items():
        yield gate(arm, surely_above=control)


def earlier(board: str) -> dict[str, float]:
    """Arm → accuracy in % of the independent implementation."""
    return {arm: figure for arm, (_, _, figure) in BOUNDS.get(board, {}).items() if figure is not None}


def words(board: str, floor: float) -> str:
    """Whether the readout alone leaves room, where that is asked, and by how much it must be beaten."""
    if board not in VOID_FROM:
        return ""
    bound, text = VOID_FROM[board], f"The readout alone reaches {100 * floor:.1f} %, "
    if floor >= bound:
        return f"{text}not below {100 * bound:.0f} %; the gates here are void."
    lead = f"; gates of accuracy also ask for a lead of {100 * LEAD:.0f} points over it"
    more = lead if board == "narrow" else ""
    return f"{text}below the {100 * bound:.0f} % at which gates become void{more}."


def asked(row: Mapping[str, object], board: str) -> str:
    """What a gate asks, in short; the lead, which is the same on all of a board, is left to its note."""
    arm = str(row["arm"])
    accuracy, cosine, _ = BOUNDS.get(board, {}).get(arm, (None, None, None))
    if accuracy is not None:
        return f"≥ {100 * accuracy:g} %" + ("" if cosine is None else f", cos ≥ {cosine:g}")
    if arm in ABOVE.get(board, {}):
        return f"> {ABOVE[board][arm]}"
    return f"surely > {SURELY_ABOVE[board][arm]}"
