"""Who makes the targets: the network's own embedding now, some updates ago, or its running mean."""

from typing import NamedTuple, Protocol

from jaxtyping import Float
from torch import Tensor

from brainwright.network import EmbeddingCells


class Weights(NamedTuple):
    """The weights of an embedding, without gradient, as they were at one moment."""

    weight: Float[Tensor, "dimension values"]
    bias: Float[Tensor, " dimension"]

    @classmethod
    def of(cls, cells: EmbeddingCells) -> "Weights":
        """A copy of those that an embedding has now."""
        return cls(cells.weight.detach().clone(), cells.bias.detach().clone())

    def embed(
        self, patches: Float[Tensor, "batch patch values"], valid: Float[Tensor, "batch patch"]
    ) -> Float[Tensor, "batch patch dimension"]:
        """The target embeddings, zeros where there is no patch."""
        return (patches @ self.weight.mT + self.bias) * valid[..., None]


Past = tuple[Weights, ...]
"""What a teacher remembers, the oldest first; its targets are made by the first."""


class Teacher(Protocol):
    """A teacher keeps no state of its own: it is given what it remembers, and returns it."""

    def after(self, past: Past, cells: EmbeddingCells) -> Past:
        """What is remembered after an update; at the start `past` holds the first weights alone."""
        ...


class Itself:
    """The network's own weights now: a stop-gradient, and nothing else."""

    def after(self, past: Past, cells: EmbeddingCells) -> Past:
        """The weights of now."""
        return (Weights.of(cells),)
