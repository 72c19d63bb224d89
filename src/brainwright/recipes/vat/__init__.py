"""A vat of brains that teach one another by predicting each other."""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import AtLeast, Between, Options

SUMMARY = "a vat of brains, each of which knows a third of a rule, teach one another by predicting each other"
SOURCES = (
    "Bryan, Jiang & Rao 2022, arXiv:2210.11478 (gradients through an emulator into stimulation)",
    "Chao, Bakkum & Potter 2008, PLoS Comput Biol 4:e1000042 (spiking culture with STDP and depression)",
    "Bakkum, Chao & Potter 2008, J Neural Eng 5:310 (yoked replay as the sham of closed-loop training)",
    "Watts & Strogatz 1998, Nature 393:440 (small worlds)",
    "Efron 1987, J Am Stat Assoc 82:171 (bootstrap intervals)",
    "Schuirmann 1987, J Pharmacokinet Biopharm 15:657 (equivalence by two one-sided tests)",
    "The tissue is simulated.",
)


@dataclass(frozen=True)
class Config(Options):
    """How many brains in how many vats, and who hears whom. Vats are the unit: brains of one vat agree."""

    quick: bool = False
    """A small run that ends within 45 seconds: to see that all works, not to measure."""
    vats: Annotated[int, Between(1, 64)] = 8
    """Vats, each with a rule of its own; with fewer than six nothing is decided."""
    brains: Annotated[int | None, Between(3, 1_000)] = None
    """Brains of each vat; default: 12, or as many as the graph has cells."""
    graph: str = "all"
    """Who hears whom: all (everybody everybody), ring, small-world, or a wiring: the name of a data set, or a
    CSV file of edges; each cell is a brain, and hears the cells that have synapses on it."""
    together: Annotated[int, AtLeast(20)] = 300
    """Symbols, heard by all, in which brains learn from one another."""
    gradient_steps: Annotated[int, AtLeast(0)] = 2
    """Gradient steps on every emulator per symbol."""
    few: bool = False
    """Only the arms that the verdict needs, with the oracle: for large vats."""
    one_brain: bool = False
    """Extra: for each vat one brain with all its cells and all its lessons, which takes longer than all
    else."""
    lesion: bool = False
    """Extra: a third of the brains of taught vats lose their synapses; and vats that lost all teachers of a
    part."""
    chain: Annotated[int, Between(0, 20)] = 0
    """Extra: so many generations, each taught by the one before it alone."""
