"""Classification and regression of the last step, or of every step; classes by squared error or by
sigmoids.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from brainwright.network.errors import NetworkError
from brainwright.network.unrolling import Trajectory

from .loss import Batch, Loss


@dataclass(frozen=True)
class Classification:
    """Cross-entropy between softmax(outputs) and a class, in nats; parts: `loss`, `accuracy` (0 to 1).

    Args:
        every_step: judge every step rather than the last; targets are then [batch, time], or [batch] for
            one class throughout.
        label_smoothing: share of the target spread over all classes.
    """

    every_step: bool = False
    label_smoothing: float = 0.0

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """Raises `NetworkError` for targets that are no classes of this network."""
        outputs, targets = self._judged(trajectory, batch)
        total = cross_entropy(outputs.flatten(0, 1), targets.flatten(), label_smoothing=self.label_smoothing)
        hits = (outputs.detach().argmax(-1) == targets).double().mean()
        return Loss(total, {"loss": float(total.detach()), "accuracy": float(hits)})

    def each(self, trajectory: Trajectory, batch: Batch) -> Float[Tensor, " batch"]:
        """See `PerSample`."""
        outputs, targets = self._judged(trajectory, batch)
        flat = cross_entropy(
            outputs.flatten(0, 1), targets.flatten(), reduction="none", label_smoothing=self.label_smoothing
        )
        return flat.reshape(outputs.shape[:2]).mean(1)

    def _judged(self, trajectory: Trajectory, batch: Batch) -> tuple[Tensor, Tensor]:
        outputs = trajectory.outputs if self.every_step else trajectory.outputs[:, -1:]
        targets = _over_time(batch.targets, outputs)
        n_classes = outputs.shape[-1]
        if targets.dtype != torch.int64 or targets.shape != outputs.shape[:2]:
            raise NetworkError(
                f"expected int64 classes of shape {tuple(outputs.shape[:2])}, got {targets.dtype} "
                f"{tuple(targets.shape)}"
            )
        if targets.numel() and not 0 <= int(targets.min()) <= int(targets.max()) < n_classes:
            raise NetworkError(
                f"expected classes within [0, {n_classes}), got {int(targets.min())}..{int(targets.max())}: "
                "give the network as many outputs as there are classes"
            )
        return outputs, targets


@dataclass(frozen=True)
class Regression:
    """Mean squared error over samples and outputs; parts: `loss`, and `nrmse`, the root of the error over the
    variance of the targets in the batch (1: no better than their mean).

    Args:
        every_step: judge every step rather than the last; targets are then [batch, time, outputs].
    """

    every_step: bool = False

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """It raises `NetworkError` for targets of another shape: nothing is broadcast."""
        total = (self._judged(trajectory, batch) - batch.targets).square().mean()
        flat = batch.targets.flatten(0, -2)
        variance = (flat - flat.mean(0)).square().mean()
        loss = float(total.detach())
        # 1e-300: targets that never vary give an infinite figure in place of a division by zero
        return Loss(total, {"loss": loss, "nrmse": (loss / max(float(variance), 1e-300)) ** 0.5})

    def each(self, trajectory: Trajectory, batch: Batch) -> Float[Tensor, " batch"]:
        """See `PerSample`."""
        return (self._judged(trajectory, batch) - batch.targets).square().flatten(1).mean(1)

    def _judged(self, trajectory: Trajectory, batch: Batch) -> Tensor:
        outputs = trajectory.outputs if self.every_step else trajectory.last
        if outputs.shape != batch.targets.shape:
            raise NetworkError(
                f"expected targets of shape {tuple(outputs.shape)}, got {tuple(batch.targets.shape)}"
            )
        return outputs


@dataclass(frozen=True)
class OneHot:
    """Half the squared error to the one-hot class, summed over outputs; parts: `loss`, `accuracy`."""

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """See `Objective`."""
        targets = one_hot(batch.targets, trajectory.outputs.shape[-1]).to(trajectory.outputs)
        total = (trajectory.last - targets).square().sum(-1).mean() / 2
        hits = (trajectory.last.detach().argmax(-1) == batch.targets).double().mean()
        return Loss(total, {"loss": float(total.detach()), "accuracy": float(hits)})


@dataclass(frozen=True)
class Sigmoids:
    """Binary cross-entropy of sigmoid(output) with the one-hot class, summed over outputs, in nats; parts:
    `loss`, `accuracy`.
    """

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """See `Objective`."""
        wanted = one_hot(batch.targets, trajectory.outputs.shape[-1]).to(trajectory.outputs)
        each = binary_cross_entropy_with_logits(trajectory.last, wanted, reduction="none")
        total = each.sum(-1).mean()
        hits = (trajectory.last.detach().argmax(-1) == batch.targets).double().mean()
        return Loss(total, {"loss": float(total.detach()), "accuracy": float(hits)})


def _over_time(targets: Tensor, outputs: Float[Tensor, "batch time outputs"]) -> Tensor:
    return targets[:, None].expand(-1, outputs.shape[1]) if targets.ndim == 1 else targets
