"""How near does an emulator of neural activity come to what can be known? On suites with a known ceiling."""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import AtLeast, Options

SUMMARY = "how near a generative model of activity comes to the ceiling: smooth, fill in, forecast, sample"
SOURCES = (
    "Chen et al. 2024, arXiv:2407.01392 (diffusion forcing)",
    "Kapoor et al. 2024, arXiv:2407.08751 (latent diffusion for neural spiking)",
    "Peebles & Xie 2023, arXiv:2212.09748 (adaptive norm)",
    "Pei et al. 2021, arXiv:2109.04463 (bits per spike, co-smoothing)",
    "Keshtkaran & Pandarinath 2019, arXiv:1908.07896 (coordinated dropout)",
    "Czado, Gneiting & Held 2009, Biometrics 65:1254 (randomised PIT)",
    "Ye & Pandarinath 2021, arXiv:2108.01210 (the transformer baseline)",
    "Mi et al. 2022, ICLR (connectome-constrained models)",
)


@dataclass(frozen=True)
class Config(Options):
    """How often; the data of both suites have seed 0 by definition."""

    seeds: Annotated[int, AtLeast(1)] = 3
    """Training seeds of every model that is trained from random values; six or more can decide."""
    draws: Annotated[int, AtLeast(2)] = 8
    """Null wirings of LIF80 with 5 % of the data; with all data there are two."""
    sessions: Annotated[int, AtLeast(0)] = 1
    """Seeds of the comparison on a new session; 0 leaves it out."""
