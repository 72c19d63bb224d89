"""More brain: virtual neurons beside a network that is too small, and whether the wrong rule fails."""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import Between, Options

SUMMARY = "virtual neurons beside a network too small for its task: must their learning rule be the host's?"
SOURCES = (
    "Rumelhart, Hinton & Williams 1986, Nature 323:533 (backpropagation)",
    "Lillicrap et al. 2016, Nat Commun 7:13276 (feedback alignment)",
    "Nøkland 2016, NeurIPS, arXiv:1609.01596 (direct feedback alignment)",
    "Akrout et al. 2019, NeurIPS, arXiv:1904.05391 (weights that mirror each other: Kolen & Pollack 1994)",
    "Whittington & Bogacz 2017, Neural Comput 29:1229 (predictive coding)",
    "Fiete & Seung 2006, Phys Rev Lett 97:048104 (node perturbation)",
    "Oja 1982, J Math Biol 15:267 (Hebbian rule that stays bounded)",
    "Bryan, Jiang & Rao 2022, arXiv:2210.11478 (a network beside a lesioned one, through which it learns)",
    "Varshney et al. 2011, PLoS Comput Biol 7:e1001066 (worm connectome, built in)",
    "All networks are simulated; the task and the matrix of host rule and graft rule are brainwright's own.",
)


@dataclass(frozen=True)
class Config(Options):
    """How many networks, and how much is asked. Other seeds are other networks and other tasks."""

    seeds: Annotated[int, Between(2, 900)] = 10  # from there on they would be those of the next seed
    """Networks per cell of the matrix, each with its own task; with fewer than six nothing is decided."""
    updates: Annotated[int, Between(20, 100_000)] = 1_300
    """Batches that hosts, and grafts that grow up with them, learn from. The margins are meant for the
    default.
    """
    full: bool = False
    """Also what takes longer: narrow grafts, grafts on finished hosts of every rule, mass up to nine times
    the network, more time in place of more mass, a task over time, the worm's wiring.
    """
    hosts: tuple[str, ...] = ()
    """Host rules in the rows: of BP, FA, DFA, KP, PC, NP, Hebb. Default: all in the first matrix, BP and FA
    in that of finished hosts (with --full all but PC and Hebb).
    """
    studies: tuple[str, ...] = ()
    """Some questions alone, by the names that the report gives them, such as early, "early narrow", late;
    without early there is no verdict. Default: all.
    """
