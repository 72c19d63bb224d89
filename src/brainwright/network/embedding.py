"""An input population that embeds what it is given by learned weights, so that a network can predict its own
input: `embedded` puts one before any network.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .cells import Cells
from .errors import NetworkError
from .network import Network

SHORTEST = 1e-6
"""Length below which an embedding counts as that long when it is divided by it: embeddings have lengths of
about the root of their dimension, so that nothing but an exact zero is changed.
"""


class EmbeddingState(NamedTuple):
    """The state is the embedding z of what is given in this step."""

    z: Float[Tensor, "batch cells"]


class EmbeddingCells(Cells):
    """z = W x + b of the input x; what they show to others is sqrt(n) z / |z|, of the same size whatever the
    size of z, since a loss of directions leaves the length free (after NEPA: Xu et al. 2025,
    arXiv:2512.16922).

    Args:
        n: number of cells, the dimension of the embedding.
        n_values: width of the input.
        train: whether W and b are parameters; else the embedding stays as it was drawn.
        even: whether W is a random rotation (with as many values as dimensions), whose directions of the
            input all count the same; else its entries are independent, and some directions are nearly lost.
        generator: of W, normal with variance 1 / n_values; b is 0.
        dtype: of everything.
    """

    kind = "embedding"
    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        n: int,
        n_values: int,
        *,
        train: bool = True,
        even: bool = False,
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ):
        super().__init__()
        if n < 1 or n_values < 1:
            raise NetworkError(f"expected an embedding of at least one value, got {n_values} into {n}")
        self.n, self.n_values, self.train_weight = n, n_values, train
        # drawn in float64, so that the seed and not the type decides
        drawn = torch.randn(n, n_values, generator=generator, dtype=torch.float64) / n_values**0.5
        drawn = _evenly(drawn) if even else drawn
        tensors = {"weight": drawn.to(dtype), "bias": torch.zeros(n, dtype=dtype)}
        for name, tensor in tensors.items():
            if train:
                setattr(self, name, nn.Parameter(tensor))
            else:
                self.register_buffer(name, tensor)

    @property
    def n_driven(self) -> int:
        """The width of the drive is that of what is embedded."""
        return self.n_values

    def embed(self, values: Float[Tensor, "... values"]) -> Float[Tensor, "... cells"]:
        """The embedding is z = W x + b."""
        return values @ self.weight.mT + self.bias

    def rest(self, batch: int) -> EmbeddingState:
        """At rest z = 0."""
        return EmbeddingState(self.bias.new_zeros(batch, self.n))

    def advance(self, state: EmbeddingState, synaptic: Tensor | None, drive: Tensor | None) -> EmbeddingState:
        """The state becomes the embedding of the drive; zeros where there is none."""
        return EmbeddingState(torch.zeros_like(state.z) if drive is None else self.embed(drive))

    def output(self, state: EmbeddingState) -> Float[Tensor, "batch cells"]:
        """The output is z, which is what a recorded trajectory holds."""
        return state.z

    def readout(self, state: EmbeddingState) -> Float[Tensor, "batch cells"]:
        """The readout is sqrt(n) z / |z|, which is what other populations hear."""
        return self.of_unit_size(state.z)

    def of_unit_size(self, z: Float[Tensor, "... cells"]) -> Float[Tensor, "... cells"]:
        """The vectors are scaled to a mean square of 1."""
        return z * (self.n**0.5 / z.norm(dim=-1, keepdim=True).clamp(min=SHORTEST))

    def config(self) -> dict[str, Any]:
        """See `Cells.config`."""
        return {"n": self.n, "n_values": self.n_values, "train": self.train_weight}


def embedded(
    network: Network, n_values: int, *, train: bool = True, even: bool = False, seed: int = 0
) -> Network:
    """It returns the network behind an embedding of `n_values` into as many dimensions as it has inputs: its
    outputs are then predictions of embeddings. The parts of the given network are used, not copied.

    Args:
        network: any, with as many outputs as inputs.
        n_values: values of a patch.
        train: whether the embedding trains.
        even: whether it begins as a random rotation; see `EmbeddingCells`.
        seed: of the embedding.

    Raises:
        NetworkError: no output cells, another number of outputs than inputs, or an input that is embedded
            already.

    Example:
        >>> from brainwright.network import recurrent
        >>> network = embedded(recurrent(32, 100, 32), n_values=8)
        >>> network.unroll(torch.zeros(2, 5, 8)).outputs.shape
        torch.Size([2, 5, 32])
    """
    if not network.n_outputs or network.fewest_steps is None:
        raise NetworkError("a network without output cells that feel its input cannot predict: choose pools")
    dimension = network.cells(network.input).n
    if isinstance(network.cells(network.input), EmbeddingCells):
        raise NetworkError("this network embeds its input already")
    if network.n_outputs != dimension:
        raise NetworkError(
            f"expected as many outputs as inputs, so that outputs can predict embeddings, got {dimension} "
            f"inputs and {network.n_outputs} outputs: compile(..., n_inputs=32, n_outputs=32)"
        )
    like = network.read(network.rest(1))
    generator = torch.Generator().manual_seed(seed)
    cells = EmbeddingCells(dimension, n_values, train=train, even=even, generator=generator, dtype=like.dtype)
    rest = {name: network.cells(name) for name in network.populations if name != network.input}
    joined = [network.projection(k) for k in range(len(network.projections))]
    return Network(
        {network.input: cells, **rest},
        joined,
        ids=network.ids,
        pools={name: pool for name, pool in network.pools.items() if pool[0] != network.input},
        provenance={**network.provenance, "embedding": {"n_values": n_values, "train": train, "seed": seed}},
    )


def _evenly(drawn: Float[Tensor, "cells values"]) -> Float[Tensor, "cells values"]:
    """Rows (or columns, where these are fewer) at right angles to each other, in directions that are drawn,
    of the length that independent entries have on average: 1 a row.
    """
    n, n_values = drawn.shape
    tall, corner = torch.linalg.qr(drawn if n > n_values else drawn.mT)
    turned = tall * corner.diagonal().sign()  # else not every rotation is as likely (Mezzadri 2007)
    return turned * (n / n_values) ** 0.5 if n > n_values else turned.mT


def embedding_of(network: Network) -> EmbeddingCells:
    """It returns the network's embedding. Raises `NetworkError` where its input is taken as it is."""
    cells = network.cells(network.input)
    if not isinstance(cells, EmbeddingCells):
        raise NetworkError(
            f"expected a network that embeds its input, got {cells.kind} cells there: "
            "brainwright.network.embedded(network, n_values) puts an embedding before any network"
        )
    return cells
