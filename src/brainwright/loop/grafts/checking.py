"""`check_graft`: does a graft keep to its ports, leave its host alone, and follow what is handed in?"""

import copy

import torch

from brainwright.learning.graft import teach_part
from brainwright.learning.graft.handed import ERROR_LIKE
from brainwright.network import Network, NetworkError
from brainwright.network.graft import MARGIN, Ported, closed_loop_radius, require_stable
from brainwright.objective import Batch

from ..augment import Graft, heard_and_written

TINY = 1e-6
"""Relative difference that counts as none in float32 beside activity of order 1."""


def check_graft(
    graft: Graft, host: Network, batch: Batch, *, margin: float = MARGIN, seed: int = 0
) -> dict[str, str]:
    """Changes all that a graft must not depend on, and demands the same.

    - *reads*: cells that are not read are moved; what is written stays, to the last digit.
    - *writes*: with other currents, only written units hear the graft.
    - *signal*: with a signal of zeros, what reads an error leaves its synapses as they are; twice the same
      signal gives the same update.
    - *host*: an update leaves host and torch's global generator as they were.
    - *loop*: the spectral radius of the closed loop is at most 1 - margin.

    Args:
        graft, host: to be checked; neither is changed.
        batch: inputs of the host, few samples.
        margin: see `augment`.
        seed: of the rule's state and of what is moved.

    Returns:
        Promise → "kept", or "void" with the reason.

    Raises:
        NetworkError: at the first broken promise, named.
    """
    inputs = batch.inputs if batch.inputs.ndim == 3 else batch.inputs[:, None]
    ported = Ported(host, graft.ports, inputs.shape[0] * inputs.shape[1])
    before = {name: value.clone() for name, value in host.state_dict().items()}
    random = torch.get_rng_state()
    reads, written = heard_and_written(ported, graft.network, inputs)
    verdicts = {"reads": _reads(graft, ported, inputs, seed), "writes": _writes(graft, ported, inputs)}
    generator = torch.Generator().manual_seed(seed)
    signal = torch.randn(written.shape, generator=generator) / len(written)
    updates = [_update(graft, reads, signal, seed) for _ in range(2)]
    if any(bool((a - b).abs().max() > TINY) for a, b in zip(*updates, strict=True)):
        raise NetworkError("check_graft: signal: the same signal gives another update")
    verdicts["signal"] = "void: the rule inside reads no signal"
    if set(graft.rule.locality.reads) & set(ERROR_LIKE) and graft.rule.locality.readout == "rule":
        still = _update(graft, reads, torch.zeros_like(signal), seed)
        moved = any(bool(u.abs().max() > TINY) for u in still)
        if moved and "own weight" not in graft.rule.locality.reads:
            raise NetworkError("check_graft: signal: a signal of zeros changes synapses")
        verdicts["signal"] = "void: its synapses forget by themselves" if moved else "kept"
    after = host.state_dict()
    if not all(torch.equal(before[name], after[name]) for name in before):
        raise NetworkError("check_graft: host: an update of the graft changes its host")
    if not torch.equal(random, torch.get_rng_state()):
        raise NetworkError("check_graft: host: the graft draws from torch's global generator")
    verdicts["host"] = "kept"
    require_stable(closed_loop_radius(ported, graft.network, inputs[:1, 0]), margin)
    verdicts["loop"] = "kept"
    return verdicts


def _update(graft: Graft, reads, signal, seed: int) -> list[torch.Tensor]:
    """Gradients that the rule fills in, on a copy."""
    network = copy.deepcopy(graft.network)
    teach_part(graft.rule, network, reads, signal, graft.rule.init(network, seed=seed))
    return [torch.zeros_like(p) if p.grad is None else p.grad for p in network.parameters()]


@torch.no_grad()
def _reads(graft: Graft, ported: Ported, inputs, seed: int) -> str:
    """Moves cells of the read population that are not read, in a state that the graft hears."""
    state = ported.advanced(ported.rest(len(inputs)), inputs[:, 0], None)
    shown = ported.cells(ported.ports.read).readout(state[ported.ports.read])
    free = [k for k in range(shown.shape[-1]) if k not in set(ported.ports.reads)]
    if not free:
        return "void: all cells are read"
    heard = ported.heard(state)
    generator = torch.Generator().manual_seed(seed)
    moved = shown.clone()
    moved[..., free] += torch.randn(len(free), generator=generator)
    again = moved[..., torch.as_tensor(list(ported.ports.reads))]
    if not torch.equal(graft.network.unroll(heard).last, graft.network.unroll(again).last):
        raise NetworkError("check_graft: reads: cells that are not read change what is written")
    return "kept"


@torch.no_grad()
def _writes(graft: Graft, ported: Ported, inputs) -> str:
    """Compares one step with and without currents."""
    rest = ported.rest(len(inputs))
    ones = inputs.new_ones(len(inputs), len(ported.ports.writes))
    with_it, without = (ported.advanced(rest, inputs[:, 0], w) for w in (ones, None))
    names = list(ported.populations)
    for name in names[: names.index(ported.ports.write) + 1]:
        a, b = (ported.cells(name).readout(state[name]) for state in (with_it, without))
        deaf = [
            k for k in range(a.shape[-1]) if name != ported.ports.write or k not in set(ported.ports.writes)
        ]
        if not torch.equal(a[..., deaf], b[..., deaf]):
            raise NetworkError(f"check_graft: writes: cells of {name} hear what is not written to them")
    return "kept"
