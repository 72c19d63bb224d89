"""`check_network`: does a network keep the contract? Run over ours in the tests, and for your own."""

import torch
from torch import Tensor

from .errors import NetworkError
from .network import Network, State


def check_network(network: Network, *, steps: int = 3, batch: int = 3, seed: int = 0) -> None:
    """Raises `NetworkError` at the first broken promise; the network is as before afterwards.

    Checked: shapes of `rest`, `step` and `read`; a step leaves its state alone and is the same twice; samples
    do not mix; one `unroll` equals its steps; the gradient reaches some parameter, where there are any, and
    checkpoints do not change it; synapses keep Dale's law.

    Args:
        network: to be checked; parameters are left as they are, gradients cleared.
        steps: beyond those in which the input reaches the output.
        batch: samples, at least 2.
        seed: of the inputs.
    """
    if batch < 2:
        raise NetworkError(f"expected batch >= 2, to see whether samples mix; got {batch}")
    like = next((t for t in [*network.parameters(), *network.buffers()] if t.is_floating_point()), None)
    dtype = torch.float32 if like is None else like.dtype
    drive = torch.randn(batch, network.n_inputs, dtype=dtype, generator=torch.Generator().manual_seed(seed))
    total = (network.fewest_steps or 1) + steps
    _one_step(network, drive, batch)
    with torch.no_grad():
        whole = network.unroll(drive, steps=total)
        state = network.rest(batch)
        for _ in range(total):
            state = network.step(state, drive)
        _demand(_close(whole.last, network.read(state)), "unroll differs from its steps")
        alone = network.unroll(drive[:1], steps=total).last
        _demand(_close(alone, whole.last[:1]), "a sample's output depends on the other samples")
    _gradients(network, drive, total)
    for k in range(len(network.projections)):
        projection = network.projection(k)
        violations = getattr(projection, "dale_violations", None)
        if violations is not None and getattr(projection, "dale", False):
            _demand(violations() == 0, f"projection {projection.pre} -> {projection.post} breaks Dale's law")


def _one_step(network: Network, drive: Tensor, batch: int) -> None:
    with torch.no_grad():
        rest = network.rest(batch)
        _demand(set(rest) == set(network.populations), "rest does not name every population")
        before = [tensor.clone() for tensor in tensors_of(rest)]
        first, second = network.step(rest, drive), network.step(rest, drive)
        same = all(torch.equal(a, b) for a, b in zip(before, tensors_of(rest), strict=True))
        _demand(same, "a step changed the state that it was given")
        equal = all(torch.equal(a, b) for a, b in zip(tensors_of(first), tensors_of(second), strict=True))
        _demand(equal, "the same step gave two results")
        shapes = [(a.shape, b.shape) for a, b in zip(tensors_of(rest), tensors_of(first), strict=True)]
        _demand(all(a == b for a, b in shapes), f"a step changed the shape of the state: {shapes}")
        out = network.read(first)
        _demand(out.shape == (batch, network.n_outputs), f"read gave shape {tuple(out.shape)}")
        quiet = network.step(rest, None)
        _demand(len(tensors_of(quiet)) == len(before), "a step without drive gave another kind of state")


def _gradients(network: Network, drive: Tensor, steps: int) -> None:
    parameters = [p for p in network.parameters() if p.requires_grad]
    if not parameters:
        return
    gradients = []
    for every in (None, 2):
        last = network.unroll(drive, steps=steps, checkpoint_every=every).last
        gradients.append(torch.autograd.grad(last.square().sum() + last.sum(), parameters, allow_unused=True))
    _demand(any(g is not None and bool(g.any()) for g in gradients[0]), "no gradient reaches any parameter")
    for a, b in zip(*gradients, strict=True):
        _demand((a is None) == (b is None) and (a is None or _close(a, b)), "checkpoints change the gradient")


def tensors_of(state: State) -> list[Tensor]:
    """All tensors of a state are returned, in a fixed order."""
    tensors: list[Tensor] = []
    for cells_state in state.values():
        for part in cells_state:
            tensors += [part] if isinstance(part, Tensor) else list(part)
    return tensors


def _close(a: Tensor, b: Tensor) -> bool:
    # sums in another order differ by rounding (1e-16, 1e-7), which a recurrent network may enlarge at every
    # step; what is really wrong (mixed samples, a missing step) differs by far more than either tolerance
    tolerance = 1e-9 if a.dtype == torch.float64 else 1e-4
    # 1e-30: two results of exact zeros are close
    return torch.allclose(a, b, rtol=tolerance, atol=tolerance * float(b.abs().max().clamp(min=1e-30)))


def _demand(holds: bool, complaint: str) -> None:
    if not holds:
        raise NetworkError(f"check_network: {complaint}")
