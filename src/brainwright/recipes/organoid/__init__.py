"""Teach a piece of simulated tissue by gradient descent on an emulator of it, with every control."""

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
    "The tissue is simulated; the default tunes (Beethoven Op. 125, Mozart K. 525) are in the public domain.",
)


@dataclass(frozen=True)
class Config(Options):
    """What to teach, to how much tissue, for how long. Dishes of different seeds are different cultures."""

    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure. At most six dishes,
    and sizes of its own in place of --recorded and --taught."""
    tune: Path | None = None
    """The wanted order: a MIDI file with one melody, or a text with notes such as E4 F#4 or MIDI numbers;
    default: the Ode to Joy. At most eight positions once repeated notes are merged."""
    dishes: Annotated[int, Between(2, 1_000)] = 24  # from there on the dishes would be those of the next seed
    """Cultures per arm."""
    neurons: Annotated[int | None, Between(64, 4_096)] = None
    """Neurons per culture; default: 400, of --heard 256 (256 to 1024 are tested)."""
    recorded: Annotated[int | None, AtLeast(10)] = None
    """Symbols recorded before the first write; default: 100, of --heard 200."""
    taught: Annotated[int | None, AtLeast(20)] = None
    """Symbols with writes; default: 400, of --heard 800."""
    emulator: Literal["patch", "latent"] = "patch"
    """The model of the tissue: one hidden layer over two patches, or latent diffusion, which forecasts
    better, teaches no better and takes seven times as long (docs/recordings.md)."""
    gradient_steps: Annotated[int, AtLeast(0)] = 5
    """Gradient steps on the emulator per symbol."""
    long_rests: bool = False
    """Extra: what is left after ten minutes too, and of tissue with a slow part of its weights."""
    heard: bool = False
    """Teach what is heard instead: the wanted order is that of the stream, so that the emulator's forecast
    names the coming symbol without a gradient step. Asks what the steps add."""
    stream: Literal["tune", "rule", "cycle", "text", "csv"] | None = None
    """With --heard: the stream; default: a tune, or the file that is given."""
    text: Path | None = None
    """With --heard: UTF-8 text file, a stream of letter classes."""
    csv: Path | None = None
    """With --heard: CSV file, a stream of classes of one numeric column."""
    column: str | None = None
    """With --heard: the column of the CSV file."""
    dose_curve: bool = False
    """Extra of --heard: the score against the number of oracle-taught symbols, up to 2,400."""
