"""Fast weights: a map that is written at the pace of experience, with surprise that lasts and forgetting.

Optional: nothing else here needs it, and no figure of this package rests on it. The authors of networks with
such memories report small gains over attention.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import RecallError


class FastWeights:
    """An associative memory M that learns from each pair of key and value as it comes, by the slope of its
    error, with momentum and decay (the linear form of Behrouz et al. 2024, arXiv:2501.00663):
    S ← η S - θ (M k - v) kᵀ, M ← (1 - α) M + S. Without momentum and decay, for keys of length 1 and θ = 1,
    it is the delta rule that stores a pair in one go (Widrow & Hoff 1960).

    Args:
        n_keys, n_values: features.
        rate: θ, above 0; at most 2 over the squared length of keys, or errors grow.
        momentum: η, from 0 to below 1: surprise lasts.
        decay: α, from 0 to 1: the share that is forgotten with each pair.

    Raises:
        RecallError: no features, or figures outside these bounds.

    Example:
        >>> memory = FastWeights(3, 2)
        >>> surprise = memory.write(torch.eye(3)[:2], torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
        >>> surprise.tolist(), memory.read(torch.eye(3)[1:2]).tolist()
        ([1.0, 2.0], [[0.0, 2.0]])
    """

    def __init__(
        self, n_keys: int, n_values: int, *, rate: float = 1.0, momentum: float = 0.0, decay: float = 0.0
    ):
        if min(n_keys, n_values) < 1 or not rate > 0 or not 0 <= momentum < 1 or not 0 <= decay <= 1:
            raise RecallError(
                "expected features, a rate above 0, a momentum from 0 to below 1 and a decay from 0 to 1"
            )
        self.rate, self.momentum, self.decay = rate, momentum, decay
        self.weights = torch.zeros(n_values, n_keys)
        self.lasting = torch.zeros(n_values, n_keys)
        """What is left of earlier surprise, S."""

    @property
    def n_bytes(self) -> int:
        """Of the map and of what lasts of surprise."""
        return 4 * (self.weights.numel() + self.lasting.numel())

    def write(self, keys: Float[Tensor, "pair key"], values: Float[Tensor, "pair value"]) -> Tensor:
        """Takes in pairs in order, and returns how far off each was before it was written, [pair].

        Raises:
            RecallError: sizes that do not fit.
        """
        n_values, n_keys = self.weights.shape
        if keys.ndim != 2 or keys.shape[1] != n_keys or values.shape != (len(keys), n_values):
            raise RecallError(
                f"expected keys [pair, {n_keys}] and values [pair, {n_values}], got {tuple(keys.shape)} and "
                f"{tuple(values.shape)}"
            )
        surprise = torch.zeros(len(keys))
        for row, (key, value) in enumerate(zip(keys, values, strict=True)):
            missed = self.weights @ key - value
            surprise[row] = missed.norm()
            self.lasting = self.momentum * self.lasting - self.rate * missed[:, None] * key
            self.weights = (1 - self.decay) * self.weights + self.lasting
        return surprise

    def read(self, keys: Float[Tensor, "cue key"]) -> Float[Tensor, "cue value"]:
        """What each key brings to mind. Raises RecallError for a cue of another size."""
        if keys.ndim != 2 or keys.shape[1] != self.weights.shape[1]:
            raise RecallError(f"expected cues [cue, {self.weights.shape[1]}], got shape {tuple(keys.shape)}")
        return keys @ self.weights.T
