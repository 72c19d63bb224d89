"""What many networks learned side by side, back in each of them."""

from collections.abc import Sequence

import torch

from .errors import NetworkError
from .network import Network
from .projection import DenseProjection, GapJunctions
from .rate import RateCells
from .synapses import Synapses


@torch.no_grad()
def taken_apart(joined: Network, networks: Sequence[Network]) -> None:
    """Writes trained weights, biases and conductances of a joint network into those it was made of, in place.

    Args:
        joined: what `side_by_side` made of them, trained or not.
        networks: the same, in the same order.

    Raises:
        NetworkError: networks that are not those of the joint one.

    Example:
        >>> from brainwright.network import recurrent
        >>> from brainwright.network.side_by_side import side_by_side
        >>> pair = [recurrent(3, 5, 2, seed=0), recurrent(3, 7, 2, seed=1)]
        >>> joined = side_by_side(pair)
        >>> _ = joined.projection(0).theta.data.zero_()
        >>> taken_apart(joined, pair)
        >>> float(pair[1].projection(0).weight.detach().abs().sum())
        0.0
    """
    for name in joined.populations:
        sizes = [network.cells(name).n for network in networks]
        if sum(sizes) != joined.cells(name).n:
            raise NetworkError(
                f"taken_apart: expected networks of {joined.cells(name).n} cells of {name!r} in all, got "
                f"{sum(sizes)}; give those that were joined"
            )
        whole = joined.cells(name)
        if isinstance(whole, RateCells) and whole.bias is not None:
            for network, part in zip(networks, whole.bias.split(sizes), strict=True):
                cells = network.cells(name)
                assert isinstance(cells, RateCells)
                assert cells.bias is not None
                cells.bias.copy_(part)
    for k in range(len(joined.projections)):
        _projection(joined.projection(k), [network.projection(k) for network in networks])


def _projection(whole: object, parts: Sequence[object]) -> None:
    if isinstance(whole, GapJunctions):
        gaps = [part for part in parts if isinstance(part, GapJunctions)]
        if whole.log_factor is not None:
            sizes = [len(part.conductance) for part in gaps]
            for part, value in zip(gaps, whole.log_factor.split(sizes), strict=True):
                assert part.log_factor is not None
                part.log_factor.copy_(value)
        return
    assert isinstance(whole, Synapses)
    if whole.theta is None:
        return  # frozen: nothing was learned
    if isinstance(parts[0], DenseProjection):
        dense = [part for part in parts if isinstance(part, DenseProjection)]
        sizes = [part.weight.numel() for part in dense]
        for part, value in zip(dense, whole.theta.split(sizes), strict=True):
            part.weight.copy_(value.reshape(part.weight.mT.shape).mT)  # joined by (pre, post)
        return
    sparse = [part for part in parts if isinstance(part, Synapses)]
    sizes = [len(part.base) for part in sparse]
    for part, value in zip(sparse, whole.theta.split(sizes), strict=True):
        assert part.theta is not None
        part.theta.copy_(value)
