"""The topology of a sparse matrix: which presynaptic cell meets which postsynaptic one, in both orders."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from brainwright.network.errors import NetworkError
from brainwright.signal.native import native


class PatternTensors(NamedTuple):
    """The tensors are what `Pattern` holds."""

    pre: Int[Tensor, " edge"]
    post: Int[Tensor, " edge"]
    by_pre: tuple[Tensor, Tensor, Tensor]
    by_post: tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class Pattern:
    """Positions of the entries of W (post × pre), without their values.

    Entries are kept in the order in which they came, and values follow that order; the fastest order is by
    (pre, post), that of `Connectome.edges`. Repeated pairs are allowed and add up.

    Args:
        pre: int32 [edge], column of each entry, within [0, n_pre).
        post: int32 [edge], row of each entry, within [0, n_post).
        n_pre, n_post: numbers of columns and rows.

    Raises:
        NetworkError: indices outside the matrix, or arrays of unequal length.
    """

    pre: np.ndarray
    post: np.ndarray
    n_pre: int
    n_post: int

    def __post_init__(self) -> None:
        for name in ("pre", "post"):
            object.__setattr__(self, name, native(getattr(self, name)))
        if self.pre.ndim != 1 or self.pre.shape != self.post.shape:
            raise NetworkError(
                f"expected pre and post of equal length, got shapes {self.pre.shape} and {self.post.shape}"
            )
        for name, index, n in (("pre", self.pre, self.n_pre), ("post", self.post, self.n_post)):
            if index.size and not (index.min() >= 0 and index.max() < n):
                raise NetworkError(
                    f"expected {name} within [0, {n}), got {index.min()}..{index.max()}; "
                    "matrices are post × pre"
                )

    @classmethod
    def of(cls, pre, post, n_pre: int, n_post: int) -> "Pattern":
        """A pattern is made from anything array-like (NumPy, lists, tensors)."""
        pre, post = (np.ascontiguousarray(np.asarray(index), np.int32) for index in (pre, post))
        return cls(pre, post, int(n_pre), int(n_post))

    @property
    def n_edges(self) -> int:
        """The number is that of the entries."""
        return int(self.pre.size)

    @cached_property
    def by_pre(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The entries are compressed by column: int32 start of each column, row of each entry, place of each
        in the given order (empty where that is this order already).
        """
        return _compressed(_starts(self.pre, self.n_pre), self.pre, self.post)

    @cached_property
    def by_post(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The entries are compressed by row: int32 start of each row, column of each entry, place of each in
        the given order (empty where that is this order already).
        """
        return _compressed(self.row_starts, self.post, self.pre)

    @cached_property
    def row_starts(self) -> np.ndarray:
        """int32 start of each row, as in `by_post`, without the order of the entries."""
        return _starts(self.post, self.n_post)

    @cached_property
    def transposed(self) -> "Pattern":
        """Rows and columns exchanged; entries keep their order."""
        return Pattern(self.post, self.pre, self.n_post, self.n_pre)

    def tensors(self, device: torch.device) -> "PatternTensors":
        """It returns the same positions as tensors on a device; copied there once."""
        held = self.__dict__.setdefault("_tensors", {})
        if device not in held:
            held[device] = PatternTensors(
                *(torch.as_tensor(index, device=device).long() for index in (self.pre, self.post)),
                _on(self.by_pre, device),
                _on(self.by_post, device),
            )
        return held[device]

    def dense(self, values: Float[Tensor, "*ensemble edge"]) -> Float[Tensor, "*ensemble post pre"]:
        """It returns the matrix written out, differentiable: for small networks and for tests."""
        flat = torch.as_tensor(self.post.astype(np.int64) * self.n_pre + self.pre, device=values.device)
        empty = values.new_zeros(*values.shape[:-1], self.n_post * self.n_pre)
        return empty.index_add(-1, flat, values).unflatten(-1, (self.n_post, self.n_pre))


def _on(compressed: tuple[np.ndarray, ...], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    start, column, place = (torch.as_tensor(array, device=device) for array in compressed)
    return start, column, place.long() if len(place) else torch.arange(len(column), device=device)


def _starts(row: np.ndarray, n_rows: int) -> np.ndarray:
    start = np.zeros(n_rows + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=n_rows), out=start[1:])
    return start


def _compressed(start: np.ndarray, row: np.ndarray, column: np.ndarray):
    """Entries sorted by (row, column); where they are sorted already nothing is made but the starts."""
    if ((row[1:] > row[:-1]) | ((row[1:] == row[:-1]) & (column[1:] >= column[:-1]))).all():
        return start, np.ascontiguousarray(column), np.empty(0, np.int32)
    if (column[1:] >= column[:-1]).all():  # the usual case: a stable sort by row is enough, and faster
        place = np.argsort(row, kind="stable").astype(np.int32)
    else:
        place = np.lexsort((column, row)).astype(np.int32)
    return start, np.ascontiguousarray(column[place]), place
