"""An index that learns by itself: what is like what follows from what came next, and from its reward."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from ..errors import RecallError
from ..experiences import Experiences

SHARP = 10.0
"""Inverse temperature of a cosine while it learns: a memory .1 nearer weighs e times as much."""


class LearnedIndex:
    """Keys of memories, learned from a stream of experience: a linear map of states under which memories that
    resemble the present foretell the next state and its reward. For a moment t it recalls all others s by the
    cosine of their keys, softmax(β k_t · k_s), and is taught by how far Σ w_s x_{s+1} and Σ w_s r_{s+1} are
    from what came (next-token prediction through retrieval; neighbourhood components: Goldberger et al.
    2004). No label, and nothing of what will be asked for later, takes part.

    Args:
        n_features: of a state.
        n_cells: of a key.
        reward_weight: of the error of the reward beside that of the next state, each over its variance; 0
            for states alone.
        seed: of the initial map and of the order of moments.

    Raises:
        RecallError: no cells, or a weight below 0.
    """

    def __init__(self, n_features: int, n_cells: int = 32, *, reward_weight: float = 1.0, seed: int = 0):
        if n_cells < 1 or reward_weight < 0:
            raise RecallError(f"expected cells and a weight of 0 or more, got {n_cells} and {reward_weight}")
        self.generator = torch.Generator().manual_seed(seed)
        self.map = torch.randn(n_features, n_cells, generator=self.generator) / n_features**0.5
        self.mean, self.reward_weight = torch.zeros(n_features), reward_weight

    def keys(self, states: Float[Tensor, "state feature"]) -> Float[Tensor, "state cell"]:
        """Of length 1. Raises RecallError for a cue of another size."""
        if states.ndim != 2 or states.shape[1] != len(self.map):
            raise RecallError(f"expected states [state, {len(self.map)}], got shape {tuple(states.shape)}")
        return normalize((states - self.mean) @ self.map, dim=1)

    def learn(self, stream: Experiences, *, updates: int = 200, batch: int = 64, rate: float = 1e-2) -> None:
        """From a stream in order, oldest first.

        Raises:
            RecallError: fewer than three moments.
        """
        if len(stream) < 3:
            raise RecallError(f"expected a stream of three moments or more, got {len(stream)}")
        states, n = stream.states[:-1], len(stream) - 1
        self.mean = states.mean(0)
        came = torch.cat([stream.states[1:], stream.rewards[1:, None]], 1)
        spread = came.var(0)
        # states as a whole count as much as the reward; what never varies has no weight
        weight = torch.full_like(spread, 1 / max(float(spread[:-1].sum()), 1e-12))
        weight[-1] = self.reward_weight / spread[-1].clamp(min=1e-12) if spread[-1] > 0 else 0.0
        self.map.requires_grad_()
        optimiser = torch.optim.Adam([self.map], lr=rate)
        for _ in range(updates):
            now = torch.randint(n, (batch,), generator=self.generator)
            likeness = SHARP * self.keys(states[now]) @ self.keys(states).T
            itself = torch.zeros_like(likeness, dtype=torch.bool)
            itself[torch.arange(batch), now] = True
            said = torch.softmax(likeness.masked_fill(itself, -torch.inf), 1) @ came
            loss = ((said - came[now]).square() * weight).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        self.map = self.map.detach()

    def nearest(self, stored: Float[Tensor, "stored feature"], cue: Float[Tensor, "cue feature"]) -> Tensor:
        """Number of the memory that comes to mind for each cue, int64 [cue].

        Raises:
            RecallError: nothing is stored, or a cue of another size.
        """
        return nearest(self.keys(stored), self.keys(cue))


def nearest(stored: Float[Tensor, "stored cell"], cue: Float[Tensor, "cue cell"]) -> Tensor:
    """Number of the stored key with the largest cosine, int64 [cue]: of states themselves it is a plain
    key-value store.

    Raises:
        RecallError: nothing is stored.
    """
    if not len(stored):
        raise RecallError("nothing is stored: store episodes before recall")
    return (normalize(cue, dim=1) @ normalize(stored, dim=1).T).argmax(1)
