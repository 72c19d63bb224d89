"""What is compared with what, fixed before the run."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brainwright.datasets import dataset, find

if TYPE_CHECKING:
    from brainwright.recipes.larva import Config

PROTOCOLS = ("paper", "normalised")
"""paper: raw signed counts, input in the first step alone, 218 outputs. normalised: spectral radius 0.95,
input in every step, a bias per cell, 400 outputs."""
NULLS = ("degree", "block", "weights", "signs", "random")
FLOORS = ("encoder_only", "mlp", "linear")
DECIDING = "degree"
MARGIN = 0.005
"""Largest difference in accuracy that counts as none: half a point."""
SIZES = (100, 1_000, 10_000)
FILES = {
    "larva": "larva/winding2023",
    "mnist": "mnist",
    "cifar10": "cifar10_jpeg_subset",
    "chess": "chess_openings",
}


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

    @property
    def conditions(self) -> list[str]:
        """Protocol and number of samples, such as "paper/100"."""
        return [f"{protocol}/{n}" for protocol in PROTOCOLS for n in self.sizes]

    @property
    def primary(self) -> str:
        """The condition that decides: the normalised protocol with the most samples."""
        return f"normalised/{self.sizes[-1]}"

    @property
    def arms(self) -> dict[str, int]:
        """Arm → number of draws."""
        found = {}
        for condition in self.conditions:
            for kind in ("real", *NULLS, *FLOORS):
                deciding = condition == self.primary and kind == DECIDING
                n = self.primary_draws if deciding else self.draws
                found[f"{condition}/{kind}"] = n if kind in NULLS else 1
        return found


def setup_of(config: "Config") -> Setup:
    """Fills in the defaults. Raises ValueError (MissingData) naming a file that was asked for."""
    wiring = config.wiring or ("larva" if _here("larva") and not config.quick else "worm")
    task = config.task or ("mnist" if _here("mnist") and not config.quick else "glyphs")
    for name in (wiring, task):
        if name in FILES:
            _demand(name)
    quick = config.quick
    return Setup(
        seed=config.seed,
        wiring=wiring,
        task=task,
        sizes=(100,) if quick else tuple(n for n in SIZES if n <= config.samples),
        seeds=tuple(range(2 if quick else config.seeds)),
        draws=1 if quick else config.draws,
        primary_draws=2 if quick else config.primary_draws,
        epochs=min(config.epochs, 6) if quick else config.epochs,
        steps=config.steps,
        test_samples=300 if quick else 2_000,
    )


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
