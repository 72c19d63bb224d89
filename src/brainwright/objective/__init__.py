"""What a network is asked for: a loss of its trajectory, in named parts."""

from . import collapse
from .any_subset import AnySubset, check_any_subset
from .checking import check_objective
from .goodness import Goodness
from .loss import Batch, Loss, Objective, PerSample
from .next_embedding import DelayLine, InfoNCE, LayerLocal, MovingAverage, NextEmbedding, SIGReg, VICReg
from .supervised import Classification, OneHot, Regression, Sigmoids

__all__ = [
    "AnySubset",
    "Batch",
    "Classification",
    "DelayLine",
    "Goodness",
    "InfoNCE",
    "LayerLocal",
    "Loss",
    "MovingAverage",
    "NextEmbedding",
    "Objective",
    "OneHot",
    "PerSample",
    "Regression",
    "SIGReg",
    "Sigmoids",
    "VICReg",
    "check_any_subset",
    "check_objective",
    "collapse",
]
