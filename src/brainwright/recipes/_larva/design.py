"""What is compared with what, fixed before the run."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brainwright.datasets import dataset, find

from .tasks import task_of

if TYPE_CHECKING:
    from brainwright.recipes.larva import Config

NULLS = ("degree", "block", "weights", "signs", "both", "random")
"""Rewired with degrees kept, the same within pairs of cell classes, weights shuffled, signs shuffled, both
shuffled, edges at random."""
FLOORS = ("encoder_only", "readout_only", "linear", "mlp", "echo_state")
"""Core bypassed; core with nothing but a ridge read-out; no hidden layer; one hidden layer with as many
trained values; a random reservoir with ridge read-out, tuned on a part of the training samples."""
GROWN = ("grown", "cloned", "grown_null")
"""Expanded by the block model, by copying cells, and the expansion of a degree-preserving null."""
FACTORS = (2.0, 3.0)
DECIDING = "degree"
DECIDING_SAMPLES = 1_000
METRIC = "accuracy"
MARGIN = 0.005
"""Largest difference in accuracy that counts as none: half a point."""
SIZES = (100, 1_000, 10_000)
FEW_DRAWS = 3
"""Graphs per null beyond 1,000 samples, and per expansion."""
FILES = {
    "larva": "larva/winding2023",
    "mnist": "mnist",
    "cifar10": "cifar10_jpeg_subset",
    "chess": "chess_openings",
}


@dataclass(frozen=True)
class Protocol:
    """How the core is compiled and driven."""

    outputs: tuple[str, ...] | None
    """Cell types read; None for the whole output pool."""
    radius: float | None
    """Spectral radius; None for raw counts."""
    inject: str
    bias: bool
    words: str


PAPER_OUTPUTS = ("DN-SEZ", "RGN")  # 164 + 54 = the 218 of the paper
PROTOCOLS = {
    "normalised": Protocol(
        None, 0.95, "every", True, "spectral radius 0.95, input in every step, a bias per cell, 400 outputs"
    ),
    "paper": Protocol(
        PAPER_OUTPUTS,
        None,
        "first",
        False,
        "the paper's: raw signed counts, input in the first step alone, 218 outputs",
    ),
    "rescaled": Protocol(
        PAPER_OUTPUTS,
        0.95,
        "first",
        False,
        "the paper's with counts scaled to radius 0.95: the same class of functions, since without bias a "
        "rectified network is homogeneous, but another size of step and of initial values",
    ),
}
NO_CORE = "floors"
"""Stands for the protocol in the arms of FLOORS; those with a core follow the normalised protocol."""


@dataclass(frozen=True)
class Setup:
    """All that results depend on."""

    seed: int
    wiring: str
    task: str
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    draws: int
    primary_draws: int
    epochs: int
    steps: int
    test_samples: int
    expansion: bool
    full: bool

    @property
    def decides_at(self) -> int:
        """Samples at which the deciding comparison is made: 1,000, or the most there are if fewer."""
        return max(n for n in self.sizes if n <= DECIDING_SAMPLES)

    @property
    def primary(self) -> str:
        """The condition that decides: the normalised protocol."""
        return f"normalised/{self.decides_at}"

    @property
    def conditions(self) -> list[str]:
        """Protocol and number of samples, such as "paper/100"."""
        every = [f"{protocol}/{n}" for protocol in PROTOCOLS for n in self.sizes]
        return [condition for condition in every if f"{condition}/real" in self.arms]

    @property
    def arms(self) -> dict[str, int]:
        """Arm, such as "paper/100/degree", → number of graphs: first what decides, then the most samples."""
        kinds = ("real", DECIDING)
        found = {f"{self.primary}/{kind}": self.graphs("normalised", self.decides_at, kind) for kind in kinds}
        for n in sorted(self.sizes, key=lambda n: (n != self.sizes[-1], n != self.decides_at, n)):
            found |= {f"{protocol}/{n}/real": self.graphs(protocol, n, "real") for protocol in PROTOCOLS}
            found |= {f"{NO_CORE}/{n}/{kind}": 1 for kind in FLOORS}
            nulls = [(protocol, kind) for protocol in PROTOCOLS for kind in NULLS]
            found |= {f"{protocol}/{n}/{kind}": self.graphs(protocol, n, kind) for protocol, kind in nulls}
            if self.expansion and (self.full or n == self.decides_at):
                grown = [f"normalised/{n}/{kind} {factor:g}" for factor in FACTORS for kind in GROWN]
                found |= dict.fromkeys(grown, min(self.draws, FEW_DRAWS))
        return {arm: graphs for arm, graphs in found.items() if graphs}

    def graphs(self, protocol: str, n: int, kind: str) -> int:
        """How many graphs an arm has; 0 for one that is not run at this depth."""
        if kind == DECIDING and (protocol, n) == ("normalised", self.decides_at):
            return self.primary_draws
        if protocol == "rescaled" and not self.full:
            return {self.decides_at: {"real": 1, DECIDING: self.draws}, self.sizes[-1]: {"real": 1}}.get(
                n, {}
            ).get(kind, 0)
        if kind == "real":
            return 1
        if self.full or n <= DECIDING_SAMPLES:
            return self.draws
        if n <= SIZES[-1]:
            return min(self.draws, FEW_DRAWS)
        if protocol == "normalised":
            return min(self.draws, 2) if kind in ("degree", "block") else 0
        return 1

    def passes(self, n: int) -> int:
        """Passes over n training samples: half as many beyond 1,000 samples, a third beyond 10,000."""
        return max(1, self.epochs // (1 if n <= DECIDING_SAMPLES else 2 if n <= SIZES[-1] else 3))


def setup_of(config: "Config") -> Setup:
    """Fills in the defaults. Raises ValueError (MissingData) naming a file that was asked for."""
    wiring = config.wiring or ("larva" if _here("larva") and not config.quick else "worm")
    task = config.task or ("mnist" if _here("mnist") and not config.quick else "digits")
    for name in (wiring, task):
        if name in FILES:
            _demand(name)
    quick = config.quick
    held = task_of(task)
    return Setup(
        seed=config.seed,
        wiring=wiring,
        task=task,
        sizes=SIZES[:1] if quick else sizes(len(held.train_targets), config.samples),
        seeds=tuple(range(2 if quick else config.seeds)),
        draws=1 if quick else config.draws,
        primary_draws=2 if quick else config.primary_draws,
        epochs=config.epochs,
        steps=config.steps,
        test_samples=min(300 if quick else 10_000, len(held.test_targets)),
        expansion=wiring == "larva" and not quick,
        full=config.full and not quick,
    )


def sizes(there: int, most: int | None) -> tuple[int, ...]:
    """100, 1,000, 10,000 and all, up to `most`; all only where it is at least twice the one before."""
    most = min(there, most or there)
    found = [n for n in SIZES if n <= most]
    return (*found, most) if most >= 2 * found[-1] else tuple(found)


def workers(config: "Config") -> int:
    """Processes to start."""
    return config.workers or os.cpu_count() or 1


def _here(name: str) -> bool:
    entry = dataset(FILES[name])
    return all(find(entry, file) is not None for file in entry.files if not file.optional)


def _demand(name: str) -> None:
    from brainwright.datasets import require

    entry = dataset(FILES[name])
    for file in entry.files:
        if not file.optional:
            require(entry, file)
