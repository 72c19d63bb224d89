"""`recur`: many steps of x <- phi(W x + b + drive) as one operation, for cells that keep nothing else.

Silent cells and cells without gradient are skipped, and nothing is kept but the states.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from brainwright.network.errors import NetworkError

from .product import SparseMatrix, as_arrays, in_rows

PHI = ("relu", "tanh", "identity")


def recur(
    matrix: SparseMatrix,
    drive: Float[Tensor, "times pool batch"],
    *,
    steps: int,
    pool: Int[np.ndarray, " pool"] | None = None,
    held: bool = True,
    bias: Float[Tensor, " cell"] | None = None,
    phi: str = "relu",
    read: Int[np.ndarray, " read"] | None = None,
) -> tuple[Float[Tensor, "steps read batch"], Float[Tensor, "cell batch"]]:
    """It returns the states of `steps` steps from rest, x = 0. Differentiable once in values, drive and bias.

    Args:
        matrix: square, of the numba back end, no ensemble.
        drive: one for each step; or a single one, for all steps (`held`) or for the first alone.
        steps: how many.
        pool: cells that are driven; all by default.
        held: see `drive`.
        bias: of each cell; none by default.
        phi: "relu", "tanh" or "identity".
        read: cells to show; all by default.

    Returns:
        the cells that were asked for, in every step, and all cells after the last.

    Raises:
        NetworkError: another back end, an ensemble, or shapes that do not fit.
    """
    pattern = matrix.pattern
    n = pattern.n_post
    pool = np.arange(n) if pool is None else np.asarray(pool)
    if matrix.backend != "numba" or matrix.values.ndim != 1 or pattern.n_pre != n:
        raise NetworkError("recur needs one square matrix of the numba back end")
    if phi not in PHI or drive.ndim != 3 or len(drive) not in (1, steps) or drive.shape[1] != len(pool):
        raise NetworkError(
            f"expected phi of {PHI} and a drive of shape (1 or {steps}, {len(pool)}, batch), "
            f"got {phi!r} and {tuple(drive.shape)}"
        )
    driven = np.full(n, -1, np.int32)
    driven[pool] = np.arange(len(pool), dtype=np.int32)
    plan = _Plan(matrix, steps, driven, pool, held or len(drive) > 1, phi, read)
    shown, last = _Recurrence.apply(matrix.values, bias, drive, plan)
    return shown, last


class _Plan:
    """The plan holds what does not train."""

    def __init__(self, matrix, steps, driven, pool, held, phi, read):
        self.pattern, self.by_post, self.steps = matrix.pattern, matrix.by_post, steps
        self.driven, self.held = driven, held
        every = len(pool) == len(driven) and bool((pool == np.arange(len(pool))).all())
        self.pool = slice(None) if every else torch.from_numpy(pool).long()  # all of them: no copy
        self.phi, self.rectify = phi, phi == "relu"
        self.read = None if read is None else torch.from_numpy(np.asarray(read)).long()

    def drive_of(self, drive: Tensor, t: int) -> Tensor | None:
        if t and not self.held:
            return None
        return drive[t] if len(drive) > 1 else drive[0]


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values, bias, drive, plan):
        ctx.set_materialize_grads(False)
        n, drive = plan.pattern.n_post, drive.contiguous()
        states = drive.new_empty(plan.steps, n, drive.shape[2])
        start, pre, _ = plan.pattern.by_post
        offset = np.zeros(n, states.numpy().dtype) if bias is None else bias.detach().numpy()
        live, nobody = np.zeros(n, bool), np.full(n, -1, np.int32)
        for t in range(plan.steps):
            arriving = plan.drive_of(drive, t)
            driven = nobody if arriving is None else plan.driven
            x, new, extra, value = as_arrays(
                states[t - 1], states[t], drive[0] if arriving is None else arriving, plan.by_post
            )
            alive = np.empty(n, bool)
            in_rows(
                "step",
                start,
                new.shape[1],
                start,
                pre,
                value,
                x,
                live,
                offset,
                extra,
                driven,
                plan.rectify,
                new,
                alive,
            )
            live = alive
            if plan.phi == "tanh":
                states[t].tanh_()
        ctx.plan, ctx.has_bias, ctx.times = plan, bias is not None, len(drive)
        last = states[-1].clone()
        shown = states if plan.read is None else states[:, plan.read]
        ctx.save_for_backward(values, states)
        return shown, last

    @staticmethod
    @once_differentiable
    def backward(ctx, g_shown, g_last):
        plan, (values, states) = ctx.plan, ctx.saved_tensors
        of_values, of_bias, of_drive = ctx.needs_input_grad[:3]
        kept = plan.steps if of_values or ctx.times > 1 else min(2, plan.steps)
        gz, live = states.new_empty(kept, *states.shape[1:]), np.zeros(states.shape[1], bool)
        summed = of_bias or (of_drive and ctx.times == 1 and plan.held)
        total = torch.zeros_like(states[0]) if summed else None
        for t in reversed(range(plan.steps)):
            g = _arriving(plan, gz[t % kept], g_shown, g_last, t)
            live = _one_back(plan, values, states[t], g, gz[(t + 1) % kept], live, total)
        gv = _entries(plan, states, gz) if of_values else None
        gd = None
        if of_drive and ctx.times > 1:
            gd = gz[:, plan.pool]
        elif of_drive:
            arrived = total if plan.held else gz[0]
            assert arrived is not None  # summed above
            gd = arrived[plan.pool][None]
        return gv, total.sum(1) if of_bias and total is not None else None, gd, None


def _arriving(plan: _Plan, g: Tensor, g_shown: Tensor | None, g_last: Tensor | None, t: int) -> Tensor:
    """It gathers what reaches the state of step t from outside, in place."""
    if g_shown is not None and plan.read is None:
        g.copy_(g_shown[t])
    else:
        g.zero_()
    if g_shown is not None and plan.read is not None:
        g.index_add_(0, plan.read, g_shown[t])
    if g_last is not None and t == plan.steps - 1:
        g += g_last
    return g


def _one_back(plan, values, x, g, later, live, total) -> np.ndarray:
    """`g` becomes the gradient of the sum of inputs of this step, and is added to a `total`."""
    start, post, place = plan.pattern.by_pre
    alive = np.empty(len(g), bool)
    value, gz, state, new = as_arrays(values, later, x, g)
    in_rows(
        "step_back", start, g.shape[1], start, post, place, value, gz, live, state, plan.rectify, new, alive
    )
    if plan.phi == "tanh":
        g.mul_(torch.addcmul(torch.ones((), dtype=x.dtype), x, x, value=-1))
    if total is not None:
        total += g
    return alive


def _entries(plan: _Plan, states: Tensor, gz: Tensor) -> Tensor:
    gv = states.new_zeros(1, plan.pattern.n_edges)
    start, post, place = plan.pattern.by_pre
    for t in range(1, plan.steps):
        h, gy, out = as_arrays(states[t - 1][None], gz[t][None], gv)
        in_rows("backward_entries", start, h.shape[2], start, post, place, h, gy, out)
    return gv[0]
