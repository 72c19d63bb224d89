"""Any of its variables from any others: how good are one pass, a chain, samples, and sleep?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import AtLeast, Options

SUMMARY = "any variables from any others by one network: three routes beside the truth, and sleep"
SOURCES = (
    "Strauss & Oliva 2021, arXiv:2102.04426 (arbitrary conditionals by the chain rule)",
    "Gloeckler et al. 2024, arXiv:2404.09636 (all conditionals of one network)",
    "Falet et al. 2023, arXiv:2310.02423 (losses local to a sparse graph)",
    "Buesing et al. 2011, PLoS Comput Biol 7:e1002211 (neural sampling)",
    "Petrovici et al. 2016, Phys Rev E 94:042312 (sampling by leaky integrate-and-fire cells)",
    "Dag et al. 2023, Cell 186:2574 (worm calcium)",
    "Cook et al. 2019, Nature 571:63 (worm connectome)",
    "Charlesworth et al. 2015, Neural Dev 10:1 (cultures on electrode arrays)",
    "Golub et al. 2018, Nat Neurosci 21:607 (monkey, brain-computer interface)",
)


@dataclass(frozen=True)
class Config(Options):
    """How many seeds, or a table of your own."""

    seeds: Annotated[int, AtLeast(2)] = 6
    """Truths and training seeds; with fewer than six nothing is decided."""
    data: Path | None = None
    """A table of your own (CSV, TSV: a column per variable, empty where missing) in place of all others."""
    updates: Annotated[int, AtLeast(10)] = 1_500
    """Of the networks on your own table."""
