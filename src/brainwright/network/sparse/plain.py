"""The same products in plain torch: reference, fallback without numba, and the path for other devices."""

import warnings

import torch
from jaxtyping import Float
from torch import Tensor

from .pattern import Pattern

CHUNK = 8_192
"""Entries whose two sides are gathered at once for the gradient: bounds the memory to two such rows of
samples (8 MB for 128 samples in float32), changes no figure.
"""


def forward(
    pattern: Pattern, value: Float[Tensor, "m edge"], h: Float[Tensor, "m pre sample"]
) -> Float[Tensor, "m post sample"]:
    """y = W h for each member of the ensemble."""
    return _products(pattern.tensors(h.device).by_post, (pattern.n_post, pattern.n_pre), value, h)


def backward_state(
    pattern: Pattern, value: Float[Tensor, "m edge"], gy: Float[Tensor, "m post sample"]
) -> Float[Tensor, "m pre sample"]:
    """gh = W^T gy for each member of the ensemble."""
    return _products(pattern.tensors(gy.device).by_pre, (pattern.n_pre, pattern.n_post), value, gy)


def backward_entries(
    pattern: Pattern, h: Float[Tensor, "m pre sample"], gy: Float[Tensor, "m post sample"]
) -> Float[Tensor, "m edge"]:
    """gv[e] = <gy[post[e]], h[pre[e]]>, never a dense matrix."""
    index = pattern.tensors(h.device)
    chunks = zip(index.pre.split(CHUNK), index.post.split(CHUNK), strict=True)
    parts = [(gy[:, rows] * h[:, columns]).sum(-1) for columns, rows in chunks]
    return torch.cat(parts, dim=1) if parts else h.new_zeros(h.shape[0], 0)


def _products(compressed, shape: tuple[int, int], value: Tensor, x: Tensor) -> Tensor:
    start, column, place = compressed
    members = []
    for entries, state in zip(value, x, strict=True):
        sorted_entries = entries[place]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
            matrix = torch.sparse_csr_tensor(start, column, sorted_entries, shape, check_invariants=False)
        members.append(matrix @ state.contiguous())
    return torch.stack(members)
