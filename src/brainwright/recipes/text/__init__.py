"""Read what tissue is reading as text, and write a text into it, beside the rows that noise would reach."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import Between, Options

SUMMARY = "text latents and an emulator's: what a simulated reader reads, and a text written into it"
SOURCES = (
    "Bowman et al. 2016, arXiv:1511.06349 (variational autoencoder of sentences)",
    "Tu et al. 2022, arXiv:2205.05862 (one language model in two roles, by adapters)",
    "Hu et al. 2021, arXiv:2106.09685 (low-rank adapters)",
    "Rayner 1998, Psychol Bull 124:372 (how long eyes stay on a word)",
    "Jo et al. 2024, arXiv:2405.06459 (EEG-to-text models that score the same on noise)",
    "The tissue is simulated, unless --data names a recording.",
)


@dataclass(frozen=True)
class Config(Options):
    """How many readers, or a recording of your own with word onsets."""

    dishes: Annotated[int, Between(2, 1_000)] = 6  # from there on they would be those of the next seed
    """Simulated readers; with fewer than six nothing is decided."""
    model: Path | None = None
    """Folder of a text model that `save_text` wrote; by default one is trained, in five minutes."""
    data: Path | None = None
    """A recording of your own (NWB) with a table of words and their onsets: read-out alone."""
    text: Path | None = None
    """What was read in it, UTF-8, a text on each line."""
