"""Read what tissue is reading as text, and write a text into it, beside the rows that noise would reach."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import Above, Between, Options

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
    """Folder of a text model that `save_text` wrote, or of a causal model of Hugging Face (adapters are
    trained over its weights); by default one is trained, in four minutes."""
    steps: Annotated[int, Between(1, 100_000)] = 1_200
    """Updates of a text model that is trained."""
    data: Path | None = None
    """A recording of your own (NWB: sorted units, EEG, ECoG, MEG) with a table of words and their onsets;
    --text says what was read. Read-out alone."""
    text: Path | None = None
    """UTF-8, a text on each line. Without --data a text model of it, which is all; or `tinyshakespeare`."""
    source: str | None = None
    """Which of several series of the recording (acquisition/eeg); sorted units are taken where there are."""
    after_s: Annotated[float, Between(0.0, 10.0)] = 0.05
    """From a word's onset to its answer in the recording, seconds."""
    window_s: Annotated[float, Above(0)] = 0.5
    """How long the answer lasts; the emulator is given as much behind it besides."""
