"""To a write of fixed charge: a model's gradient, by soft top-k, then first-order swaps; or no gradient."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Loss = Callable[[Tensor], Tensor]
"""Writes [dish, sample, input] with values from 0 to 1 -> loss of each [dish, sample]."""
BISECTIONS = 30
"""Of the threshold of a soft top-k: a range of hundreds comes down to float precision."""


@dataclass(frozen=True)
class Descent:
    """How a write is looked for.

    Attributes:
        steps, rate: of Adam, on free scores of every input.
        warm, cold: temperatures of the soft top-k, from first to last step.
        starts: from random scores.
        rounds: of swaps of one pulse for another, at most.
        sign: -1 goes up the gradient, as a control.
    """

    steps: int = 60
    rate: float = 0.3
    warm: float = 1.0
    cold: float = 0.15
    starts: int = 3
    rounds: int = 20
    sign: float = 1.0


def soft_top(scores: Float[Tensor, "*n input"], k: int, temperature: float) -> Float[Tensor, "*n input"]:
    """s = sigmoid((score - tau) / temperature) with tau so that the sum is k; differentiable through tau."""
    with torch.no_grad():
        low = scores.amin(-1, keepdim=True) - 20 * temperature
        high = scores.amax(-1, keepdim=True) + 20 * temperature
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            more = ((scores - middle) / temperature).sigmoid().sum(-1, keepdim=True) > k
            low, high = torch.where(more, middle, low), torch.where(more, high, middle)
        tau = (low + high) / 2
        slope = ((scores - tau) / temperature).sigmoid()
        slope = slope * (1 - slope)
        slope = slope / slope.sum(-1, keepdim=True).clamp(min=1e-12)
    # the sum is fixed, so tau follows every score by its share of the slope
    tau = tau + (slope * (scores - scores.detach())).sum(-1, keepdim=True)
    return ((scores - tau) / temperature).sigmoid()


def hard_top(scores: Float[Tensor, "*n input"], k: int, n_slots: int, most: int) -> Bool[Tensor, "*n input"]:
    """The k largest scores, no more than `most` of them in a slot."""
    by_slot = scores.unflatten(-1, (n_slots, -1))
    rank = by_slot.argsort(-1, descending=True).argsort(-1)
    open_ = by_slot.masked_fill(rank >= most, -torch.inf).flatten(-2)
    chosen = open_.topk(k, -1).indices
    return torch.zeros_like(scores, dtype=torch.bool).scatter(-1, chosen, True)


def descend(
    loss: Loss,
    shape: tuple[int, int, int],
    k: int,
    *,
    usable: Bool[Tensor, " input"],
    n_slots: int,
    most: int,
    descent: Descent,
    seed: int,
) -> Bool[Tensor, "dish target input"]:
    """The best write of several starts.

    Args:
        loss: of samples in the order start x target, so [dish, start * target, input].
        shape: dishes, targets, inputs.
        k: pulses.
        usable: inputs that may carry one.
        n_slots, most: no more than `most` pulses in a slot.
        descent: how.
        seed: of the first scores.
    """
    n_dishes, n_targets, n_inputs = shape
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(n_dishes, descent.starts * n_targets, n_inputs, generator=generator)
    never = torch.where(usable, 0.0, -1e4)
    scores.requires_grad_(True)
    optimiser = torch.optim.Adam([scores], lr=descent.rate)
    for step in range(descent.steps):
        temperature = descent.warm * (descent.cold / descent.warm) ** (step / max(descent.steps - 1, 1))
        total = descent.sign * loss(soft_top(scores + never, k, temperature)).sum()
        (scores.grad,) = torch.autograd.grad(total, scores)
        optimiser.step()
    chosen = hard_top(scores.detach() + never, k, n_slots, most)

    def signed(x: Tensor) -> Tensor:
        return descent.sign * loss(x)

    chosen = swapped(signed, chosen, usable, n_slots, most, descent.rounds)
    with torch.no_grad():
        losses = signed(chosen.float()).unflatten(1, (descent.starts, n_targets))
    best = losses.argmin(1)[:, None, :, None].expand(-1, 1, -1, n_inputs)
    return chosen.unflatten(1, (descent.starts, n_targets)).gather(1, best)[:, 0]


def swapped(
    loss: Loss,
    chosen: Bool[Tensor, "dish sample input"],
    usable: Bool[Tensor, " input"],
    n_slots: int,
    most: int,
    rounds: int,
) -> Bool[Tensor, "dish sample input"]:
    """One pulse for another, the two best of each by the gradient, kept where the loss really falls."""
    for _ in range(rounds):
        x = chosen.float().requires_grad_(True)
        now = loss(x)
        (slope,) = torch.autograd.grad(now.sum(), x)
        leaving = slope.masked_fill(~chosen, -torch.inf).topk(min(2, int(chosen[0, 0].sum())), -1).indices
        entering = (-slope).masked_fill(chosen | ~usable, -torch.inf).topk(2, -1).indices
        best, better = now.detach(), chosen
        with torch.no_grad():
            for out in leaving.unbind(-1):
                for into in entering.unbind(-1):
                    tried = chosen.scatter(-1, out[..., None], False).scatter(-1, into[..., None], True)
                    tried_loss = loss(tried.float())
                    crowded = tried.unflatten(-1, (n_slots, -1)).sum(-1).amax(-1) > most
                    idle = ~usable[into]  # where no other usable input is left
                    wins = (tried_loss < best - 1e-6) & ~crowded & ~idle
                    best = torch.where(wins, tried_loss, best)
                    better = torch.where(wins[..., None], tried, better)
        if torch.equal(better, chosen):
            break
        chosen = better
    return chosen


@torch.no_grad()
def climbed(
    loss: Loss, chosen: Bool[Tensor, "dish target input"], n: int, *, seed: int, at_once: int = 8
) -> Bool[Tensor, "dish target input"]:
    """One pulse for another at random, the best of `at_once` kept where the loss falls: a search that asks
    the loss `n` times and no gradient.

    Args:
        loss: of samples in the order try x target, so [dish, try * target, input].
        chosen: where it begins.
        n: how often the loss of each target is asked.
        seed: of the swaps.
        at_once: swaps of one round.
    """
    generator, best = torch.Generator().manual_seed(seed), loss(chosen.float())
    for _ in range(n // at_once):
        many = chosen.repeat(1, at_once, 1)
        draws = torch.rand(many.shape, generator=generator)
        out, into = (draws.masked_fill(never, -1.0).argmax(-1, keepdim=True) for never in (~many, many))
        tried = many.scatter(-1, out, False).scatter(-1, into, True)
        losses, which = loss(tried.float()).unflatten(1, (at_once, -1)).min(1)
        pick = which[:, None, :, None].expand(-1, 1, -1, chosen.shape[-1])
        swap = tried.unflatten(1, (at_once, -1)).gather(1, pick)[:, 0]
        chosen = torch.where((losses < best)[..., None], swap, chosen)
        best = torch.minimum(losses, best)
    return chosen
