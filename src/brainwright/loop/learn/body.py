"""Sensors and motors as data: which cells feel what a body observes, and which act."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from brainwright.connectome import Connectome
from brainwright.network import Network, Rate, SpectralRadius, compile
from brainwright.network.sparse import Pattern
from brainwright.network.synapses import Synapses

from .errors import LearnError
from .evaluate import Make, made
from .policy import Policy, sizes

Cells = str | Sequence[str]
"""A pool, a cell type or a cell by name, or several of them."""
Port = Cells | Mapping[int, Cells | Mapping[str, float]]
"""Cells that meet every observation (or action); or number of an observation (or action) → cells, or cell →
the weight with which it begins."""


@dataclass(frozen=True)
class Body:
    """How a brain is joined to a body.

    Attributes:
        sensors: cells that feel. Weights from observations are learned; a mapping says which there are.
        motors: cells that act, likewise.
        steps: of the network for each action; the fewest in which a motor feels a sensor where None.
        memory: whether the brain's state stays from action to action; see `Policy`.
    """

    sensors: Port = "sensory"
    motors: Port = "output"
    steps: int | None = None
    memory: bool = True


def embody(
    connectome: Connectome,
    env: str | Make,
    body: Body | None = None,
    *,
    seed: int = 0,
    critic: Network | None = None,
    scale: bool = True,
    **compiling: Any,
) -> Policy:
    """Any connectome in any body, ready for `learn`: one line from a wiring to a policy.

    Args:
        connectome: any.
        env: seeds → world, or an id of Gymnasium.
        body: which cells feel and act; the pools "sensory" and "output" by default.
        seed: of all initial values.
        critic, scale: see `Policy`.
        compiling: options of `compile`; by default tanh rate cells, a spectral radius of .9, every edge
            learned.

    Raises:
        LearnError: no such cell, an observation or action that the world does not have, no way from sensors
            to motors.
        WorldError: as the world.

    Example:
        >>> from brainwright.world import Rooms
        >>> worm = Connectome.load("celegans/varshney2011")
        >>> policy = embody(worm, Rooms, Body(sensors=("ASE", "AWC"), motors="SMB"), signs="unsigned")
        >>> policy.network.n_inputs, policy.network.n_outputs, policy.steps
        (77, 5, 3)
    """
    body, world = body or Body(), made(env)([seed])
    n = dict(zip(("sensors", "motors"), sizes(world), strict=True))
    wired = connectome
    for name, size in n.items():
        wired = wired.with_pool(name, connectome.ids[_pool(connectome, getattr(body, name), name, size)])
    options: dict[str, Any] = {
        "dynamics": Rate("tanh"),
        "scaling": SpectralRadius(0.9),
        "train": "edge",
        **compiling,
    }
    options |= {"n_inputs": n["sensors"], "n_outputs": n["motors"], "seed": seed}
    network = compile(wired, input_pool="sensors", output_pool="motors", **options)
    generator = torch.Generator().manual_seed(seed)
    for place, name, port in ((0, "sensors", body.sensors), (-1, "motors", body.motors)):
        if isinstance(port, Mapping):
            network.projections[place] = _wires(connectome, port, name, n[name], generator)
    network.provenance["body"] = {"sensors": _plain(body.sensors), "motors": _plain(body.motors)}
    return Policy(network, world, critic=critic, steps=body.steps, scale=scale, memory=body.memory, seed=seed)


def cells_of(connectome: Connectome, cells: Cells, what: str = "cells") -> np.ndarray:
    """Positions of the cells of a pool, of a type, of an id, or of several of these, in their order.

    Raises:
        LearnError: no such name; it says which are near.
    """
    if not isinstance(cells, str):
        return np.unique(np.concatenate([cells_of(connectome, each, what) for each in cells]))
    if cells in connectome.pools:
        return connectome.pools[cells]
    columns = [connectome.ids.astype(str)]
    if "type" in connectome.cells:
        columns.append(connectome.cells["type"].astype(str).to_numpy())
    for column in reversed(columns):  # a type may be called like its only cell
        if (found := np.flatnonzero(column == cells)).size:
            return found
    known = [*connectome.pools, *dict.fromkeys(np.concatenate(columns[::-1]).tolist())]
    near = difflib.get_close_matches(cells, known, n=3) or [*connectome.pools][:3]
    raise LearnError(
        f"{what}: expected a pool, a type or a cell of the connectome, got {cells!r}; near are "
        f"{', '.join(near)}"
    )


def _pool(connectome: Connectome, port: Port, what: str, size: int) -> np.ndarray:
    """Positions of all cells of a port."""
    if not isinstance(port, Mapping):
        return cells_of(connectome, port, what)
    if not port or not set(port) <= set(range(size)):
        kind = {"sensors": "observations", "motors": "actions"}[what]
        raise LearnError(f"{what}: expected {kind} of 0 to {size - 1}, got {sorted(port) or 'none'}")
    return np.unique(np.concatenate([cells_of(connectome, [*_named(each)], what) for each in port.values()]))


def _named(cells: Cells | Mapping[str, float]) -> Sequence[str]:
    return [cells] if isinstance(cells, str) else list(cells)


def _wires(connectome: Connectome, port: Mapping[int, Any], what: str, size: int, generator) -> Synapses:
    """The map of a port that says which numbers meet which cells; the sign of a weight is learned too."""
    numbers, cells, weights = [], [], []
    for number, named in port.items():
        for name in _named(named):
            for cell in cells_of(connectome, name, what):
                given = named[name] if isinstance(named, Mapping) else None
                numbers.append(number)
                cells.append(int(cell))
                weights.append(float(torch.randn((), generator=generator)) if given is None else given)
    base: Tensor = torch.tensor(weights)
    options: dict[str, Any] = {"delay_steps": 0, "mode": "edge", "dale": False}
    if what == "sensors":
        pattern = Pattern.of(numbers, cells, size, connectome.n_cells)
        return Synapses("input", "cells", pattern, base, **options)
    return Synapses("cells", "output", Pattern.of(cells, numbers, connectome.n_cells, size), base, **options)


def _plain(port: Port) -> Any:
    if isinstance(port, Mapping):
        return {
            str(number): cells if isinstance(cells, Mapping) else _named(cells)
            for number, cells in port.items()
        }
    return _named(port)
