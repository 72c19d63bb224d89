"""The loop that a graft closes around a host: its spectral radius, and no writing above 1 - margin."""

import copy

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import NetworkError
from ..network import Network, State
from .ported import Ported

MARGIN = 0.05
"""Of the spectral radius below 1: a linear loop at 0.95 halves in 14 steps, one at 1 never does."""


def closed_loop_radius(
    host: Ported, inner: Network | None, drive: Float[Tensor, "1 inputs"], *, steps: int = 20
) -> float:
    """Largest |eigenvalue| of the map from one step's state to the next, host and graft together, where the
    network is after `steps` steps of one held input. 0 where nothing comes back.

    Cells that spike are linearised by their surrogate gradient: the figure then compares loops, and bounds
    nothing. A latency above one step is taken as one, which is the faster loop.

    Args:
        host: with ports.
        inner: the graft's network, k read units to s written ones; None: the host alone.
        drive: the held input, one sample.
        steps: until the point at which it is linearised.
    """
    state = host.rest(1)
    for _ in range(steps):
        state, _ = joint_step(host, inner, state, drive)
    jacobian = _jacobian(host, inner, state, drive)
    return float(torch.linalg.eigvals(jacobian.double()).abs().max())


def require_stable(radius: float, margin: float = MARGIN) -> None:
    """Raises `NetworkError` for a closed loop whose radius is above 1 - margin: nothing may be written."""
    if not radius <= 1 - margin:
        raise NetworkError(
            f"the closed loop of host and graft is unstable: expected a spectral radius of at most "
            f"{1 - margin:.2f}, got {radius:.3f}; nothing is written: lower the graft's weights or its rate, "
            "or give it fewer ports"
        )


def joint_step(
    host: Ported, inner: Network | None, state: State, drive: Float[Tensor, "batch inputs"]
) -> tuple[State, Tensor | None]:
    """One step of both: the new state, and the currents that were written. The graft hears the step before;
    with a latency of 0 this very step, of populations that are advanced before the written one.
    """
    if inner is None:
        return host.advanced(state, drive, None), None
    seen = state if host.ports.latency_steps else host.advanced(state, drive, None)
    written = inner.unroll(host.heard(seen)).last
    return host.advanced(state, drive, written), written


def _jacobian(host: Ported, inner: Network | None, state: State, drive: Tensor) -> Tensor:
    """[of the new state, of the old one]: as many copies of the state take one step as it has values, and of
    copy k the gradient of value k is taken: copies do not know each other, so that one pass is enough.
    """
    names = list(state)[1:]  # all but inputs
    leaves = [leaf for name in names for leaf in _leaves(state[name])]
    n = sum(leaf.numel() for leaf in leaves)
    copies = [leaf.detach().expand(n, *leaf.shape[1:]).clone().requires_grad_() for leaf in leaves]
    pieces, wide = iter(copies), copy.copy(state)
    for name in names:
        wide[name] = _filled(state[name], pieces)
    source = next(iter(state))
    wide[source] = _filled(
        state[source], (leaf.expand(n, *leaf.shape[1:]) for leaf in _leaves(state[source]))
    )
    new, _ = joint_step(host, inner, wide, drive.expand(n, -1))
    flat = torch.cat([leaf.flatten(1) for name in names for leaf in _leaves(new[name])], 1)
    gradients = torch.autograd.grad(flat.diagonal().sum(), copies, allow_unused=True)
    parts = [
        torch.zeros_like(leaf) if part is None else part for leaf, part in zip(copies, gradients, strict=True)
    ]
    return torch.cat([part.flatten(1) for part in parts], 1)


def _leaves(value) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return [leaf for part in value for leaf in _leaves(part)]


def _filled(value, pieces):
    if isinstance(value, Tensor):
        return next(pieces)
    parts = [_filled(part, pieces) for part in value]
    return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
