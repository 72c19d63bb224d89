"""Modules in each other's latent space: when are many that learn alone worth more than one network?"""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import Between, Options

SUMMARY = "modules that see, hear and join both, each by its own next embedding, beside one network"
SOURCES = (
    "Xu et al. 2025, arXiv:2512.16922 (prediction of the next embedding)",
    "LeCun 2022, openreview BZ5a1r-kVsf (hierarchies of latent prediction)",
    "van den Oord et al. 2018, arXiv:1807.03748 (contrastive prediction)",
    "Baars 1988, A Cognitive Theory of Consciousness (global workspace)",
    "Winding et al. 2023, 10.1126/science.add9330; Lappalainen et al. 2024, 10.1038/s41586-024-07939-3",
)


@dataclass(frozen=True)
class Config(Options):
    """Which parts, with how many draws."""

    parts: tuple[str, ...] = ()
    """Some of digits, occlusion, workspace, later, levels, wiring, top-down; default: all with files."""
    embody: bool = False
    """The last stage: modules that predicted what a body senses learn to act in it, beside learning from
    scratch. Alone, or after the parts that are named; five minutes."""
    draws: Annotated[int, Between(1, 20)] = 2
    """Draws of everything; each parts the six speakers anew into three pairs that are held out."""
    nulls: Annotated[int, Between(1, 200)] = 3
    """Rewired and random graphs beside the wiring; a verdict on the wiring needs 39."""
