"""Boards, arms, seeds and gates, fixed before the run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from brainwright.datasets import dataset, find, require

from . import lineup, problems
from .lineup import Arm
from .problems import Problem

if TYPE_CHECKING:
    from brainwright.recipes.rules import Config

BOARDS: dict[str, tuple[Problem, dict[str, Arm]]] = {
    "narrow": (problems.NARROW, lineup.NARROW),
    "equilibrium": (problems.EQUILIBRIUM, lineup.EQUILIBRIUM),
    "goodness": (problems.GOODNESS, lineup.GOODNESS),
    "features": (problems.FEATURES, lineup.FEATURES),
    "wide": (problems.WIDE, lineup.WIDE),
    "rows": (problems.SEQUENCE, lineup.SEQUENCE),
    "worm": (problems.WORM, lineup.CONNECTOME),
    "spiking": (problems.SPIKES, lineup.SPIKING),
    "mnist": (problems.MNIST, lineup.MNIST),
    "larva": (problems.LARVA, lineup.CONNECTOME),
}
NEEDS = {"mnist": "mnist", "larva": "larva/winding2023"}
"""Board → the files that it reads; the others are built in."""
PRIMARY = ("narrow", "feedback alignment", lineup.FLOOR)
"""The claim that is judged: hidden cells learn although no error ever crosses a forward weight."""
MARGIN = 0.01
"""Largest difference in accuracy that counts as none: a point."""
LEAD = 0.08
"""By how much a rule with a gate on the narrow net must beat the readout alone."""
QUICK = {"narrow": 6, "rows": 2, "worm": 1}
"""Board → epochs of a quick run."""
QUICK_SAMPLES = 400


@dataclass(frozen=True)
class Gate:
    """Least mean accuracy, and least mean cosine of hidden updates with the gradient at the end."""

    accuracy: float
    cosine: float | None = None


GATES: Mapping[str, Mapping[str, Gate]] = {
    "narrow": {
        lineup.EXACT: Gate(0.94),
        "feedback alignment": Gate(0.90, 0.2),
        "direct feedback": Gate(0.92, 0.35),
        "sign symmetry, uniform": Gate(0.93, 0.7),
        "Kolen-Pollack": Gate(0.93, 0.8),
        "weight mirror": Gate(0.94, 0.9),
        "direct random target": Gate(0.83),
        "predictive coding": Gate(0.93, 0.8),
        "predictive coding, fixed": Gate(0.94, 0.9999),
        "predictive coding, incremental": Gate(0.93, 0.8),
        "target propagation": Gate(0.93, 0.6),
        "PEPITA": Gate(0.91, 0.35),
        "node perturbation": Gate(0.82),
    },
    "equilibrium": {"equilibrium propagation": Gate(0.95)},
    "goodness": {"forward-forward": Gate(0.97)},
    "rows": {
        lineup.EXACT: Gate(0.97),
        "e-prop, symmetric": Gate(0.925, 0.3),
        "e-prop, random": Gate(0.925),
    },
}
FLOORS = {"narrow": 0.82, "rows": 0.90}
"""Board → what the readout alone must stay below, or the board says nothing about rules."""


@dataclass(frozen=True)
class Setup:
    """All that results depend on."""

    boards: tuple[str, ...]
    seeds: tuple[int, ...]
    quick: bool

    def problem(self, board: str) -> Problem:
        """The board's problem; smaller in a quick run."""
        found = BOARDS[board][0]
        return replace(found, epochs=QUICK[board], samples=QUICK_SAMPLES) if self.quick else found

    def arms(self, board: str) -> dict[str, Arm]:
        """The board's arms, without those whose rule cannot teach its network."""
        missing = self.unsupported(board)
        return {name: arm for name, arm in BOARDS[board][1].items() if name not in missing}

    def unsupported(self, board: str) -> dict[str, str]:
        """Arm → why its rule cannot teach this board's network."""
        problem, arms = BOARDS[board]
        kinds = {arm.phi or problem.phi for arm in arms.values()}
        networks = {phi: problem.network(0, phi) for phi in kinds}
        reasons = {name: arm.rule.supports(networks[arm.phi or problem.phi]) for name, arm in arms.items()}
        return {name: reason for name, reason in reasons.items() if reason is not None}


def setup_of(config: "Config") -> Setup:
    """Fills in the defaults. Raises ValueError: unknown boards, or missing files that were asked for."""
    unknown = sorted(set(config.boards) - set(BOARDS))
    if unknown:
        raise ValueError(f"--boards: expected some of {', '.join(BOARDS)}, got {', '.join(unknown)}")
    for board in config.boards:
        if board in NEEDS:
            entry = dataset(NEEDS[board])
            for file in entry.files:
                if not file.optional:
                    require(entry, file)
    found = config.boards or tuple(board for board in BOARDS if _here(board))
    if config.quick:
        found = tuple(board for board in (config.boards or QUICK) if board in QUICK)
        if not found:
            raise ValueError(f"--quick knows the boards {', '.join(QUICK)}, got {', '.join(config.boards)}")
    first = 1_000_000 * config.seed
    return Setup(found, tuple(first + k for k in range(2 if config.quick else config.seeds)), config.quick)


def _here(board: str) -> bool:
    if board not in NEEDS:
        return True
    entry = dataset(NEEDS[board])
    return all(find(entry, file) is not None for file in entry.files if not file.optional)
