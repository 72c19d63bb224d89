"""CA3 as a modern Hopfield network: ξ ← X softmax(β Xᵀ ξ), and how much it holds."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Completion(NamedTuple):
    """What a cue settles to."""

    pattern: Float[Tensor, "cue cell"]
    """The completed patterns."""
    weights: Float[Tensor, "cue stored"]
    """Share of every stored pattern in it; shares sum to 1."""


def complete(
    stored: Float[Tensor, "stored cell"], cue: Float[Tensor, "cue cell"], beta: float, steps: int = 1
) -> Completion:
    """Cues settle among stored patterns (Ramsauer et al. 2021, arXiv:2008.02217).

    Args:
        stored: patterns.
        cue: parts of patterns.
        beta: inverse temperature: low gives the mean of all, high the nearest one.
        steps: of settling; one is nearly always enough.
    """
    weights = torch.softmax(beta * cue @ stored.T, dim=1)
    for _ in range(steps - 1):
        weights = torch.softmax(beta * (weights @ stored) @ stored.T, dim=1)
    return Completion(weights @ stored, weights)


def chance_of_recall(n_stored: int, n_cells: int, beta: float, flipped: float = 0.0) -> float:
    """The share of the right one in what is recalled, of random patterns of ±1 of which a share is flipped.

    Others add cosh(β)^d each on average, the right one exp(β d (1 - 2 flipped)): the annealed mean, exact
    where so many are stored that their sum varies little (Demircigil et al. 2017, arXiv:1702.01929).
    """
    log_noise = math.log(max(n_stored - 1, 1e-300)) + n_cells * math.log(math.cosh(beta))
    signal = beta * n_cells * (1 - 2 * flipped)
    return 1 / (1 + math.exp(min(log_noise - signal, 700.0)))  # exp overflows above 709


def load_of_half(n_cells: int, beta: float, flipped: float = 0.0) -> float:
    """How many patterns are stored when the right one is half of what is recalled: it grows exponentially
    with the number of cells.
    """
    return 1 + math.exp(n_cells * (beta * (1 - 2 * flipped) - math.log(math.cosh(beta))))
