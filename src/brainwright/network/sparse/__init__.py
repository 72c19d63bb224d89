"""Products of a sparse matrix with fixed topology and trainable entries, differentiable in both."""

from .pattern import Pattern
from .product import BACKENDS, SparseMatrix, outer
from .recurrence import recur

__all__ = ["BACKENDS", "Pattern", "SparseMatrix", "outer", "recur"]
