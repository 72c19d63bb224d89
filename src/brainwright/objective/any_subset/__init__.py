"""Any of its variables from any others: one network, three routes, and how good the answers are."""

from .checking import check_any_subset
from .diffusion import Denoiser
from .exact import Exact, Gaussian, Ising, Mixture
from .families import HELD_OUT, SHARES, TRAINED, Bernoulli, Family, Groups, groups
from .grid import GRID, score_grid
from .heads import Heads
from .model import AnySubset, LogProb
from .networks import MLP, Blankets, Compiled, Settling, Transformer
from .sleep import answered, asleep
from .spiking import SpikingSampler
from .together import fit_together
from .variables import AnySubsetError, Variable, Variables, read_variables

__all__ = [
    "GRID",
    "HELD_OUT",
    "MLP",
    "SHARES",
    "TRAINED",
    "AnySubset",
    "AnySubsetError",
    "Bernoulli",
    "Blankets",
    "Compiled",
    "Denoiser",
    "Exact",
    "Family",
    "Gaussian",
    "Groups",
    "Heads",
    "Ising",
    "LogProb",
    "Mixture",
    "Settling",
    "SpikingSampler",
    "Transformer",
    "Variable",
    "Variables",
    "answered",
    "asleep",
    "check_any_subset",
    "fit_together",
    "groups",
    "read_variables",
    "score_grid",
]
