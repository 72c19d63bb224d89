"""Brains that a worm's body may have: its wiring, the same rewired, another animal's, none at all."""

from functools import partial
from typing import Any

import numpy as np
import torch

from brainwright.connectome import Connectome, nulls
from brainwright.network import FanIn, Network, Rate, Train, layered
from brainwright.network.projection import DenseProjection
from brainwright.network.synapses import Synapses
from brainwright.world import Plate, PlateLaw

from ..learn import Body, embody

LAW = PlateLaw(dt_s=0.1)
"""Of training and of the assay: a step is a time constant of the cells, 42 are a sweep of the head."""
SMELL = 100.0
"""Weight of ON and OFF on the cells that feel them: at the start a worm smells a change of .04 at most, which
must move a cell; near the peak the cell saturates."""
SWEEP = {"SMBVL": 1.0, "SMBVR": 1.0, "SMBDL": -1.0, "SMBDR": -1.0}
"""The head's oscillator, with the signs of Izquierdo & Beer 2013."""
TURN = {name: -weight for name, weight in SWEEP.items()}
"""Dorsal cells turn one way, ventral ones the other."""
NOSE = Body({0: {"ASEL": SMELL}, 1: dict.fromkeys(("ASER", "AWCL", "AWCR"), SMELL), 2: SWEEP}, {0: TURN}, 1)
"""ON is felt by ASEL, OFF by ASER and AWC; SMB sweeps and turns the head. One step of the network per action:
a smell takes three more to reach the muscles. All weights are learned from there."""
CIRCUIT = ("ASE", "AWC", "AIY", "AIZ", "SMB")
IN_STRENGTH = 2.0
"""Of every cell: twice what saturates it, so that a chain of four cells still carries a smell. At 1 training
did not move, at 3 and 4 the wiring held itself in one state (seeds below 100)."""
CELLS = Rate("tanh", tau_s=0.1, dt_s=LAW.dt_s, form="voltage", bias="cell")
HIDDEN = 60
"""Units of each of two layers: 3,961 values, where the wiring of 302 cells has 3,986."""


def wired(wiring: Connectome, body: Body = NOSE) -> Network:
    """A wiring in the worm's body: every synapse learns its strength and keeps its sign. No gap junctions:
    with conductances that a step of .1 s bears they carry next to nothing."""
    options: dict[str, Any] = {
        "dynamics": CELLS,
        "scaling": FanIn(IN_STRENGTH),
        "train": "edge",
        "gap_conductance": 0.0,
    }
    return embody(wiring, partial(Plate, law=LAW), body, **options).network


def cropped(other: Connectome, like: Connectome, seed: int = 0) -> tuple[Connectome, Body]:
    """Another animal's wiring, cut to as many sensory, internal and output cells as one has, the most
    connected of each, with the same share of inhibitory cells (drawn): and how it is joined to the body.
    """
    degree = np.bincount(np.concatenate([other.edges.pre, other.edges.post]), minlength=other.n_cells)
    kept = {}
    for pool in ("sensory", "internal", "output"):
        cells = other.pools[pool]
        kept[pool] = cells[np.argsort(-degree[cells], kind="stable")][: len(like.pools[pool])]
    chosen = other.subset(ids=other.ids[np.sort(np.concatenate([*kept.values()]))])
    share = float((like.cells["sign"] < 0).mean())
    rng = np.random.default_rng(seed)
    signs = np.where(rng.random(chosen.n_cells) < share, -1.0, 1.0)
    nose, head = (other.ids[kept[pool][:4]].tolist() for pool in ("sensory", "output"))
    sweep = dict(zip(map(_name, head), SWEEP.values(), strict=True))
    feels = {0: {_name(nose[0]): SMELL}, 1: {_name(cell): SMELL for cell in nose[1:]}, 2: sweep}
    named = chosen.relabel({cell: _name(cell) for cell in chosen.ids.tolist()})
    return named.with_cells(sign=signs), Body(feels, {0: {cell: -w for cell, w in sweep.items()}}, 1)


def bare() -> Network:
    """Sensors and motors alone, the core bypassed: the cells that feel are those that are read."""
    none = Connectome.from_matrix(np.zeros((8, 8)), ids=["ASEL", "ASER", "AWCL", "AWCR", *SWEEP])
    signed = none.with_cells(sign=np.ones(8))
    motors = {0: {**TURN, **dict.fromkeys(("ASEL", "ASER", "AWCL", "AWCR"), 0.1)}}
    options: dict[str, Any] = {"dynamics": CELLS, "scaling": FanIn(IN_STRENGTH), "train": "edge"}
    return embody(signed, partial(Plate, law=LAW), Body(NOSE.sensors, motors, 1), **options).network


def layers(seed: int) -> Network:
    """Two layers with as many values to learn as the wiring; smells are scaled as for the cells that feel."""
    network = layered([3, HIDDEN, HIDDEN, 1], "tanh", seed=seed)
    entry = network.projection(0)
    assert isinstance(entry, DenseProjection)
    with torch.no_grad():
        entry.weight[:, :2] *= SMELL / 10  # sums of many units saturate sooner than one cell
    return network


def circuit(wiring: Connectome) -> Connectome:
    """The wiring among ASE, AWC, AIY, AIZ and SMB, chemical synapses."""
    types = wiring.cells["type"].isin(CIRCUIT)
    return wiring.subset(ids=wiring.ids[types.to_numpy()]).of_kind("chemical").without_autapses()


def random_circuit(real: Connectome, draw: int) -> Connectome:
    """As many edges among the same cells."""
    return nulls.erdos_renyi(real, seed=draw)


def searched(wiring: Connectome, seed: int) -> Network:
    """A small circuit from a random start: weights of any sign, as in the papers' search."""
    options: dict[str, Any] = {
        "dynamics": CELLS,
        "scaling": FanIn(IN_STRENGTH),
        "gap_conductance": 0.0,
        "signs": "unsigned",
    }
    train = Train("edge", dale=False)
    network = embody(wiring, partial(Plate, law=LAW), NOSE, train=train, **options).network
    core = network.projection(1)
    assert isinstance(core, Synapses)
    assert core.theta is not None
    drawn = torch.randn(core.theta.shape, generator=torch.Generator().manual_seed(seed))
    core.theta.data = IN_STRENGTH * drawn
    return network


def _name(cell: object) -> str:
    return f"n{cell}"
