"""What a network is asked for: a loss of its trajectory, in named parts."""

from .loss import Batch, Loss, Objective, PerSample
from .supervised import Classification, Regression

__all__ = ["Batch", "Classification", "Loss", "Objective", "PerSample", "Regression"]
