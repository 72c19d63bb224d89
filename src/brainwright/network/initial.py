"""Initial values drawn anew."""

import torch
from torch import Tensor

from .network import Network
from .projection import DenseProjection


def normal(network: Network, seed: int) -> Network:
    """Draws all dense weights anew, normal with variance 1 / fan-in (LeCun et al. 1998), and sets biases to
    0; in place. Drawn in float64, so that the seed and not the type decides.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for projection in network.projections:
            if isinstance(projection, DenseProjection):
                draw = torch.randn(projection.weight.shape, generator=generator, dtype=torch.float64)
                projection.weight.copy_(draw / projection.weight.shape[1] ** 0.5)
        for name in network.populations:
            bias = getattr(network.cells(name), "bias", None)
            if isinstance(bias, Tensor):
                bias.zero_()
    return network


def uncoupled(network: Network, seed: int) -> Network:
    """Draws the weights from the input as `normal` does and sets all other couplings to 0, biases of the
    outputs to the share of a class; in place. A clipped output that starts far below 0 feels no push, and
    would never learn.
    """
    normal(network, seed)
    with torch.no_grad():
        for projection in network.projections:
            if isinstance(projection, DenseProjection) and projection.pre != network.input:
                projection.weight.zero_()
        bias = network.get_parameter(f"populations.{network.output}.bias")
        bias.fill_(1 / len(bias))
    return network
