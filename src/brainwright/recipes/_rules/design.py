"""Boards, arms and seeds, fixed before the run."""

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
    "features-200": (problems.FEATURES_200, lineup.FEATURES_200),
    "spike-features": (problems.SPIKE_FEATURES, lineup.SPIKE_FEATURES),
    "spike-features-200": (problems.SPIKE_FEATURES_200, lineup.SPIKE_FEATURES_200),
    "wide": (problems.WIDE, lineup.WIDE),
    "rows": (problems.SEQUENCE, lineup.SEQUENCE),
    "worm": (problems.WORM, lineup.CONNECTOME),
    "spiking": (problems.SPIKES, lineup.SPIKING),
    "mnist": (problems.MNIST, lineup.MNIST),
    "larva": (problems.LARVA, lineup.LARVA),
}
NEEDS = {"mnist": "mnist", "larva": "larva/winding2023"}
"""Board → the files that it reads; the others are built in."""
PRIMARY = ("narrow", "feedback alignment", lineup.FLOOR)
"""The claim that is judged: hidden cells learn although no error ever crosses a forward weight."""
MARGIN = 0.01
"""Largest difference in accuracy that counts as none: a point."""
QUICK = {"narrow": 6, "rows": 2, "worm": 1}
"""Board → epochs of a quick run."""
QUICK_SAMPLES = 400


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
