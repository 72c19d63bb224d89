"""One pass through layers that keep nothing, without the states of a step: the same numbers, sooner."""

from collections.abc import Callable
from itertools import pairwise

from torch import Tensor, nn

from .cells import InputCells
from .network import Network
from .projection import DenseProjection
from .rate import RateCells


def layers_of(network: Network) -> list[tuple[DenseProjection, RateCells]] | None:
    """Discrete rate cells, each population joined to the next by one full matrix: (matrix, cells) of each
    after the input. None of any other network.
    """
    names, layers = list(network.populations), []
    if len(network.projections) != len(names) - 1 or not isinstance(network.cells(names[0]), InputCells):
        return None
    for k, (pre, post) in enumerate(pairwise(names)):
        projection, cells = network.projection(k), network.cells(post)
        if not (isinstance(projection, DenseProjection) and isinstance(cells, RateCells)):
            return None
        here = (projection.pre, projection.post, projection.delay_steps) == (pre, post, 0)
        whole = projection.pre_pool is None and projection.post_pool is None
        if not (here and whole and cells.is_discrete and cells.theta is None) or cells.normalise:
            return None
        layers.append((projection, cells))
    return layers


def forward_of(network: Network) -> Callable[[Tensor], Tensor] | None:
    """The map from inputs [batch, input] to outputs [batch, output] of such layers; None without them.

    Weights are read when it is called, so that they may train.
    """
    layers = layers_of(network)
    if layers is None:
        return None

    def forward(x: Tensor) -> Tensor:
        for projection, cells in layers:
            x = cells.respond(nn.functional.linear(x, projection.values(), cells.bias_of_cells()))
        return x

    return forward
