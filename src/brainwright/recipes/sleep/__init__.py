"""What does sleep do to memories? Dissociations, rare rewards, and memories that plan."""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import AtLeast, Options

SUMMARY = "hippocampus and sleep: who loses what, gains overnight, rare rewards, retrieval that plans"
SOURCES = (
    "McClelland, McNaughton & O'Reilly 1995, Psychol Rev 102:419 (complementary learning systems)",
    "Zola-Morgan & Squire 1990, Science 250:288 (graded retrograde amnesia)",
    "Walker et al. 2002, Neuron 35:205 (overnight gain on a motor sequence)",
    "Ramsauer et al. 2021, arXiv:2008.02217 (modern Hopfield networks)",
    "Charlesworth et al. 2015, Mol Autism 6:1 (cultures over days in vitro)",
    "Schaul et al. 2016, arXiv:1511.05952 (prioritised replay)",
    "Mattar & Daw 2018, Nat Neurosci 21:1609 (gain times need)",
)


@dataclass(frozen=True)
class Config(Options):
    """How many brains."""

    seeds: Annotated[int, AtLeast(2)] = 10
    """Brains of every study; with fewer than six nothing is decided."""
    days: bool = False
    """Extra: cultures over their days in vitro, forecast by one network (data set mea/charlesworth2015)."""
    tissue: bool = False
    """Extra: simulated tissue that is taught two tunes, with and without sleep between."""
