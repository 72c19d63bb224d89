"""`SparseMatrix`: W h with gradients for h and for each entry of W, and never a dense W."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from brainwright.network.errors import NetworkError

from . import plain
from .pattern import Pattern

BACKENDS = ("auto", "numba", "torch")
WORTH_A_THREAD = 2_000_000  # multiplications below which starting threads costs more than it saves


class SparseMatrix:
    """A sparse matrix, or an ensemble of matrices of one topology, to multiply states with.

    Differentiable once, in the values and in the state. Forward and backward cost O(edges × samples) and no
    more memory than the state and one row of values. Results do not depend on the number of threads.

    Args:
        pattern: topology.
        values: [edge], or [member, edge] for an ensemble; float32 or float64 (the numba back end), any
            floating type of torch (the torch back end).
        backend: "numba" (CPU), "torch" (any device), or "auto": numba where the values lie on the CPU and
            numba can be imported.

    Raises:
        NetworkError: values that do not fit the pattern, an unknown back end, or numba off the CPU.
    """

    def __init__(self, pattern: Pattern, values: Float[Tensor, "*ensemble edge"], backend: str = "auto"):
        if values.shape[-1:] != (pattern.n_edges,) or values.ndim > 2:
            raise NetworkError(
                f"expected values of shape ({pattern.n_edges},) or (members, {pattern.n_edges}), "
                f"got {tuple(values.shape)}"
            )
        self.pattern, self.values = pattern, values
        self.backend = _chosen(backend, values)
        self._by_post = _gathered(pattern, values) if self.backend == "numba" else values.detach()

    def __matmul__(self, h: Float[Tensor, "*batch pre"]) -> Float[Tensor, "*batch post"]:
        """The product with cells last: `y[..., i] = sum over j of W[i, j] h[..., j]`.

        With an ensemble the first axis of `h` is that of the ensemble. The result is stored cells first,
        samples contiguous (a transposed view); states that keep that order are multiplied without a copy.
        """
        members = self.values.shape[:-1]
        if h.shape[-1] != self.pattern.n_pre or h.shape[: len(members)] != members or h.ndim < 1:
            wanted = ", ".join([*map(str, members), "...", str(self.pattern.n_pre)])
            raise NetworkError(
                f"expected a state of shape ({wanted}), got {tuple(h.shape)}; cells are the last axis"
            )
        if h.dtype != self.values.dtype:
            raise NetworkError(f"expected a state of {self.values.dtype} like the values, got {h.dtype}")
        samples = h.shape[len(members) : -1]
        cells_first = h.movedim(-1, len(members)).reshape(*(members or (1,)), h.shape[-1], samples.numel())
        value = self.values if members else self.values[None]
        by_post = self._by_post if members else self._by_post[None]
        y = _Product.apply(value, cells_first, by_post, self.pattern, self.backend)
        assert isinstance(y, Tensor)
        return y.reshape(*members, self.pattern.n_post, *samples).movedim(len(members), -1)


def outer(
    pattern: Pattern,
    at_post: Float[Tensor, "*batch post"],
    at_pre: Float[Tensor, "*batch pre"],
    backend: str = "auto",
) -> Float[Tensor, " edge"]:
    """Sum over samples of `at_post[..., post[e]] at_pre[..., pre[e]]` for each entry e, no other pair.

    Cells are the last axis, as in `SparseMatrix`; not differentiable.
    """
    post, pre = (x.detach().movedim(-1, 0).reshape(1, x.shape[-1], -1) for x in (at_post, at_pre))
    if post.shape[1:] != (pattern.n_post, pre.shape[2]) or pre.shape[1] != pattern.n_pre:
        raise NetworkError(
            f"expected (..., {pattern.n_post}) and (..., {pattern.n_pre}) of equal samples, "
            f"got {tuple(at_post.shape)} and {tuple(at_pre.shape)}"
        )
    if _chosen(backend, post) == "torch":
        return plain.backward_entries(pattern, pre, post)[0]
    unused = pre.new_empty(1, pattern.n_edges)
    entries = _numba_backward(pattern, unused, pre, post, True, False)[0]
    assert entries is not None
    return entries[0]


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value, h, by_post, pattern, backend):
        ctx.pattern, ctx.backend = pattern, backend
        ctx.save_for_backward(value, h)
        if backend == "torch":
            return plain.forward(pattern, value, h)
        from . import kernels

        h = h.contiguous()
        y = h.new_empty(h.shape[0], pattern.n_post, h.shape[2])
        start, pre, _ = pattern.by_post
        _in_rows(kernels.forward, start, h.shape, pattern, start, pre, *_arrays(by_post, h, y))
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, gy):
        value, h = ctx.saved_tensors
        of_value, of_state = ctx.needs_input_grad[:2]
        work = _torch_backward if ctx.backend == "torch" else _numba_backward
        gv, gh = work(ctx.pattern, value.detach(), h.detach(), gy, of_value, of_state)
        return gv, gh, None, None, None


def _torch_backward(pattern, value, h, gy, of_value, of_state):
    gv = plain.backward_entries(pattern, h, gy) if of_value else None
    return gv, (plain.backward_state(pattern, value, gy) if of_state else None)


def _numba_backward(pattern, value, h, gy, of_value, of_state):
    from . import kernels

    value, h, gy = value.contiguous(), h.contiguous(), gy.contiguous()
    gh, gv = (torch.empty_like(x) if wanted else None for x, wanted in ((h, of_state), (value, of_value)))
    topology = pattern.by_pre
    if of_value and of_state:
        kernel, tensors = kernels.backward, (value, h, gy, gh, gv)
    elif of_state:
        kernel, tensors = kernels.backward_state, (value, gy, gh)
    else:
        kernel, tensors = kernels.backward_entries, (h, gy, gv)
    _in_rows(kernel, topology[0], h.shape, pattern, *topology, *_arrays(*tensors))
    return gv, gh


def _arrays(*tensors: Tensor | None) -> list[np.ndarray]:
    return [tensor.detach().numpy() for tensor in tensors if tensor is not None]


def _in_rows(kernel: Callable, start: np.ndarray, shape: torch.Size, pattern: Pattern, *arguments) -> None:
    """Runs a kernel over all rows, in as many threads as torch may use where the work is worth it."""
    n_rows, threads = start.size - 1, torch.get_num_threads()
    if threads == 1 or pattern.n_edges * shape[0] * shape[2] < WORTH_A_THREAD:
        kernel(*arguments, 0, n_rows)
        return
    cuts = np.searchsorted(start, np.linspace(0, pattern.n_edges, threads + 1)[1:-1])
    bounds = [0, *np.clip(cuts, 0, n_rows).tolist(), n_rows]
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(kernel, *arguments, a, b) for a, b in pairwise(bounds)]:
            done.result()


def _gathered(pattern: Pattern, values: Tensor) -> Tensor:
    """Values in the order of the rows: gathered once, for many products."""
    return values.detach()[..., torch.from_numpy(pattern.by_post[2])].contiguous()


def _chosen(backend: str, values: Tensor) -> str:
    if backend not in BACKENDS:
        raise NetworkError(f"expected backend to be one of {', '.join(BACKENDS)}, got {backend!r}")
    able = values.device.type == "cpu" and values.dtype in (torch.float32, torch.float64)
    if backend == "numba" and not able:
        raise NetworkError(
            f"expected float32 or float64 values on the CPU for numba, got {values.dtype} on "
            f"{values.device}: pass backend='torch'"
        )
    if backend == "auto":
        return "numba" if able and _has_numba() else "torch"
    return backend


def _has_numba() -> bool:
    import importlib.util

    return importlib.util.find_spec("numba") is not None
