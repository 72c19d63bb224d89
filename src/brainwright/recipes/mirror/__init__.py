"""One circuit for self and other: when is it shared, and does sharing make honest and helpful?"""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import Between, Options

SUMMARY = (
    "one circuit for self and other: overlap of its activity, deceit, help, drives, and learning by watching"
)
SOURCES = (
    "Byrnes 2022, Intro to brain-like AGI safety (what another is thought to feel is felt)",
    "Carauleanu et al. 2024, arXiv:2412.16325 (overlap of activity for self and other lowers deceit)",
    "Rizzolatti & Craighero 2004, 10.1146/annurev.neuro.27.070203.144230 (mirror neurons)",
    "Strouse et al. 2018, arXiv:1808.02093 (agents that hide or show what they aim at)",
)


@dataclass(frozen=True)
class Config(Options):
    """How many networks of each kind."""

    runs: Annotated[int, Between(2, 900)] = 10  # from there on they would be those of the next seed
    """Networks of every arm; with fewer than six nothing is decided."""
