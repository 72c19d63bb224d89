"""Sparse features of activity: what drives each, and does stimulating its channels raise it?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import Above, Between, Options

SUMMARY = "sparse features of a culture, worms and a larva: what drives each, and whether writing raises it"
SOURCES = (
    "Gao et al. 2024, arXiv:2406.04093 (TopK autoencoders, auxiliary loss for dead features)",
    "Bussmann et al. 2025, arXiv:2503.17547 (Matryoshka autoencoders)",
    "Dag et al. 2023, Cell 186:2574 (calcium of freely moving worms)",
    "Winding et al. 2023, Science 379:eadd9330 (larval connectome)",
    "The tissue that is written to is simulated.",
)


@dataclass(frozen=True)
class Config(Options):
    """How many dishes and seeds, and whose activity."""

    dishes: Annotated[int, Between(2, 900)] = 24  # from there on they would be those of the next seed
    """Simulated cultures whose features are raised; with fewer than six nothing is decided."""
    seeds: Annotated[int, Between(2, 900)] = 6
    """Of the autoencoders; with fewer than six nothing is decided."""
    data: Path | None = None
    """A recording of your own (NWB, CSV, NPZ, MATLAB, HDF5) in place of all this: its features, beside
    principal components and beside units that are shifted in time."""
    bin_s: Annotated[float | None, Above(0)] = None
    """Width of its bins in seconds, where it holds spike times."""
    array: str | None = None
    """Which array or group of the file holds the activity, where there are several."""
