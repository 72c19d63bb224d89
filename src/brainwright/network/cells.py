"""What a population of cells is to a network, and the two simplest kinds: inputs, and the nonlinearities."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .errors import NetworkError

NONLINEARITIES: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": nn.functional.softplus,
    "hard sigmoid": lambda x: x.clamp(0, 1),
}


class Cells(nn.Module, ABC):
    """One population: its state, and one step of its dynamics.

    State is a `NamedTuple` of tensors with cells last, stored cells first (`rest` sets this order, and
    elementwise operations keep it), so that sparse products need no copy.
    """

    kind: ClassVar[str]
    """The kind is the name in saved files."""
    has_voltage: ClassVar[bool] = False
    """It says whether gap junctions may join these cells."""
    n: int
    channels: int = 1

    @property
    def n_driven(self) -> int:
        """The number is the width of the drive of an input population: one value per cell, unless the cells
        say otherwise.
        """
        return self.n

    @abstractmethod
    def rest(self, batch: int) -> Any:
        """The state at rest is that without input, for `batch` samples."""

    @abstractmethod
    def advance(self, state: Any, synaptic: Tensor | None, drive: Float[Tensor, "batch cells"] | None) -> Any:
        """It returns the state one step later. `synaptic` is what projections from other populations and from
        itself deliver ([batch, cells], or [batch, channels, cells]), `drive` what the network's input
        delivers.
        """

    @abstractmethod
    def output(self, state: Any) -> Tensor:
        """What travels along delayed projections, [batch, cells] or [batch, channels, cells]."""

    def readout(self, state: Any) -> Tensor:
        """The readout is what projections without delay see: the output, unless the cells say otherwise."""
        return self.output(state)

    def voltage(self, state: Any) -> Float[Tensor, "batch cells"]:
        """The voltage is what gap junctions couple."""
        raise NetworkError(f"{self.kind} cells have no voltage: gap junctions need rate or lif dynamics")

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Plain values from which, with the saved tensors, the population is made again."""


class InputState(NamedTuple):
    """What the network is given in this step."""

    value: Float[Tensor, "batch cells"]


class InputCells(Cells):
    """The network's input as a population: its state is what it is given.

    Args:
        n: number of inputs.
        dtype: of what is given.
    """

    kind = "input"
    like: Tensor

    def __init__(self, n: int, dtype: torch.dtype = torch.float32):
        super().__init__()
        self.n = n
        self.register_buffer("like", torch.empty(0, dtype=dtype), persistent=False)

    def rest(self, batch: int) -> InputState:
        """The state at rest is zeros."""
        return InputState(zeros(batch, self.n, self.like))

    def advance(self, state: InputState, synaptic: Tensor | None, drive: Tensor | None) -> InputState:
        """The state becomes the drive; zeros where there is none."""
        return InputState(torch.zeros_like(state.value) if drive is None else drive)

    def output(self, state: InputState) -> Float[Tensor, "batch cells"]:
        """The output is the drive."""
        return state.value

    def config(self) -> dict[str, Any]:
        """See `Cells.config`."""
        return {"n": self.n}


def zeros(batch: int, n: int, like: Tensor) -> Float[Tensor, "batch cells"]:
    """The zeros are [batch, cells], stored cells first."""
    return torch.zeros(n, batch, dtype=like.dtype, device=like.device).mT


def nonlinearity(name: str) -> Callable[[Tensor], Tensor]:
    """It returns the function of this name. Raises `NetworkError` with the names that exist."""
    if name not in NONLINEARITIES:
        raise NetworkError(f"expected a nonlinearity of {', '.join(NONLINEARITIES)}, got {name!r}")
    return NONLINEARITIES[name]
