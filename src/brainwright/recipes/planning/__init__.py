"""Planning by what is wanted, by a model of one's own, and by what is expected, in worlds that are known."""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import AtLeast, Between, Options

SUMMARY = "planning by clamping the wanted return, by a learned model, and by expected free energy"
SOURCES = (
    "Janner et al. 2022, arXiv:2205.09991 (planning by conditioning a model of what was done)",
    "Emmons et al. 2022, arXiv:2112.10751 (return-filtered cloning as the baseline of conditioning)",
    "Sutton 1990, 10.1016/B978-1-55860-141-3.50030-4 (imagined steps from a learned model)",
    "van Seijen & Sutton 2015, ICML 37:1055 (replay as a model)",
    "Friston et al. 2015, 10.1080/17588928.2015.1020053 (expected free energy in a T-maze)",
    "Friston, Thornton & Clark 2012, 10.3389/fpsyg.2012.00130 (the dark room)",
    "Towers et al. 2024, arXiv:2407.17032 (FrozenLake and CliffWalking of Gymnasium, made again as tables)",
)


@dataclass(frozen=True)
class Config(Options):
    """How many runs, and how much each has watched."""

    runs: Annotated[int, Between(2, 900)] = 10  # from there on they would be those of the next seed
    """Runs of every arm; with fewer than six nothing is decided."""
    episodes: Annotated[int, AtLeast(20)] = 300
    """Of behaviour that a planner has watched, in each world."""
    updates: Annotated[int, AtLeast(10)] = 250
    """Of every any-subset model."""
