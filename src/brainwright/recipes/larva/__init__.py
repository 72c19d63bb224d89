"""Does the wiring of the larva help a network learn? The claim of Yu et al. 2025, with its controls."""

from dataclasses import dataclass
from typing import Annotated, Literal

from brainwright.experiment import AtLeast, Options

SUMMARY = "does a larva's wiring help a network learn? against rewired, shuffled, random and bypassed cores"
SOURCES = (
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
)


@dataclass(frozen=True)
class Config(Options):
    """Which wiring, on which task, with how many controls."""

    wiring: str | None = None
    """larva, worm, or a wiring of your own: a file (CSV, Parquet, NPZ, MAT, XLSX, ...) or a saved folder.
    Default: the larva where its file is here, else (and with --quick) the built-in worm.
    """
    task: Literal["digits", "mnist", "cifar10", "chess"] | None = None
    """Default: MNIST where its files are here, else (and with --quick) the built-in digits."""
    samples: Annotated[int | None, AtLeast(100)] = None
    """The most training samples; 100, 1,000, 10,000 and all up to this are run. Default: all."""
    full: bool = False
    """Every null with every number of samples at the depth of 1,000; many hours."""
    seeds: Annotated[int, AtLeast(2)] = 3
    """Training seeds, shared by all arms."""
    draws: Annotated[int, AtLeast(1)] = 10
    """Graphs per null model up to 1,000 samples; three up to 10,000, beyond that one or two."""
    primary_draws: Annotated[int, AtLeast(1)] = 39
    """Graphs of the null that decides, with 1,000 samples; fewer than 39 cannot give p <= 0.05."""
    epochs: Annotated[int, AtLeast(1)] = 20
    """Passes over up to 1,000 training samples; half as many over up to 10,000, a third over more."""
    steps: Annotated[int, AtLeast(3)] = 5
    """Steps of the network: the mean sensory-output path is 3.7 synapses, and one step is input."""
