"""Dentate gyrus: many more cells than inputs, of which few win."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..errors import RecallError


class Dentate:
    """States are projected at random onto many cells, of which the `winners` most driven are active (pattern
    separation: Marr 1971; O'Reilly & McClelland 1994, doi:10.1002/hipo.450040605).

    Args:
        n_features: of a state.
        n_cells: of the expansion.
        winners: active cells of a code.
        seed: of the projection, which never changes and is drawn anew when it is needed: nothing is kept.

    Raises:
        RecallError: more winners than cells, or none of either.
    """

    def __init__(self, n_features: int, n_cells: int = 2048, winners: int = 32, *, seed: int = 0):
        if not 1 <= winners <= n_cells or n_features < 1:
            raise RecallError(
                f"expected features, and from 1 to {n_cells} winners, got {n_features} and {winners}"
            )
        self.n_features, self.n_cells, self.winners = n_features, n_cells, winners
        generator = torch.Generator().manual_seed(seed)
        self.projection = torch.randn(n_features, n_cells, generator=generator)

    def winners_of(self, states: Float[Tensor, "state feature"]) -> Int[Tensor, "state winners"]:
        """Numbers of the cells that win."""
        if states.ndim != 2 or states.shape[1] != self.n_features:
            raise RecallError(
                f"expected states [state, {self.n_features}], got shape {tuple(states.shape)}: a cue has "
                "the size of what was stored"
            )
        # all states share the mean drive of their features: without it the same cells would always win
        centred = states - states.mean(1, keepdim=True)
        return (centred @ self.projection).topk(self.winners, dim=1).indices

    def codes(self, states: Float[Tensor, "state feature"]) -> Float[Tensor, "state cell"]:
        """The winners at 1 / sqrt(winners), so that a code has length 1; all others at 0."""
        return self.spread(self.winners_of(states))

    def spread(self, winners: Int[Tensor, "code winners"]) -> Float[Tensor, "code cell"]:
        """Numbers of winners as codes."""
        codes = torch.zeros(len(winners), self.n_cells)
        return codes.scatter_(1, winners.long(), self.winners**-0.5)
