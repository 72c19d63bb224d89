"""Does the wiring of the larva help a network learn? The claim of Yu et al. 2025, with its controls."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SUMMARY = "does a larva's wiring help a network learn? against rewired, shuffled, random and bypassed cores"

PROVENANCE = {
    "citations": [
        "Yu et al. 2025, arXiv:2507.10951 (the larval connectome as a biological processing unit)",
        "Winding et al. 2023, Science 379:eadd9330 (larval connectome)",
        "Varshney et al. 2011, PLoS Comput Biol 7:e1001066 (worm connectome, built in)",
        "Suarez et al. 2024, Nat Commun 15:656 (conn2res: connectomes as reservoirs)",
        "Jaeger 2001, GMD report 152 (memory capacity)",
        "Costi et al. 2025, Biomimetics 10:341 (wiring and weights, two by two)",
        "Lorenz 1963, J Atmos Sci 20:130",
        "Maslov & Sneppen 2002, Science 296:910 (degree-preserving rewiring)",
        "Holm 1979, Scand J Stat 6:65 (correction for several comparisons)",
        "Schuirmann 1987, J Pharmacokinet Biopharm 15:657 (equivalence)",
    ],
    "signs": "no transmitter of the larva is known: 30 % of the cells, drawn once, inhibit, in all arms",
}


@dataclass(frozen=True)
class Config:
    """Which wiring, on which task, with how many controls."""

    seed: int = 0
    """Everything random follows from it."""
    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure."""
    wiring: Literal["larva", "worm"] | None = None
    """Default: the larva where its file is here, else (and with --quick) the built-in worm."""
    task: Literal["digits", "mnist", "cifar10", "chess"] | None = None
    """Default: MNIST where its files are here, else (and with --quick) the built-in digits."""
    samples: int | None = None
    """The most training samples; 100, 1,000, 10,000 and all up to this are run. Default: all."""
    full: bool = False
    """Every null with every number of samples at the depth of 1,000; many hours."""
    seeds: int = 3
    """Training seeds, shared by all arms."""
    draws: int = 10
    """Graphs per null model up to 1,000 samples; three up to 10,000, beyond that one or two."""
    primary_draws: int = 39
    """Graphs of the null that decides, with 1,000 samples; fewer than 39 cannot give p <= 0.05."""
    epochs: int = 20
    """Passes over up to 1,000 training samples; half as many over up to 10,000, a third over more."""
    steps: int = 5
    """Steps of the network: the mean sensory-output path is 3.7 synapses, and one step is input."""
    workers: int = 0
    """Processes; 0 for one per core. Results do not depend on it."""


def check(config: Config) -> None:
    """Refuse what cannot work. Raises ValueError."""
    least = {"seeds": 2, "draws": 1, "primary_draws": 1, "epochs": 1, "steps": 3, "seed": 0}
    for name, bound in {**least, "workers": 0}.items():
        if getattr(config, name) < bound:
            raise ValueError(
                f"--{name.replace('_', '-')} must be at least {bound}, got {getattr(config, name)}"
            )
    if config.samples is not None and config.samples < 100:
        raise ValueError(f"--samples must be at least 100, got {config.samples}")
    from brainwright.recipes._larva.design import setup_of

    setup_of(config)


def run(config: Config, folder: Path, progress: Callable[..., None]) -> dict[str, Any]:
    """Do what is not yet done in `folder/units`, then compare the arms."""
    from brainwright.recipes._larva.analysis import analyse
    from brainwright.recipes._larva.design import setup_of
    from brainwright.recipes._larva.reservoir import run_reservoirs
    from brainwright.recipes._larva.reservoir_analysis import analyse_reservoirs
    from brainwright.recipes._larva.trial import run_all

    setup = setup_of(config)
    trials = run_all(setup, config, folder / "units", progress)
    reservoirs = run_reservoirs(setup, config, folder / "units" / "reservoirs", progress)
    return {**analyse(setup, trials), "reservoirs": analyse_reservoirs(reservoirs)}


def page(folder: Path) -> str:
    """The body of the report."""
    from brainwright.recipes._larva.page import body

    return body(folder)
