"""Any of its variables from any others: one network, three routes, and how good the answers are."""

from .checking import check_any_subset
from .exact import Exact, Gaussian, Ising
from .families import HELD_OUT, SHARES, TRAINED, Bernoulli, Family, Groups, groups
from .heads import Heads
from .model import AnySubset, LogProb
from .networks import MLP, Compiled, Settling, Transformer
from .variables import AnySubsetError, Variable, Variables

__all__ = [
    "HELD_OUT",
    "MLP",
    "SHARES",
    "TRAINED",
    "AnySubset",
    "AnySubsetError",
    "Bernoulli",
    "Compiled",
    "Exact",
    "Family",
    "Gaussian",
    "Groups",
    "Heads",
    "Ising",
    "LogProb",
    "Settling",
    "Transformer",
    "Variable",
    "Variables",
    "check_any_subset",
    "groups",
]
