"""`recur`: many steps of x <- phi(W x + b + drive) as one operation, for cells that keep nothing else.

Silent cells and cells without gradient are skipped, and nothing is kept but the states.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from brainwright.network.errors import NetworkError

from .product import SparseMatrix, as_arrays, in_rows, kernel

PHI = ("identity", "tanh", "relu")
"""In the order of their numbers in the kernels."""
SERIAL = 2**14
"""Elements that torch certainly treats in the thread that asks for it: half of what it divides."""


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
        self.every = len(pool) == len(driven) and bool((pool == np.arange(len(pool))).all())
        self.pool = slice(None) if self.every else torch.from_numpy(pool).long()  # all of them: no copy
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
        n = plan.pattern.n_post
        by_sample = plan.every and not drive.is_contiguous() and drive.mT.is_contiguous()
        drive = drive.detach().mT if by_sample else drive.contiguous()
        samples = drive.shape[1 if by_sample else 2]
        states = drive.new_empty(plan.steps, n, samples)
        start, pre, _ = plan.pattern.by_post
        offset = np.zeros(n, states.numpy().dtype) if bias is None else bias.detach().numpy()
        live, nobody = np.zeros(n, bool), np.full(n, -1, np.int32)
        nothing = states.new_empty(0, 0)
        for t in range(plan.steps):
            arriving = plan.drive_of(drive, t)
            driven = nobody if arriving is None else plan.driven
            turned = arriving if by_sample else None
            extra = nothing if arriving is None or by_sample else arriving
            x, new, extra, value = as_arrays(states[t - 1], states[t], extra, plan.by_post)
            alive = np.empty(n, bool)
            given = start, pre, value, x, live, offset, extra, driven, plan.rectify, new, alive
            work = _Step(given, states[t], turned, plan.phi == "tanh")
            in_rows(work, start, samples)
            live = alive
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
        steps, n, samples = states.shape
        dots = _products_of_steps(plan, states) if of_values else None
        kept = steps if (of_values and dots is None) or ctx.times > 1 else min(2, steps)
        gz, live = states.new_empty(kept, n, samples), np.zeros(n, bool)
        summed = of_bias or (of_drive and ctx.times == 1 and plan.held)
        total = states.new_zeros(n, samples) if summed else None
        start, post, place = plan.pattern.by_pre
        value = values[torch.from_numpy(place)] if place.size else values
        nothing = states.new_empty(0)  # stands for what nobody asks for
        for t in reversed(range(steps)):
            g, later = gz[t % kept], gz[(t + 1) % kept]
            arriving, turned = _arriving(plan, g, g_shown, g_last, t)
            products = nothing if dots is None or t == steps - 1 else dots[t]
            v, gl, x, reaches, new, all_, out = as_arrays(
                value,
                later,
                states[t],
                nothing[None] if arriving is None else arriving,
                g,
                nothing[None] if total is None else total,
                products,
            )
            alive = np.empty(n, bool)
            given = start, post, v, gl, live, x, reaches, PHI.index(plan.phi), new, all_, out, alive
            in_rows(_StepBack(given, g, turned), start, samples)
            live = alive
        gv = _entries(plan, states, gz, dots) if of_values else None
        gd = None
        if of_drive and ctx.times > 1:
            gd = gz[:, plan.pool]
        elif of_drive:
            arrived = total if plan.held else gz[0]
            assert arrived is not None  # summed above
            gd = arrived[plan.pool][None]
        return gv, total.sum(1) if of_bias and total is not None else None, gd, None


class _Step(NamedTuple):
    """A step of some rows: their drive turned where it comes by sample, their sums, and tanh of them while
    they are near.
    """

    given: tuple
    new: Tensor
    turned: Tensor | None
    curved: bool

    def __call__(self, first: int, last: int) -> None:
        _turn(self.turned, self.new, first, last)
        kernel("step")(*self.given, first, last)
        if self.curved:
            rows = self.new[first:last]
            whole = len(rows) == len(self.new)
            for part in rows.split(len(rows) if whole else max(1, SERIAL // max(1, rows.shape[1]))):
                part.tanh_()


class _StepBack(NamedTuple):
    """A step back of some rows."""

    given: tuple
    g: Tensor
    turned: Tensor | None

    def __call__(self, first: int, last: int) -> None:
        _turn(self.turned, self.g, first, last)
        kernel("step_back")(*self.given, first, last)


def _turn(by_sample: Tensor | None, out: Tensor, first: int, last: int) -> None:
    if by_sample is not None:
        from .turning import turn  # compiled when it is first used

        turn(*as_arrays(by_sample, out), first, last)


def _products_of_steps(plan: _Plan, states: Tensor) -> Tensor | None:
    """Room for what each entry gains in each step, which the walk back finds on its way, from the last step
    to the first, and which must be added from the first to the last; None where it would be larger than the
    states.
    """
    if plan.pattern.n_edges > states[0].numel():
        return None
    return states.new_empty(plan.steps - 1, plan.pattern.n_edges)


def _arriving(
    plan: _Plan, g: Tensor, g_shown: Tensor | None, g_last: Tensor | None, t: int
) -> tuple[Tensor | None, Tensor | None]:
    """What reaches the state of step t from outside: where it lies, by cell or by sample, or gathered in `g`
    (None, None).
    """
    ends = g_last is not None and t == plan.steps - 1
    if g_shown is not None and plan.read is None and not ends:
        if g_shown[t].is_contiguous():
            return g_shown[t], None
        if g_shown[t].mT.is_contiguous():
            return None, g_shown[t].mT
    if g_shown is not None and plan.read is None:
        g.copy_(g_shown[t])
    else:
        g.zero_()
    if g_shown is not None and plan.read is not None:
        g.index_add_(0, plan.read, g_shown[t])
    if g_last is not None and ends:
        g += g_last
    return None, None


def _entries(plan: _Plan, states: Tensor, gz: Tensor, dots: Tensor | None) -> Tensor:
    start, post, place = plan.pattern.by_pre
    gv = states.new_zeros(1, plan.pattern.n_edges)
    samples = states.shape[2]
    if dots is not None:
        found = states.new_empty(plan.pattern.n_edges)
        products, out = as_arrays(dots, found)
        in_rows(partial(kernel("over_steps"), products, start, out), start, len(dots))
        if not place.size:
            return found
        gv[0, torch.from_numpy(place)] = found
        return gv[0]
    for t in range(1, plan.steps):
        h, gy, out = as_arrays(states[t - 1][None], gz[t][None], gv)
        in_rows(partial(kernel("backward_entries"), start, post, place, h, gy, out), start, samples)
    return gv[0]
