"""Networks of one layer, side by side, that act for themselves and among others."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .corridor import KINDS, food, situations

SELF, RIVAL, FRIEND = range(3)


@dataclass(frozen=True, eq=False)
class Networks:
    """One layer of tanh units between senses and actions; an assessor of food reads it.

    Attributes:
        parts: weights and offsets of the layer, of actions, and weights and offset of the assessor, each with
            networks first.
        kept: which units are there for whom, [network, kind, unit].
    """

    parts: list[Tensor]
    kept: Float[Tensor, "network kind unit"]

    @staticmethod
    def drawn(widths: Sequence[int], separate: Sequence[bool], seeds: Sequence[int]) -> "Networks":
        """One network for each width and seed, widths outermost; those of a seed begin with the same values
        (the first of those of a wider one). Where separate, self has one half of the layer, others have the
        other.
        """
        widest = max(widths)
        each = [_initial(seed, situations().shape[-1], widest) for seed in seeds]
        parts = [torch.stack([part[k] for part in each] * len(widths)) for k in range(len(each[0]))]
        kept = [_units(width, apart, widest) for width, apart in zip(widths, separate, strict=True)]
        return Networks(parts, torch.stack(kept).repeat_interleave(len(seeds), 0))

    def of(self, which: Tensor) -> "Networks":
        """Copies of some, which may be named more than once, and which learn."""
        return Networks([part.detach()[which].requires_grad_() for part in self.parts], self.kept[which])

    def activity(self) -> Float[Tensor, "network kind goal place step unit"]:
        """Of the layer, in every situation."""
        driven = torch.einsum("kgpti,nui->nkgptu", situations(), self.parts[0])
        return (
            torch.tanh(driven + self.parts[1][:, None, None, None, None]) * self.kept[:, :, None, None, None]
        )

    def policy(self, activity: Tensor) -> Float[Tensor, "network kind goal place step action"]:
        """Chances of left, stay and right."""
        raised = torch.einsum("nkgptu,nau->nkgpta", activity, self.parts[2])
        return (raised + self.parts[3][:, None, None, None, None]).softmax(-1)

    def foreseen(self, activity: Tensor) -> Float[Tensor, "network kind goal place"]:
        """What the assessor says of food in each situation, at the last step. It reads the layer and does not
        teach it.
        """
        read = torch.einsum("nkgpu,nu->nkgp", activity[..., -1, :].detach(), self.parts[4])
        return read + self.parts[5][:, None, None, None]


def mistaken(foreseen: Tensor) -> Float[Tensor, " network"]:
    """Squared error of the assessor about oneself: it knows of no other's food."""
    return ((foreseen[:, SELF] - food()) ** 2).mean((1, 2))


def _initial(seed: int, senses: int, width: int) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(int(seed))
    first = torch.randn(width, senses, generator=generator)  # four senses are on at once, so of order 1
    act = torch.randn(3, width, generator=generator) * 0.3
    return first, torch.zeros(width), act, torch.zeros(3), torch.zeros(width), torch.zeros(())


def _units(width: int, separate: bool, widest: int) -> Tensor:
    """Which units are there for each kind, [kind, unit]."""
    there = (torch.arange(widest) < width).float().repeat(len(KINDS), 1)
    if separate:
        half = torch.arange(widest) < width // 2
        there[SELF] *= half
        there[1:] *= ~half
    return there
