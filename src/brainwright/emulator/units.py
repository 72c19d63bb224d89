"""What the emulator knows about each recorded unit; a new recording needs only a new one of these."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import one_hot

RATE_FLOOR = 1e-3
"""Added to mean rates before the logarithm: a unit that was silent in training starts at one event in a
thousand bins.
"""


class UnitEmbeddings(nn.Module):
    """Per unit: how its activity enters (`read_in`), how the state shows in it (`read_out`), its level.

    A unit belongs to a group (a region, a cluster of cells); a frame has one token for each group, made of
    the group's own units, and a unit is read from its group's token alone.

    Args:
        mean, sd: of each unit over training data, [unit]; scale of the input and first output.
        group: of each unit, 0 to n_groups - 1.
        n_groups: spatial patches.
        width: of the embeddings.
        generator: of the initial values.
        counts: whether the level is ln(mean), for counts, or the mean itself.
    """

    mean: Tensor
    sd: Tensor
    member: Tensor

    def __init__(
        self,
        mean: Float[Tensor, " unit"],
        sd: Float[Tensor, " unit"],
        group: Int[Tensor, " unit"],
        n_groups: int,
        width: int,
        generator: torch.Generator,
        counts: bool = True,
    ):
        super().__init__()
        n = len(mean)
        self.register_buffer("mean", mean.clone())
        # 1e-3: a unit that never changed is not divided by 0
        self.register_buffer("sd", sd.clamp(min=1e-3))
        self.register_buffer("member", one_hot(group, n_groups).to(mean.dtype))
        self.read_in = nn.Parameter(torch.randn(n, width, generator=generator) / n**0.5)
        self.read_out = nn.Parameter(torch.randn(n, width, generator=generator) / width**0.5)
        self.level = nn.Parameter((mean + RATE_FLOOR).log() if counts else torch.zeros(n))
        self.scale = 1.0 if counts else None

    def __len__(self) -> int:
        return len(self.level)

    def enter(
        self, x: Float[Tensor, "batch time unit"], seen: Float[Tensor, "batch time unit"]
    ) -> Float[Tensor, "batch time group width"]:
        """It returns for each group the sum over its seen units of their standardised activity times their
        embedding.
        """
        weight = self.member[:, :, None] * self.read_in[:, None]
        entered = (seen * (x - self.mean) / self.sd) @ weight.flatten(1)
        return entered.unflatten(-1, weight.shape[1:])

    def share_seen(self, seen: Float[Tensor, "batch time unit"]) -> Float[Tensor, "batch time group"]:
        """Share of each group's units that are seen."""
        return (seen @ self.member) / self.member.sum(0).clamp(min=1)

    def show(self, state: Float[Tensor, "*batch group width"]) -> Float[Tensor, "*batch unit"]:
        """State to what each unit does: log rate (counts), or mean in units of its sd, plus its level."""
        weight = self.member[:, :, None] * self.read_out[:, None]
        return state.flatten(-2) @ weight.flatten(1).mT + self.level
