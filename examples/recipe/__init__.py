"""A recipe of one's own: run it with `brainwright run examples/recipe/`, and copy it to begin with yours."""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import AtLeast, Options

SUMMARY = "does the worm's wiring hold more mutual connections than chance? against rewired wirings"
SOURCES = ("Varshney et al. 2011, PLoS Comput Biol 7:e1001066 (worm connectome, built in)",)


@dataclass(frozen=True)
class Config(Options):
    """How many chance wirings."""

    draws: Annotated[int, AtLeast(2)] = 39
    """Rewired wirings; with fewer than 39 no verdict can be reached."""
