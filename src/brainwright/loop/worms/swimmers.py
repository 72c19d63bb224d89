"""Brains in a swimmer's body: which cells feel its joints and which bend them."""

import re
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from brainwright.connectome import Connectome
from brainwright.network import FanIn, Network, Rate, layered
from brainwright.world import Box
from brainwright.world.swimmer_law import SwimmerLaw

from ..learn import Body, embody
from .kinds import BARE, LAYERS, wiring

SWIMMER = SwimmerLaw(dt_s=0.02)
"""In water: twelve links, and 25 steps to a stroke."""
SEEN = SWIMMER.n_joints + 1
"""Numbers that a brain is given: the angle of every joint over its limit, and the oscillator."""
CELLS = Rate("tanh", tau_s=SWIMMER.dt_s, dt_s=SWIMMER.dt_s, form="voltage", bias="cell")
"""A step is a time constant: the muscle's .05 s are the slow part of a stroke, as in NCAP."""
IN_STRENGTH = 1.0
"""Of every cell: what it feels, with a weight of 1, begins as strong as all its synapses together."""
HEAD = ("SMD", "RMD", "SMB")
"""Motor neurons of the first three joints: the first is given the oscillator, the others feel the joint
before, as B cells do along the body."""
CORD = {"DA": 1.0, "DB": 1.0, "AS": 1.0, "VD": 1.0, "VA": -1.0, "VB": -1.0, "DD": -1.0}
"""Motor neurons of the cord: above 0 what bends dorsally. D cells inhibit the side they lie on."""
HIDDEN = 50
"""Units of each of two layers: 3,761 values to learn, where the worm's wiring has about 4,100."""


def joints_of(worm: Connectome) -> tuple[dict[int, dict[str, float]], dict[int, dict[str, float]]]:
    """What each observation meets, and what each joint is bent by: number → cell → weight at first.

    A cell of the cord acts on the joint at its place in its row (the third of seven DB at 2.5 / 7 of the
    joints behind the head's).
    """
    n, ids = SWIMMER.n_joints, [str(cell) for cell in worm.ids]
    feels: dict[int, dict[str, float]] = {k: {} for k in range(SEEN)}
    bends: dict[int, dict[str, float]] = {k: {} for k in range(n)}
    for joint, group in enumerate(HEAD):
        for cell in ids:
            if match := re.fullmatch(group + "([DV])[LR]", cell):
                side = 1.0 if match[1] == "D" else -1.0
                bends[joint][cell] = side
                feels[joint - 1 if joint else n][cell] = side
    for group, side in CORD.items():
        row = [cell for cell in ids if re.fullmatch(group + r"\d+", cell)]
        for cell in row:
            place = (int(cell[len(group) :]) - 0.5) / len(row)
            joint = len(HEAD) + int(place * (n - len(HEAD)))
            bends[joint][cell] = side
            if group in ("DB", "VB"):
                feels[joint - 1][cell] = side
    shared = {k: {c: w / len(cells) for c, w in cells.items()} for k, cells in bends.items()}
    return {k: cells for k, cells in feels.items() if cells}, shared


def swimmer(kind: str, worm: Connectome, seed: int) -> Network:
    """A brain of a kind for the swimmer: [12 numbers] to [11 commands]; its graph is drawn by the seed."""
    if kind == LAYERS:
        return layered([SEEN, HIDDEN, HIDDEN, SWIMMER.n_joints], "tanh", seed=seed)
    feels, bends = joints_of(worm)
    if kind == BARE:
        cells = list(dict.fromkeys(cell for part in (feels, bends) for row in part.values() for cell in row))
        graph = Connectome.from_matrix(np.zeros((len(cells), len(cells))), ids=cells)
        graph = graph.with_cells(sign=np.ones(len(cells)))
    else:
        graph = wiring(kind, worm, seed)[0]
    options: dict[str, Any] = {"dynamics": CELLS, "scaling": FanIn(IN_STRENGTH), "train": "edge"}
    body = Body(feels, bends, 1)
    return embody(graph, partial(_spaces), body, gap_conductance=0.0, **options).network


def _spaces(seeds: Any) -> Any:
    """What `embody` asks of a world."""
    n = SWIMMER.n_joints
    spaces: Any = SimpleNamespace(n_bodies=1)
    spaces.observations, spaces.actions = Box((-2.0,) * SEEN, (2.0,) * SEEN), Box((-1.0,) * n, (1.0,) * n)
    return spaces
