"""What a network is asked for: a loss of its trajectory, in named parts."""

from .any_subset import AnySubset, check_any_subset
from .goodness import Goodness
from .loss import Batch, Loss, Objective, PerSample
from .supervised import Classification, OneHot, Regression, Sigmoids

__all__ = [
    "AnySubset",
    "Batch",
    "Classification",
    "Goodness",
    "Loss",
    "Objective",
    "OneHot",
    "PerSample",
    "Regression",
    "Sigmoids",
    "check_any_subset",
]
