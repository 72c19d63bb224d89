"""Modules in a body: they hear what it sensed lately, and a read-out of their states acts."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from brainwright.network.modules import Hierarchy

SENSED = "sensed"
"""The stream of what a body senses, moment by moment."""


class Acting(nn.Module):
    """A core of `loop.learn.Brains`: modules hear the last moments of a body from rest, and one linear map of
    the states of all of them says what to do and, where there is one output more, what it is worth. The map
    begins at 0, so that at first everything is as likely.

    Args:
        modules: of a table that hears `SENSED`.
        moments: that an observation holds (`world.Recent`).
        outputs: of the map.
        taught: whether reinforcement changes the modules too; else the map alone.
    """

    def __init__(self, modules: Hierarchy, moments: int, outputs: int, *, taught: bool):
        super().__init__()
        self.hierarchy, self.moments, self.taught = modules.requires_grad_(taught), moments, taught
        brains = len(modules.seeds)
        cells = sum(modules.of(plan.name).recurrent.shape[1] for plan in modules.table)
        self.weight = nn.Parameter(torch.zeros(brains, cells, outputs))
        self.bias = nn.Parameter(torch.zeros(brains, 1, outputs))

    def forward(self, seen: Float[Tensor, "body brain seen"]) -> Float[Tensor, "body brain output"]:
        """See the class."""
        x = seen.transpose(0, 1).unflatten(2, (self.moments, -1))
        heard = self.hierarchy.hear({SENSED: (x, torch.ones(x.shape[:3]))}, through=True)
        states = torch.cat([heard[plan.name].states[:, :, -1] for plan in self.hierarchy.table], -1)
        return torch.baddbmm(self.bias, states, self.weight).transpose(0, 1)

    def owners(self) -> list[tuple[nn.Parameter, Tensor]]:
        """Every parameter that learns, and which brain each of its values belongs to."""
        learn = [p for p in self.parameters() if p.requires_grad]
        return [(p, torch.arange(len(p)).repeat_interleave(p[0].numel())) for p in learn]
