"""`SparseMatrix`: W h with gradients for h and for each entry of W, and never a dense W."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache, cached_property, partial
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
NARROW = 16
"""Samples up to which fetching rows costs more than the arithmetic: 16 float32 are one cache line."""
WORTH_A_THREAD = 2_000_000
"""Multiplications below which starting threads costs more than it saves: one or two milliseconds of one core,
where a thread takes some tens of microseconds to start.
"""


LARGE, LINE = 2**25, 64
"""Bytes from which the C library takes new memory for each array and gives it back, and those of a line."""
AT_ONCE = 256
"""Rows that a thread turns before it looks for more: whole vectors of them, and microseconds of work."""


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

    Example:
        >>> pattern = Pattern.of([0, 0, 1], [1, 2, 2], n_pre=2, n_post=3)
        >>> (SparseMatrix(pattern, torch.tensor([2.0, 3.0, 5.0])) @ torch.tensor([[1.0, 10.0]])).tolist()
        [[0.0, 2.0, 53.0]]
    """

    def __init__(self, pattern: Pattern, values: Float[Tensor, "*ensemble edge"], backend: str = "auto"):
        if values.shape[-1:] != (pattern.n_edges,) or values.ndim > 2:
            raise NetworkError(
                f"expected values of shape ({pattern.n_edges},) or (members, {pattern.n_edges}), "
                f"got {tuple(values.shape)}"
            )
        self.pattern, self.values = pattern, values
        self.backend = backend_for(backend, values)

    def __matmul__(self, h: Float[Tensor, "*batch pre"]) -> Float[Tensor, "*batch post"]:
        """It returns the product with cells last: `y[..., i] = sum over j of W[i, j] h[..., j]`.

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
        y = _Product.apply(value, cells_first, self)
        assert isinstance(y, Tensor)
        return y.reshape(*members, self.pattern.n_post, *samples).movedim(len(members), -1)

    @cached_property
    def by_post(self) -> Float[Tensor, "*ensemble edge"]:
        """These are the values in the order of the rows: gathered once, for many products."""
        place = self.pattern.by_post[2]
        held = self.values.detach()
        return held[..., torch.from_numpy(place)].contiguous() if place.size else held.contiguous()


def outer(
    pattern: Pattern,
    at_post: Float[Tensor, "*batch post"],
    at_pre: Float[Tensor, "*batch pre"],
    backend: str = "auto",
) -> Float[Tensor, " edge"]:
    """It returns the sum over samples of `at_post[..., post[e]] at_pre[..., pre[e]]` for each entry e, no
    other pair.

    Cells are the last axis, as in `SparseMatrix`; not differentiable.
    """
    post, pre = (x.detach().movedim(-1, 0).reshape(1, x.shape[-1], -1) for x in (at_post, at_pre))
    if post.shape[1:] != (pattern.n_post, pre.shape[2]) or pre.shape[1] != pattern.n_pre:
        raise NetworkError(
            f"expected (..., {pattern.n_post}) and (..., {pattern.n_pre}) of equal samples, "
            f"got {tuple(at_post.shape)} and {tuple(at_pre.shape)}"
        )
    if backend_for(backend, post) == "torch":
        return plain.backward_entries(pattern, pre, post)[0]
    unused = pre.new_empty(1, pattern.n_edges)
    entries = _numba_backward(pattern, unused, pre, post, True, False)[0]
    assert entries is not None
    return entries[0]


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value, h, matrix):
        pattern = matrix.pattern
        ctx.pattern, ctx.backend = pattern, matrix.backend
        ctx.save_for_backward(value, h)
        if matrix.backend == "torch":
            return plain.forward(pattern, value, h)
        h = laid_out(h)
        y = h.new_empty(h.shape[0], pattern.n_post, h.shape[2])
        if h.shape[2] <= NARROW:
            work = partial(kernel("scatter"), *pattern.by_pre, *as_arrays(value.contiguous(), h, y))
        else:
            by_post = matrix.by_post if matrix.values.ndim > 1 else matrix.by_post[None]
            work = partial(kernel("forward"), *pattern.by_post[:2], *as_arrays(by_post, h, y))
        in_rows(work, pattern.row_starts, len(h) * h.shape[2])
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, gy):
        value, h = ctx.saved_tensors
        of_value, of_state = ctx.needs_input_grad[:2]
        work = _torch_backward if ctx.backend == "torch" else _numba_backward
        gv, gh = work(ctx.pattern, value.detach(), h.detach(), gy, of_value, of_state)
        return gv, gh, None


def _torch_backward(pattern, value, h, gy, of_value, of_state):
    gv = plain.backward_entries(pattern, h, gy) if of_value else None
    return gv, (plain.backward_state(pattern, value, gy) if of_state else None)


def _numba_backward(pattern, value, h, gy, of_value, of_state):
    value, h, gy = value.contiguous(), laid_out(h), laid_out(gy)
    topology, samples = pattern.by_pre, len(h) * h.shape[2]
    gh = torch.empty_like(h) if of_state else None
    if gh is not None and of_value and h.shape[2] <= NARROW:
        gv = _fresh(value)
        work = partial(kernel("backward_narrow"), *topology, *as_arrays(value, h, gy, gh, gv))
        in_rows(work, topology[0], samples)
        return gv, gh
    if gh is not None:
        in_rows(partial(kernel("backward_state"), *topology, *as_arrays(value, gy, gh)), topology[0], samples)
    gv = torch.zeros_like(value) if of_value else None
    if gv is not None:
        in_rows(partial(kernel("backward_entries"), *topology, *as_arrays(h, gy, gv)), topology[0], samples)
    return gv, gh


def _fresh(like: Tensor) -> Tensor:
    """An empty tensor of this shape. A large one is new memory each time, for which NumPy asks for pages of
    2 MB where there are any: first touched in pages of 4 kB it costs a quarter of the backward walk.
    """
    if like.numel() * like.itemsize < LARGE:
        return torch.empty_like(like)
    spare = LINE // like.itemsize  # torch begins its tensors with a line of memory, NumPy within one
    held = np.empty(like.numel() + spare, like.detach().numpy().dtype)
    begin = -held.ctypes.data % LINE // like.itemsize
    return torch.from_numpy(held[begin : begin + like.numel()]).view(like.shape)


def laid_out(x: Float[Tensor, "member row column"]) -> Float[Tensor, "member row column"]:
    """The same tensor with its columns contiguous in memory, as `contiguous` has it; where its rows are, in
    half the time or less.
    """
    if x.is_contiguous() or not x.mT.is_contiguous() or backend_for("auto", x) == "torch":
        return x.contiguous()
    from .turning import turn  # compiled when it is first used

    found = x.new_empty(x.shape)
    source, out = as_arrays(x.mT, found)
    members, n, columns = x.shape
    parts = -(-n // AT_ONCE)

    def work(first: int, last: int) -> None:
        for part in range(first, last):
            m, at = divmod(part, parts)
            turn(source[m], out[m], at * AT_ONCE, min(n, (at + 1) * AT_ONCE))

    in_rows(work, np.arange(members * parts + 1), AT_ONCE * columns)
    return found


def as_arrays(*tensors: Tensor) -> list[np.ndarray]:
    """The arrays are views of the same memory."""
    return [tensor.detach().numpy() for tensor in tensors]


def in_rows(work: Callable[[int, int], object], start: np.ndarray, samples: int) -> None:
    """It does `work(first, last)` for all rows, of which `start` says where their entries begin, in as many
    threads as torch may use where that is worth it.
    """
    n_rows, threads = start.size - 1, _threads(int(start[-1]) * samples)
    if threads == 1:
        work(0, n_rows)
        return
    cuts = np.searchsorted(start, np.linspace(0, start[-1], threads + 1)[1:-1])
    own, *others = pairwise([0, *np.clip(cuts, 0, n_rows).tolist(), n_rows])
    pool = _helpers(threads - 1, os.getpid())
    parts = [pool.submit(work, *rows) for rows in others]
    try:
        work(*own)  # this thread would only wait
    finally:
        wait(parts)  # they write into arrays that are the caller's
    for part in parts:
        part.result()


@cache
def _helpers(threads: int, process: int) -> ThreadPoolExecutor:
    """Threads that stay: started anew they cost 80 microseconds a call, where half a step of 110,000 entries
    and 64 samples takes 280. A forked process has none of its parent's and makes its own.
    """
    return ThreadPoolExecutor(threads, "sparse")


def kernel(name: str) -> Callable:
    """A compiled loop by its name."""
    from . import kernels  # compiled when it is first used

    return getattr(kernels, name)


def _threads(multiplications: int) -> int:
    return torch.get_num_threads() if multiplications >= WORTH_A_THREAD else 1


def backend_for(backend: str, values: Tensor) -> str:
    """The back end that "auto" or a name means for such values. Raises `NetworkError`."""
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
