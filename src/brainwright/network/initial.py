"""Initial values can be drawn anew."""

import torch
from torch import Tensor

from .network import Network
from .projection import DenseProjection


def normal(network: Network, seed: int) -> Network:
    """It draws all dense weights anew, normal with variance 1 / fan-in (LeCun et al. 1998), and sets biases
    to 0; in place. Drawn in float64, so that the seed and not the type decides.
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
