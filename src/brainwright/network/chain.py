"""Layers in NumPy, forward and back: where they are small, a call into torch costs more than its numbers."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .forward import layers_of
from .network import Network

Numbers = NDArray[np.float32]
PHIS: dict[str, tuple[Callable[[Numbers], Numbers], Callable[[Numbers], Numbers]]] = {
    "identity": (lambda x: x, np.ones_like),
    "relu": (lambda x: np.maximum(x, 0, out=x), lambda y: (y > 0).astype(np.float32)),
    "tanh": (lambda x: np.tanh(x, out=x), lambda y: 1 - y * y),
}
"""Name → (response, which may overwrite the current; its slope, from what it gave)."""


class Chain(NamedTuple):
    """Full layers, each y = phi(W x + b). Gradients are a chain of the same shapes."""

    weights: Sequence[Numbers]
    """[post, pre] of each layer."""
    biases: Sequence[Numbers]
    """[post]"""
    phis: Sequence[str]
    """Of `PHIS`."""

    def forward(self, x: Numbers) -> list[Numbers]:
        """What every layer gives, [batch, cell], the input first and the output last."""
        given = [x]
        for weight, bias, phi in zip(self.weights, self.biases, self.phis, strict=True):
            current = given[-1] @ weight.T
            current += bias
            given.append(PHIS[phi][0](current))
        return given

    def back(self, given: Sequence[Numbers], error: Numbers, into: "Chain") -> None:
        """The gradient of a loss, by its derivative with respect to the output (backpropagation).

        Args:
            given: of `forward`.
            error: [batch, output].
            into: whose arrays take the gradients.
        """
        for k in reversed(range(len(self.weights))):
            if self.phis[k] != "identity":
                error = error * PHIS[self.phis[k]][1](given[k + 1])
            np.matmul(error.T, given[k], out=into.weights[k])
            np.sum(error, axis=0, out=into.biases[k])
            if k:
                error = error @ self.weights[k]


def parameters_of(network: Network) -> list[Tensor] | None:
    """Weights and biases, layer by layer, of a network that `Chain` can stand for: layers as `forward_of`
    asks, free float32 weights and a bias for every cell, all of which train on the CPU. None of any other.
    """
    layers = layers_of(network)
    if layers is None:
        return None
    own: list[Tensor] = []
    for projection, cells in layers:
        if projection.sign is not None or cells.bias is None or cells.bias_mode != "cell":
            return None
        own += [projection.weight, cells.bias]
    trains = all(p.requires_grad and p.dtype == torch.float32 and p.device.type == "cpu" for p in own)
    known = all(cells.phi in PHIS for _, cells in layers)
    return own if trains and known and len(own) == len(list(network.parameters())) else None


def chain_of(network: Network, values: Sequence[Numbers]) -> Chain:
    """The chain of such a network with these values of its parameters, in the order of `parameters_of`."""
    layers = layers_of(network)
    assert layers is not None
    return Chain(values[::2], values[1::2], [cells.phi for _, cells in layers])


def cut_up(flat: Numbers, like: Sequence[Tensor]) -> list[Numbers]:
    """Views into one row of numbers, of the shapes of these tensors one after the other."""
    ends = np.cumsum([0, *(p.numel() for p in like)]).tolist()
    return [flat[i:j].reshape(p.shape) for (i, j), p in zip(pairwise(ends), like, strict=True)]
