"""Arms, protocols and depth: what is compared with what, fixed before the run."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from brainwright.connectome.nulls import NULLS
from brainwright.connectome.own import own_wiring
from brainwright.datasets import require_all, there
from brainwright.datasets.named_tasks import named_task

from . import Config

NULL_KINDS = tuple(NULLS)
FLOORS = ("encoder_only", "readout_only", "linear", "mlp", "echo_state")
"""Core bypassed; core with nothing but a ridge read-out; no hidden layer; one hidden layer with as many
trained values; a random reservoir with ridge read-out, tuned on a part of the training samples.
"""
GROWN = {"grown": "block model", "cloned": "cells copied", "grown_null": "block model of a null"}
FACTORS = (2.0, 3.0)
NO_CORE = "floors"
"""Stands for the protocol in the arms of FLOORS; those with a core follow the normalised protocol."""
DECIDING, DECIDING_SAMPLES = "degree", 1_000
"""The null and the number of samples that decide."""
MARGIN = 0.005
"""Largest difference in accuracy that counts as none: half a point."""
SIZES = (100, 1_000, 10_000)
FEW_DRAWS = 3
"""Graphs per null beyond 1,000 samples, and per expansion: one training takes minutes there."""
QUICK = {"seeds": 2, "draws": 1, "primary_draws": 2, "full": False}  # what it makes of the options
LARVA = "larva/winding2023"
OURS = ("larva", "worm")  # called by a word; any other is the user's own


@dataclass(frozen=True)
class Arm:
    """A network: how it is compiled and driven, on how many training samples, and what its core is."""

    protocol: str  # a name of PROTOCOLS, or "floors" for what has no core
    n: int
    kind: str  # "real", a null model, a floor, or an expansion such as "grown 2"

    def __str__(self) -> str:
        return f"{self.protocol}/{self.n}/{self.kind}"


def arm_of(protocol: str, n: int, kind: str) -> Arm:
    """The arm of a kind beside the real wiring of a protocol: floors are shared by all protocols."""
    return Arm(NO_CORE if kind in FLOORS else protocol, n, kind)


@dataclass(frozen=True)
class Protocol:
    """How the core is compiled and driven, and what the page says of it."""

    outputs: tuple[str, ...] | None  # cell types that are read; None for the whole output pool
    radius: float | None  # spectral radius; None for raw counts
    inject: str  # the input in "every" step or the "first"
    bias: bool  # of every cell, trained
    words: str


PAPER_OUTPUTS = ("DN-SEZ", "RGN")  # 164 + 54 = the 218 of the paper
PROTOCOLS = {
    "normalised": Protocol(
        None, 0.95, "every", True, "spectral radius 0.95, input in every step, a bias per cell, 400 outputs",
    ),
    "paper": Protocol(
        PAPER_OUTPUTS, None, "first", False,
        "the paper's: raw signed counts, input in the first step alone, 218 outputs",
    ),
    "rescaled": Protocol(
        PAPER_OUTPUTS, 0.95, "first", False,
        "the paper's with counts scaled to radius 0.95: the same class of functions, since without bias a "
        "rectified network is homogeneous, but another size of step and of initial values",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Setup(Config):
    """All that results depend on: the options with their defaults filled in, and what the data allow."""

    sizes: tuple[int, ...] = SIZES
    test_samples: int = 10_000

    @property
    def decides_at(self) -> int:
        """Samples at which the deciding comparison is made: 1,000, or the most there are if fewer."""
        return max(n for n in self.sizes if n <= DECIDING_SAMPLES)

    @property
    def deciding(self) -> Arm:
        """The null that decides, under the normalised protocol."""
        return Arm("normalised", self.decides_at, DECIDING)

    @property
    def conditions(self) -> list[tuple[str, int]]:
        """Protocol and number of samples of every real wiring."""
        every = [(protocol, n) for protocol in PROTOCOLS for n in self.sizes]
        return [(protocol, n) for protocol, n in every if Arm(protocol, n, "real") in self.arms]

    @cached_property
    def arms(self) -> dict[Arm, int]:
        """Arm → number of graphs: first what decides, then the most samples."""
        arms = {Arm("normalised", self.decides_at, "real"): 1, self.deciding: self.primary_draws}
        for n in sorted(self.sizes, key=lambda n: (n != self.sizes[-1], n != self.decides_at, n)):
            here = [Arm(protocol, n, "real") for protocol in PROTOCOLS]
            here += [Arm(NO_CORE, n, kind) for kind in FLOORS]
            here += [Arm(protocol, n, kind) for protocol in PROTOCOLS for kind in NULL_KINDS]
            arms |= {arm: self.graphs(arm) for arm in here}
            if self.wiring == "larva" and not self.quick and (self.full or n == self.decides_at):
                grown = [Arm("normalised", n, f"{kind} {factor:g}") for factor in FACTORS for kind in GROWN]
                arms |= dict.fromkeys(grown, min(self.draws, FEW_DRAWS))
        return {arm: graphs for arm, graphs in arms.items() if graphs}

    def graphs(self, arm: Arm) -> int:
        """How many graphs an arm has; 0 for one that is not run at this depth."""
        if arm == self.deciding:
            return self.primary_draws
        if arm.protocol == "rescaled" and not self.full:
            if arm.n == self.sizes[-1]:  # beside the claim, which stands at the most samples
                return int(arm.kind == "real")
            return {"real": 1, DECIDING: self.draws}.get(arm.kind, 0) if arm.n == self.decides_at else 0
        if arm.kind == "real" or arm.protocol == NO_CORE:
            return 1
        if self.full or arm.n <= DECIDING_SAMPLES:
            return self.draws
        if arm.n <= SIZES[-1]:
            return min(self.draws, FEW_DRAWS)
        if arm.protocol == "normalised":
            return min(self.draws, 2) if arm.kind in ("degree", "block") else 0
        return 1

    def passes(self, n: int) -> int:
        """Passes over n training samples: half as many beyond 1,000 samples, a third beyond 10,000."""
        return max(1, self.epochs // (1 if n <= DECIDING_SAMPLES else 2 if n <= SIZES[-1] else 3))


task_of = cache(named_task)  # read once per process


def setup_of(config: Config) -> Setup:
    """Fills in the defaults. Raises MissingData that names a file which was asked for and is not here."""
    large = not config.quick
    wiring = config.wiring or ("larva" if large and there(LARVA) else "worm")
    task = config.task or ("mnist" if large and there("mnist") else "digits")
    if wiring == "larva":
        require_all(LARVA)
    elif wiring not in OURS:
        own_wiring(wiring, config.seed)  # what is wrong with it shows before the run begins
    held = task_of(task)
    options: dict[str, Any] = vars(config) | {"wiring": wiring, "task": task} | ({} if large else QUICK)
    options["sizes"] = sizes(len(held.train_targets), config.samples) if large else SIZES[:1]
    options["test_samples"] = min(10_000 if large else 300, len(held.test_targets))
    return Setup(**options)


def sizes(there: int, most: int | None) -> tuple[int, ...]:
    """100, 1,000, 10,000 and all, up to `most`; all only where it is at least twice the one before."""
    most = min(there, most or there)
    steps = [n for n in SIZES if n <= most]
    return (*steps, most) if most >= 2 * steps[-1] else tuple(steps)
