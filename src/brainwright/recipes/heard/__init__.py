"""Teach simulated tissue the order that it hears: what do gradient steps add to writing the forecast?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from brainwright.experiment import AtLeast, Between, Options

SUMMARY = "teach simulated tissue the stream that it hears: what do gradient steps add to the plain forecast?"
SOURCES = (
    "Bryan, Jiang & Rao 2022, arXiv:2210.11478 (gradients through an emulator into stimulation)",
    "Markov 1913, Shannon 1951 (how well a stream can be foretold from its current symbol)",
    "Bakkum, Chao & Potter 2008, J Neural Eng 5:310 (yoked replay as the sham of closed-loop training)",
    "Chao, Bakkum & Potter 2008, PLoS Comput Biol 4:e1000042 (spiking culture with STDP and depression)",
    "Tsodyks & Markram 1997, PNAS 94:719 (short-term depression)",
    "Turrigiano et al. 1998, Nature 391:892 (synaptic scaling)",
    "Schuirmann 1987, J Pharmacokinet Biopharm 15:657 (equivalence by two one-sided tests)",
    "Efron 1987, J Am Stat Assoc 82:171 (bootstrap intervals)",
    "The tissue is simulated; the default tune (Mozart K. 525) is in the public domain.",
)


@dataclass(frozen=True)
class Config(Options):
    """Which stream, heard and taught by how much tissue, for how long."""

    stream: Literal["tune", "rule", "cycle", "text", "csv"] | None = None
    """What is heard; default: a tune, or the file that is given."""
    text: Path | None = None
    """UTF-8 text file, a stream of letter classes."""
    csv: Path | None = None
    """CSV file, a stream of classes of one numeric column."""
    column: str | None = None
    """The column of the CSV file."""
    dishes: Annotated[int, Between(2, 1_000)] = 24
    """Cultures per arm, each with a seed of its own. A quick run has at most six."""
    neurons: Annotated[int, Between(64, 4_096)] = 256
    """Neurons per culture; 256 to 1024 are tested."""
    recorded: Annotated[int, AtLeast(10)] = 200
    """Symbols recorded before the first write. A quick run has 40, and 100 with writes."""
    taught: Annotated[int, AtLeast(20)] = 800
    """Symbols with writes."""
    gradient_steps: Annotated[int, AtLeast(0)] = 5
    """Gradient steps on the emulator per symbol."""
    emulator: Literal["patch", "latent"] = "patch"
    """The model of the tissue, as of the recipe organoid."""
    dose_curve: bool = False
    """Extra: the score against the number of oracle-taught symbols, up to 2,400."""
