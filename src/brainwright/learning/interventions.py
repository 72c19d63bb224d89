"""Changes of what a rule did not declare to read, made so that all that it did declare stays as it is."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from brainwright.network import Network, Trajectory
from brainwright.network.projection import DenseProjection, Projection
from brainwright.network.synapses import Synapses
from brainwright.objective import Batch, Loss, Objective

from .rule import projections, synaptic


@contextmanager
def watched(network: Network) -> Generator[dict[int, list[Tensor]]]:
    """Keeps what passes through each projection by its own weights while the block runs."""
    seen: dict[int, list[Tensor]] = {k: [] for k in range(len(network.projections))}
    for k, projection in enumerate(projections(network)):
        projection.__dict__["product"] = _watching(projection, seen[k])
    try:
        yield seen
    finally:
        for projection in projections(network):
            del projection.__dict__["product"]


def _watching(projection: Projection, seen: list[Tensor]) -> Callable:
    original = projection.product

    def product(values: Tensor | None = None):
        apply = original(values)
        if values is not None:
            return apply

        def keep(x: Tensor) -> Tensor:
            seen.append(x.detach().reshape(-1, x.shape[-1]))
            return apply(x)

        return keep

    return product


def free_weights(projection: Projection) -> Tensor | None:
    """The parameter that is the weights themselves, where there is one."""
    if isinstance(projection, DenseProjection) and projection.sign is None and projection.train_weight:
        return projection.weight
    if isinstance(projection, Synapses) and projection.mode == "edge" and not projection.dale:
        return projection.theta
    return None


def unseen_change(
    projection: Projection, sent: list[Tensor], scale: float, generator: torch.Generator
) -> Tensor | None:
    """A change of the free weights that no activity of this update can feel: every row lies in the null space
    of what its presynaptic cells sent. None where they sent too many different patterns for that.
    """
    weights = free_weights(projection)
    if weights is None or not sent:
        return None
    patterns = torch.cat(sent)
    if isinstance(projection, DenseProjection):
        pool = projection.pre_pool
        chosen = patterns if pool is None else patterns[:, pool]
        return _row(chosen, len(weights), scale, generator)
    assert isinstance(projection, Synapses)
    change, moved = torch.zeros_like(weights), False
    post, pre = (
        torch.from_numpy(index).long() for index in (projection.pattern.post, projection.pattern.pre)
    )
    for cell in post.unique():
        edges = (post == cell).nonzero()[:, 0]
        row = _row(patterns[:, pre[edges]], 1, scale, generator)
        if row is not None:
            change[edges], moved = row[0], True
    return change if moved else None


def _row(patterns: Tensor, rows: int, scale: float, generator: torch.Generator) -> Tensor | None:
    """It returns random vectors orthogonal to all patterns, of this root mean square."""
    basis = torch.linalg.svd(patterns.double(), full_matrices=True)
    # patterns are float64, whose singular values carry rounding of about 1e-16 of the largest: 1e-12 is clear
    # of that and far below any pattern that means something; 1e-300 keeps silent cells from 0 < 0
    rank = int((1e-12 * basis.S.max().clamp(min=1e-300) < basis.S).sum())
    null = basis.Vh[rank:]
    if not len(null):
        return None
    drawn = torch.randn(rows, len(null), generator=generator, dtype=torch.float64) @ null
    return (drawn * scale / drawn.square().mean().sqrt()).to(patterns.dtype)


@dataclass(frozen=True)
class Shown:
    """An objective with one of its messages falsified.

    Args:
        objective: the true one.
        message: "label" (batches show `other_targets`, the loss is judged by the true ones), "scalar" (the
            loss is another number, its gradient the same) or "error" (the loss is the same number, its
            gradient another vector).
        seed: of the false vector.
    """

    objective: Objective
    message: str
    seed: int = 0

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """See `Objective`."""
        if self.message == "label":
            targets = true_targets(batch.targets, trajectory.outputs.shape[-1])
            return self.objective.loss(trajectory, Batch(batch.inputs, targets))
        total, parts = self.objective.loss(trajectory, batch)
        if self.message == "scalar":
            # any number that is not the true one: neither factor nor offset alone, so that no rule that takes
            # a ratio or a difference of losses misses the change
            total = total + (1.7 * total + 0.3).detach()
        if self.message == "error":
            generator = torch.Generator().manual_seed(self.seed)
            outputs = trajectory.outputs
            false = (outputs * torch.randn(outputs.shape[1:], generator=generator).to(outputs)).sum()
            total = total.detach() + false - false.detach()
        return Loss(total, parts)


def other_targets(targets: Tensor, n_outputs: int) -> Tensor:
    """The targets are exchanged for other classes, or for other values."""
    if targets.dtype == torch.int64:
        return (targets + 1) % n_outputs
    return -2 * targets + 1  # an affine map, which `true_targets` turns back


def true_targets(others: Tensor, n_outputs: int) -> Tensor:
    """The true targets are those of which these are the `other_targets`."""
    if others.dtype == torch.int64:
        return (others - 1) % n_outputs
    return (1 - others) / 2


def silenced(network: Network, population: str, cell: int) -> None:
    """It sets all weights from a cell to zero, in place."""
    for projection in projections(network):
        weights = free_weights(projection)
        if projection.pre == population and weights is not None:
            with torch.no_grad():
                weights[_from(projection, cell)] = 0


@torch.no_grad()
def excited(network: Network, population: str, cell: int) -> None:
    """It changes all weights onto a cell, in place."""
    for projection in projections(network):
        weights = free_weights(projection)
        if projection.post == population and weights is not None:
            # of the size of an initial weight (1 / sqrt of some ten inputs): a change that activity must feel
            weights[_onto(projection, cell)] += 0.3


def spared(projection: Projection, population: str, cell: int) -> Tensor | None:
    """Which free weights onto this population are not onto this cell; None for other projections."""
    weights = free_weights(projection)
    if projection.post != population or weights is None or not synaptic(projection):
        return None
    keep = torch.ones_like(weights, dtype=torch.bool)
    keep[_onto(projection, cell)] = False
    return keep


def feed_forward(network: Network) -> bool:
    """Whether no population feeds one that is advanced before it, or itself."""
    order = list(network.populations)
    return all(order.index(p.pre) < order.index(p.post) for p in projections(network))


def _onto(projection: Projection, cell: int):
    if isinstance(projection, Synapses):
        return torch.from_numpy(projection.pattern.post == cell)
    assert isinstance(projection, DenseProjection)
    return cell if projection.post_pool is None else projection.post_pool == cell


def _from(projection: Projection, cell: int):
    if isinstance(projection, Synapses):
        return torch.from_numpy(projection.pattern.pre == cell)
    assert isinstance(projection, DenseProjection)
    return (slice(None), cell if projection.pre_pool is None else projection.pre_pool == cell)
