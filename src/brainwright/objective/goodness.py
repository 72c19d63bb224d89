"""Forward-forward goodness: real samples should excite a layer, false ones should not."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from brainwright.network.errors import NetworkError
from brainwright.network.unrolling import Trajectory

from .loss import Batch, Loss


@dataclass(frozen=True)
class Goodness:
    """Cross-entropy of sigmoid(G) with real (1) or false (0), summed over layers, where G = slope (mean of
    h² - threshold) is the goodness of a layer with activity h (Hinton 2022, arXiv:2212.13345). Targets are
    [batch], 1 or 0; layers are the populations that the trajectory recorded, at its last step.

    Parts: `loss`, and `told_apart`, the share of samples on the right side by the sum of G over layers.

    Args:
        threshold: mean square activity where a layer cannot tell; 1 is that of normalised activity.
        slope: of G. With 1 and 2 two layers of 200 cells were measured to reach 98.5 % of digits.
    """

    threshold: float = 1.0
    slope: float = 2.0

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """Raises `NetworkError` where nothing was recorded, or targets are others than 1 and 0."""
        if not trajectory.recorded:
            raise NetworkError("goodness is of recorded populations: unroll with record=[names of layers]")
        if batch.targets.ndim != 1 or not bool(((batch.targets == 0) | (batch.targets == 1)).all()):
            raise NetworkError(
                f"expected targets of 1 (real) and 0 (false), one per sample, got {batch.targets.dtype} "
                f"{tuple(batch.targets.shape)}"
            )
        goods = self.of(trajectory)
        real = batch.targets.to(goods.dtype)
        total = binary_cross_entropy_with_logits(goods, real.expand_as(goods), reduction="none").sum(0).mean()
        right = ((goods.detach().sum(0) > 0) == (real > 0)).double().mean()
        return Loss(total, {"loss": float(total.detach()), "told_apart": float(right)})

    def of(self, trajectory: Trajectory) -> Tensor:
        """The goodness is G of each recorded layer, [layer, batch]."""
        squares = [activity[:, -1].flatten(1).square().mean(1) for activity in trajectory.recorded.values()]
        return self.slope * (torch.stack(squares) - self.threshold)
