"""Teach simulated tissue a tune it never heard, by gradient descent on an emulator of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from brainwright.experiment import AtLeast, Between, Options

SUMMARY = "teach simulated tissue a tune it never heard, by gradient descent on an emulator of it"
SOURCES = (
    "Bryan, Jiang & Rao 2022, arXiv:2210.11478 (gradients through an emulator into stimulation)",
    "Bakkum, Chao & Potter 2008, J Neural Eng 5:310 (yoked replay as the sham of closed-loop training)",
    "Chao, Bakkum & Potter 2008, PLoS Comput Biol 4:e1000042 (spiking culture with STDP and depression)",
    "Tsodyks & Markram 1997, PNAS 94:719 (short-term depression)",
    "Turrigiano et al. 1998, Nature 391:892 (synaptic scaling)",
    "Efron 1987, J Am Stat Assoc 82:171 (bootstrap intervals)",
    "Berger 1982, Technometrics 24:295 (several comparisons, each of which must hold)",
    "Schuirmann 1987, J Pharmacokinet Biopharm 15:657 (equivalence by two one-sided tests)",
    "The tissue is simulated; the default tune (Beethoven Op. 125) is in the public domain.",
)


@dataclass(frozen=True)
class Config(Options):
    """What to teach, to how much tissue, for how long. Dishes of different seeds are different cultures."""

    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure. At most six dishes,
    50 recorded and 80 taught symbols."""
    tune: Path | None = None
    """The wanted order: a MIDI file with one melody, or a text with notes such as E4 F#4 or MIDI numbers;
    default: the Ode to Joy. At most eight positions once repeated notes are merged."""
    dishes: Annotated[int, Between(2, 1_000)] = 24  # from there on the dishes would be those of the next seed
    """Cultures per arm."""
    neurons: Annotated[int, Between(64, 4_096)] = 400
    """Neurons per culture; 256 to 1024 are tested."""
    recorded: Annotated[int, AtLeast(10)] = 100
    """Symbols recorded before the first write."""
    taught: Annotated[int, AtLeast(20)] = 400
    """Symbols with writes."""
    emulator: Literal["patch", "latent"] = "patch"
    """The model of the tissue: one hidden layer over two patches, or latent diffusion, which forecasts
    better, teaches no better (worse from 50 or 25 recorded notes: docs/organoid.md) and takes ten times as
    long."""
    gradient_steps: Annotated[int, AtLeast(0)] = 5
    """Gradient steps on the emulator per symbol."""
    less: bool = False
    """Extra: both emulators where less is heard (50 and 25 notes recorded, or 100 through poor
    electrodes), on 16 cultures of their own; about 15 minutes of processor time."""
    long_rests: bool = False
    """Extra: what is left after ten minutes too, and of tissue with a slow part of its weights."""
