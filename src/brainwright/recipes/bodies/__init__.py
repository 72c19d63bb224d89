"""Does a wiring help to act? One wiring in many bodies, beside rewired ones and layers, by one trainer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from brainwright.experiment import AtLeast, Between, Options

SUMMARY = "a wiring in many bodies: beside rewired ones, layers of equal size, and with its part taken away"
SOURCES = (
    "Schulman et al. 2017, arXiv:1707.06347 (proximal policy optimisation)",
    "Engstrom et al. 2020, arXiv:2005.12729 (rewards in units of the spread of returns)",
    "Varshney et al. 2011, 10.1371/journal.pcbi.1001066 (the worm's wiring, built in)",
    "Winding et al. 2023, 10.1126/science.add9330 (the larva's, as another animal's)",
    "Towers et al. 2024, arXiv:2407.17032 (Gymnasium)",
)


@dataclass(frozen=True)
class Config(Options):
    """Which bodies, which wiring, how many brains."""

    env: tuple[str, ...] = ()
    """Bodies: ids of Gymnasium, or rooms, pong (of this library). Default: CartPole-v1, rooms, pong; with
    --full also Acrobot-v1 and Pendulum-v1."""
    wiring: Path | None = None
    """A wiring of your own in place of the worm's: a file (CSV, NPZ, MAT, ...), a saved folder or a data set.
    What it does not say (signs, pools "sensory" and "output") is drawn."""
    full: bool = False
    """39 rewired wirings, five bodies, random and another animal's wiring: a quarter of an hour
    of processor time, and can be resumed."""
    nulls: Annotated[int, AtLeast(0)] = 0
    """Rewired wirings. Default: 8, with which nothing is decided; with --full 39."""
    seeds: Annotated[int, Between(2, 90)] = 6
    """Brains of every other arm; with fewer than six nothing is decided."""
    steps: Annotated[int, AtLeast(0)] = 0
    """Of a body's life in which each brain is taught. Default: 12,000."""
