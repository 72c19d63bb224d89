"""Message-passing cells: one update network shared by all cells, and a learned descriptor of each."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .cells import Cells


class GraphState(NamedTuple):
    """The state holds the hidden channels of every cell."""

    h: Float[Tensor, "batch channels cells"]


class GraphCells(Cells):
    """H' = tanh(W2 elu(W1 [M ; eta ; u] + b1) + b2), with M = W H the messages, eta a descriptor of each cell
    and u its drive; the update network is shared (after Jin et al. 2026, arXiv:2602.17997).

    Differs from that paper in the input: there one encoding reaches all afferent cells through a gate; here
    each cell has its own input weights, so that all three dynamics share one input map.

    Args:
        n: number of cells.
        channels: C, of each cell.
        descriptors: D, length of eta.
        hidden: width of the update network; 2 C by default.
        keep: whether the update also sees the cell's own H.
        generator: of the initial values.
        dtype: of everything.
    """

    kind = "graph"

    def __init__(
        self,
        n: int,
        channels: int = 8,
        *,
        descriptors: int = 8,
        hidden: int | None = None,
        keep: bool = False,
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ):
        super().__init__()
        self.n, self.channels, self.descriptors, self.keep = n, channels, descriptors, keep
        self.hidden = hidden or 2 * channels
        fan_in = channels * (2 if keep else 1) + descriptors + 1

        def draw(*shape: int, scale: float) -> nn.Parameter:
            return nn.Parameter(torch.randn(*shape, generator=generator, dtype=dtype) * scale)

        self.descriptor = draw(n, descriptors, scale=1.0)
        self.from_message = draw(self.hidden, channels, scale=fan_in**-0.5)
        self.from_descriptor = draw(self.hidden, descriptors, scale=fan_in**-0.5)
        self.from_drive = draw(self.hidden, scale=1.0)
        self.from_self = draw(self.hidden, channels, scale=fan_in**-0.5) if keep else None
        self.hidden_bias = nn.Parameter(torch.zeros(self.hidden, dtype=dtype))
        self.to_channels = draw(channels, self.hidden, scale=self.hidden**-0.5)
        self.bias = nn.Parameter(torch.zeros(channels, dtype=dtype))

    def rest(self, batch: int) -> GraphState:
        """At rest H = 0."""
        like = self.bias
        h = torch.zeros(self.n, batch, self.channels, dtype=like.dtype, device=like.device)
        return GraphState(h.movedim(0, -1))

    def advance(
        self,
        state: GraphState,
        synaptic: Float[Tensor, "batch channels cells"] | None,
        drive: Float[Tensor, "batch cells"] | None,
    ) -> GraphState:
        """The state advances by one hop of messages and one update."""
        cells_first = (self.descriptor @ self.from_descriptor.T + self.hidden_bias)[:, None]  # cell 1 hidden
        if synaptic is not None:
            cells_first = cells_first + synaptic.movedim(-1, 0) @ self.from_message.T
        if drive is not None:
            cells_first = cells_first + drive.mT[..., None] * self.from_drive
        if self.from_self is not None:
            cells_first = cells_first + state.h.movedim(-1, 0) @ self.from_self.T
        h = torch.tanh(nn.functional.elu(cells_first) @ self.to_channels.T + self.bias)
        return GraphState(h.expand(-1, state.h.shape[0], -1).movedim(0, -1))

    def output(self, state: GraphState) -> Float[Tensor, "batch channels cells"]:
        """The output is H."""
        return state.h

    def config(self) -> dict[str, Any]:
        """See `Cells.config`."""
        names = ("n", "channels", "descriptors", "hidden", "keep")
        return {name: getattr(self, name) for name in names}
