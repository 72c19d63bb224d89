"""A brain that predicts its next input: does it succeed, or does it collapse onto what is easy?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import Above, AtLeast, Options

SUMMARY = "prediction of the next embedding by any network, with guards that tell a success from a collapse"
SOURCES = (
    "Xu et al. 2025, arXiv:2512.16922 (next-embedding prediction)",
    "Balestriero & LeCun 2025, arXiv:2511.08544 (SIGReg); LeNEPA, arXiv:2607.00958 (without stop-gradient)",
    "Bardes, Ponce & LeCun 2022, arXiv:2105.04906 (VICReg)",
    "Assran et al. 2023, arXiv:2301.08243 (a moving average as teacher)",
    "van den Oord, Li & Vinyals 2018, arXiv:1807.03748 (contrastive predictive coding)",
    "Halvagal & Zenke 2023, Nat Neurosci 26:1906 (latent predictive learning)",
    "Bastos et al. 2012, Neuron 76:695; Nejad et al. 2025, Nat Commun 16 (laminar circuits)",
    "Garrido et al. 2023, arXiv:2210.02885 (RankMe)",
    "Dag et al. 2023, Cell 186:2574 (worm calcium); Cook et al. 2019, Nature 571:63 (worm connectome)",
    "Charlesworth et al. 2015, Neural Dev 10:1 (cultures on electrode arrays)",
    "Dyer et al. 2017, Nat Biomed Eng 1:967 (reaches)",
    "Yu et al. 2020, arXiv:2006.08558 (coding rate)",
)


@dataclass(frozen=True)
class Config(Options):
    """Which boards, or a recording of your own."""

    boards: tuple[str, ...] = ()
    """Of digits, spoken, mnist, scales, rules, senses, laminar, worms, cultures, reaches, layers, wiring;
    default: all whose files are here. A quick run has the digits alone.
    """
    seeds: Annotated[int, AtLeast(2)] = 6
    """Training seeds; with fewer than six nothing is decided. Recordings and two senses have three of them,
    graphs one.
    """
    data: Path | None = None
    """A recording of your own (NWB, CSV, NPZ, MAT, HDF5) in place of all boards."""
    bin_s: Annotated[float | None, Above(0)] = None
    """Width of its bins in seconds; needed unless it has times of frames."""
    array: str | None = None
    """Name of its array (NPZ, MAT), group (HDF5) or source (NWB)."""
