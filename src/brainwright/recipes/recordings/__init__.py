"""How well can a recording be forecast? An emulator beside every baseline, on files here or your own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import Above, AtLeast, Options

SUMMARY = "forecasts of real recordings, those found here or your own file: an emulator beside every baseline"
SOURCES = (
    "Dag et al. 2023, Cell 186:2574 (worm calcium)",
    "Charlesworth et al. 2015, Neural Dev 10:1 (cultures on electrode arrays)",
    "Dyer et al. 2017, Nat Biomed Eng 1:967 (reaching monkey)",
    "Golub et al. 2018, Nat Neurosci 21:607 (monkey, brain-computer interface)",
    "Cook et al. 2019, Nature 571:63 (worm connectome)",
    "Pei et al. 2021, arXiv:2109.04463 (bits per spike, co-smoothing)",
    "Ye & Pandarinath 2021, arXiv:2108.01210 (the transformer baseline)",
    "Mi et al. 2022, ICLR (connectome-constrained models)",
)


@dataclass(frozen=True)
class Config(Options):
    """Which recordings: those found through BRAINWRIGHT_DATA, of which a quick run takes the first two of the
    first set, or a file of your own.
    """

    seeds: Annotated[int, AtLeast(1)] = 3
    """Training seeds of the networks; a quick run has one."""
    data: Path | None = None
    """A recording of your own (NWB, CSV, NPZ, MAT, HDF5) in place of all others."""
    array: str | None = None
    """Name of its array (NPZ, MAT), group (HDF5) or source (NWB)."""
    bin_s: Annotated[float | None, Above(0)] = None
    """Width of its bins in seconds; needed unless it has times of frames."""
    seen: Annotated[int, AtLeast(12)] = 50
    """Bins seen, of a recording that is not cut into trials."""
    ahead: Annotated[int, AtLeast(1)] = 10
    """Bins forecast of it."""
