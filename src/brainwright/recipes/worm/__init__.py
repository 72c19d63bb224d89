"""Does a worm find food and swim with its own wiring, and is it the wiring that does it?"""

from dataclasses import dataclass
from typing import Annotated, Literal

from brainwright.experiment import AtLeast, Between, Options

SUMMARY = (
    "a worm follows a smell, and swims, with its own wiring: beside rewired ones, and with parts taken away"
)
SOURCES = (
    "Izquierdo & Lockery 2010, 10.1523/JNEUROSCI.2606-10.2010 (klinotaxis of a point worm)",
    "Izquierdo & Beer 2013, 10.1371/journal.pcbi.1002890 (the circuit ASE-AIY-AIZ-SMB)",
    "Cook et al. 2019, 10.1038/s41586-019-1352-7 (the wiring)",
    "Winding et al. 2023, 10.1126/science.add9330 (the larva's, as another animal's)",
    "Gray & Hancock 1955, J Exp Biol 32:802 (resistive-force theory)",
    "Bhattasali, Zador & Engel 2022, arXiv:2201.05242 (NCAP)",
    "Williams & Peng 1990, 10.1162/neco.1990.2.4.490 (truncated backpropagation through time)",
)


@dataclass(frozen=True)
class Config(Options):
    """Which wiring, with how many brains, and how many rewired ones."""

    parts: tuple[Literal["plate", "swim", "circuits", "rewirings"], ...] = ()
    """Some questions alone; the verdict is that of the plate. Default: plate and swim."""
    wiring: str = ""
    """Of a worm with cells of these names; celegans/cook2019 (302 cells) where its files are here, else the
    built-in celegans/varshney2011."""
    seeds: Annotated[int, Between(2, 90)] = 6
    """Brains of every arm, taught with headings of their own; with fewer than six nothing is decided."""
    nulls: Annotated[int, AtLeast(0)] = 0
    """Rewired wirings that the real one is ranked among: 39 decide, fewer do not, and double the time."""
    circuits: Annotated[int, AtLeast(0)] = 0
    """Random circuits of as many edges as the small one of twelve cells: 20 describe it."""
    starts: Annotated[int, AtLeast(1)] = 3
    """Times that every brain on the plate begins to learn, in every arm and null alike; the one that was paid
    most while it learned goes on."""
