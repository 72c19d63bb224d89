"""Objectives keep this contract."""

from typing import NamedTuple, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from brainwright.network.unrolling import Trajectory


class Batch(NamedTuple):
    """A batch is samples with what is wanted of them."""

    inputs: Float[Tensor, "batch ..."]
    """Inputs are [batch, inputs], held, or [batch, time, inputs]."""
    targets: Tensor
    """Targets are classes int64 [batch], values [batch, outputs], or either with time after batch."""


class Loss(NamedTuple):
    """A scalar to lower, and plain figures to report, each a mean over samples."""

    total: Float[Tensor, ""]
    parts: dict[str, float]


@runtime_checkable
class Objective(Protocol):
    """Anything with this method; it must not change the trajectory."""

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """It returns the mean loss over the samples of a batch."""
        ...


@runtime_checkable
class PerSample(Protocol):
    """An objective that also gives the loss of every sample, for rules that judge samples one by one."""

    def each(self, trajectory: Trajectory, batch: Batch) -> Float[Tensor, " batch"]:
        """The losses are those whose mean is `loss`."""
        ...
