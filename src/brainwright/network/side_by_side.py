"""Many networks as one: their cells side by side, and no synapse from one to another."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .cells import Cells, InputCells
from .errors import NetworkError
from .network import Network
from .projection import DenseProjection, GapJunctions, OneToOne, Projection
from .rate import RateCells
from .sparse import Pattern
from .synapses import Synapses


def side_by_side(networks: Sequence[Network]) -> Network:
    """One network that does what each of these does, on its own part of inputs and outputs.

    Wirings may differ (a connectome and its nulls, wirings of other sizes), populations and dynamics may not.
    A loss that is a sum over the networks gives each the gradient that it has alone, so that an ensemble
    trains as one tensor. Matrices become sparse ones of the same entries.

    Args:
        networks: of rate cells, with the same populations and projections in the same order.

    Returns:
        with inputs and outputs network by network: those of number k begin at k × `n_inputs` where all have
        as many. Its pools are those of the first, as they lie in all.

    Raises:
        NetworkError: none, or networks of unlike structure; it names what differs.

    Example:
        >>> from brainwright.network import recurrent
        >>> pair = side_by_side([recurrent(3, 5, 2, seed=0), recurrent(3, 7, 2, seed=1)])
        >>> pair.n_inputs, pair.n_outputs
        (6, 4)
    """
    if not networks:
        raise NetworkError("side_by_side: expected at least one network, got none")
    names = list(networks[0].populations)
    if unlike := [k for k, network in enumerate(networks) if list(network.populations) != names]:
        raise NetworkError(
            f"side_by_side: expected the populations {', '.join(names)} in all, got "
            f"{', '.join(networks[unlike[0]].populations)} in number {unlike[0]}"
        )
    starts = {name: np.cumsum([0, *(n.cells(name).n for n in networks)]) for name in names}
    populations = {name: _cells(name, [network.cells(name) for network in networks]) for name in names}
    counts = {len(network.projections) for network in networks}
    if len(counts) != 1:
        raise NetworkError(f"side_by_side: expected as many projections in all, got {sorted(counts)}")
    projections = [
        _joined([network.projection(k) for network in networks], starts)
        for k in range(len(networks[0].projections))
    ]
    return Network(
        populations, projections, provenance={"made_by": "side_by_side", "networks": len(networks)}
    )


def _cells(name: str, parts: Sequence[Cells]) -> Cells:
    n = sum(cells.n for cells in parts)
    if all(isinstance(cells, InputCells) for cells in parts):
        return InputCells(n, parts[0].rest(1).value.dtype)
    rates = [cells for cells in parts if isinstance(cells, RateCells)]
    kinds = {(c.phi, c.form, c.bias_mode, c.train_tau, c.normalise, c.dt_s) for c in rates}
    first = next(iter(kinds), None)
    if (
        len(rates) != len(parts)
        or len(kinds) != 1
        or first is None
        or first[2:5]
        not in (
            ("none", "none", False),
            ("cell", "none", False),
        )
    ):
        raise NetworkError(
            f"side_by_side: expected {name!r} of rate cells with one phi, form and step in all, a bias by "
            "cell or none, fixed time constants and no normalisation"
        )
    joined = RateCells(n, first[0], form=first[1], bias=first[2], dt_s=first[5], dtype=rates[0].keep.dtype)
    joined.keep.copy_(torch.cat([cells.keep for cells in rates]))
    if joined.bias is not None:
        joined.bias.data = torch.cat([cells.bias.detach() for cells in rates if cells.bias is not None])
    return joined


def _joined(parts: Sequence[Projection], starts: dict[str, np.ndarray]) -> Projection:
    pre, post, delay = parts[0].pre, parts[0].post, parts[0].delay_steps
    if len({(type(p), p.pre, p.post, p.delay_steps) for p in parts}) != 1:
        raise NetworkError(f"side_by_side: expected one kind of projection {pre} -> {post} in all")
    sources, targets = starts[pre], starts[post]
    if isinstance(parts[0], GapJunctions):
        return _gaps([p for p in parts if isinstance(p, GapJunctions)], sources)
    if not isinstance(parts[0], Synapses | DenseProjection | OneToOne):
        raise NetworkError(f"side_by_side: {parts[0].kind} projections are not joined")
    edges = [_edges(p) for p in parts]
    pattern = Pattern.of(
        np.concatenate([edge[0] + at for edge, at in zip(edges, sources[:-1], strict=True)]),
        np.concatenate([edge[1] + at for edge, at in zip(edges, targets[:-1], strict=True)]),
        int(sources[-1]),
        int(targets[-1]),
    )
    base = torch.cat([edge[2] for edge in edges])
    options = _options(parts)
    joined = Synapses(pre, post, pattern, base, delay_steps=delay, **options)
    trained = [p.theta for p in parts if isinstance(p, Synapses) and p.theta is not None]
    if trained and joined.theta is not None:
        joined.theta.data = torch.cat([theta.detach() for theta in trained])
    return joined


def _edges(part: Projection) -> tuple[np.ndarray, np.ndarray, Tensor]:
    """Sources, targets and starting values of one projection."""
    if isinstance(part, Synapses):
        return part.pattern.pre, part.pattern.post, part.base
    assert isinstance(part, OneToOne | DenseProjection)
    pools = [
        np.arange(n) if pool is None else pool.numpy()
        for pool, n in ((part.pre_pool, part.n_pre), (part.post_pool, part.n_post))
    ]
    if isinstance(part, OneToOne):
        return pools[0], pools[1], torch.ones(len(pools[0]))
    # by (pre, post), the order in which products are fastest
    return (
        np.repeat(pools[0], len(pools[1])),
        np.tile(pools[1], len(pools[0])),
        part.values().detach().mT.reshape(-1),
    )


def _options(parts: Sequence[Projection]) -> dict[str, Any]:
    """What may train of the joint matrix."""
    if isinstance(parts[0], OneToOne):
        return {"mode": "frozen"}
    if isinstance(parts[0], DenseProjection):
        dense = [p for p in parts if isinstance(p, DenseProjection)]
        if any(p.sign is not None for p in dense) or len({p.train_weight for p in dense}) != 1:
            raise NetworkError("side_by_side: expected free matrices, all trained or none")
        return {"mode": "edge", "dale": False} if dense[0].train_weight else {"mode": "frozen"}
    kinds = {(p.mode, p.magnitude, p.dale) for p in parts if isinstance(p, Synapses)}
    mode, magnitude, dale = next(iter(kinds))
    if len(kinds) != 1 or mode not in ("frozen", "edge"):
        raise NetworkError(
            f"side_by_side: expected synapses of mode frozen or edge in all, got {sorted(kinds)}"
        )
    return {"mode": mode, "magnitude": magnitude, "dale": dale}


def _gaps(parts: Sequence[GapJunctions], starts: np.ndarray) -> GapJunctions:
    first, second = (
        np.concatenate([getattr(p, end).numpy() + at for p, at in zip(parts, starts[:-1], strict=True)])
        for end in ("first", "second")
    )
    trained = [p.log_factor for p in parts]
    joined = GapJunctions(
        parts[0].pre,
        int(starts[-1]),
        first,
        second,
        torch.cat([p.conductance for p in parts]),
        train=trained[0] is not None,
    )
    if joined.log_factor is not None:
        factors = [factor.detach() for factor in trained if factor is not None]
        joined.log_factor = nn.Parameter(torch.cat(factors))
    return joined
