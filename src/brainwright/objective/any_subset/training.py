"""A network learns to answer every question of some families about rows of a table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .diffusion import Denoiser, denoising_loss
from .families import Family, draw
from .heads import Heads

UNCONDITIONAL = 0.05
"""Share of rows in which nothing is given: the first step of a chain that starts from nothing."""
WARM_UP = 20
"""Updates in which the rate rises: the first gradients are the largest."""
LAST_RATE = 0.01
"""Of the first, at the end of the cosine."""
LARGEST_GRADIENT = 1.0
Answer = Callable[[Tensor, Tensor], Tensor]
"""(values, given) → parameters."""


@dataclass(frozen=True)
class Plan:
    """How long, how fast, on what.

    Attributes:
        updates: of Adam, with a cosine schedule.
        batch: rows of an update.
        learning_rate: at its highest.
        seed: of rows and masks.
    """

    updates: int = 1500
    batch: int = 256
    learning_rate: float = 2e-3
    seed: int = 0


def teach(
    network: nn.Module,
    heads: Heads,
    values: Tensor,
    families: Mapping[str, Family],
    plan: Plan,
) -> Tensor:
    """Updates a network in place by the mean log score of what is asked, and returns the loss of every
    update, nats per variable asked, [update].

    Args:
        network: (values, given) → parameters.
        heads: what the parameters mean.
        values: codes [row, variable], NaN where missing: neither given nor asked for.
        families: of masks, in equal parts.
        plan: how long.
    """
    generator = torch.Generator().manual_seed(plan.seed)
    optimiser, schedule = optimiser_of(network.parameters(), plan)
    losses = torch.zeros(plan.updates)
    for k in range(plan.updates):
        rows = values[torch.randint(len(values), (plan.batch,), generator=generator)]
        given = masks(families, plan.batch, heads.n, generator)
        losses[k] = descend(optimiser, network, own_loss(network, heads, rows, given, generator))
        schedule.step()
    return losses


def optimiser_of(
    parameters: Iterable[nn.Parameter], plan: Plan, *, fused: bool = False
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Adam and its schedule. Fused, it is the same but for rounding, in a quarter of the time."""
    optimiser = torch.optim.Adam(parameters, plan.learning_rate, fused=fused or None)
    warm = min(WARM_UP, max(1, plan.updates // 4))
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimiser, max(1, plan.updates - warm), LAST_RATE * plan.learning_rate
    )
    rise = torch.optim.lr_scheduler.LinearLR(optimiser, 1 / warm, total_iters=warm)
    return optimiser, torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, cosine], [warm])


def masks(families: Mapping[str, Family], rows: int, n: int, generator: torch.Generator) -> Tensor:
    """Masks of all families, and a share of rows in which nothing is given, [row, variable]."""
    given = draw(families, rows, n, generator)
    return given & (torch.rand(rows, 1, generator=generator) >= UNCONDITIONAL)


def own_loss(
    network: nn.Module, heads: Heads, rows: Tensor, given: Tensor, generator: torch.Generator
) -> Tensor:
    """`denoising_loss` of a `Denoiser`, `asked_loss` of any other network."""
    if isinstance(network, Denoiser):
        return denoising_loss(network, heads, rows, given, generator)
    return asked_loss(network, heads, rows, given)


def asked_loss(network: Answer, heads: Heads, rows: Tensor, given: Tensor) -> Tensor:
    """Minus the log score of all known variables that are not given: the mean over those of a row, then over
    rows, so that questions for one variable weigh as much as questions for many.
    """
    known = ~rows.isnan()
    given = given & known
    asked = known & ~given
    score = (heads.log_prob(network(rows, given), rows) * asked).sum(1) / asked.sum(1).clamp_min(1)
    return -score.mean()


def descend(optimiser: torch.optim.Optimizer, network: nn.Module, loss: Tensor) -> float:
    """One step of the optimiser; returns the loss."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
    optimiser.step()
    return float(loss.detach())
