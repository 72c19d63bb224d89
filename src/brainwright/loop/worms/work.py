"""Pieces of work about worms on a plate, each of which becomes arrays by name: a kind of brain with its
controls, rewired wirings, small circuits.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from brainwright.connectome import nulls

from .assay import Lived, controls, lived
from .circuits import circuit, random_circuit, searched, wired
from .kinds import REAL, brain, of_worm
from .taught import Plan, Taught, taught

PLATE, TRAJECTORY = "plate index", "trajectory index"
N_TRACKS = 12
"""Worms of the first brain whose ways are kept."""


def of_kind(
    kind: str,
    name: str,
    seeds: int,
    plan: Plan,
    first: int,
    share: Callable[..., None],
) -> Mapping[str, np.ndarray]:
    """All brains of a kind as one tensor, [seed], and the worm's with parts taken away."""
    worm = of_worm(name)
    each = [(k, start) for k in range(seeds) for start in range(plan.starts)]
    networks = [brain(kind, worm, first + k, start) for k, start in each]
    told = learned(networks, plan, range(len(each)), first, share)
    whole = lived(told.policy, plan, first)
    parts = {"paid": told.paid, "start": told.start, **indices("", whole)}
    parts["tracks"] = whole.tracks[:, :N_TRACKS, 0]
    if kind == REAL:
        for control, left in controls(told.policy, plan, first, whole).items():
            parts |= indices(control, left) | {f"{control}/tracks": left.tracks[:, :N_TRACKS, 0]}
    return parts


def learned(
    networks: Sequence[Any], plan: Plan, series: Sequence[int], first: int, share: Callable[..., None]
) -> Taught:
    """Brains that were taught."""
    torch.set_num_threads(1)
    return taught(networks, plan, series, first, lambda done: share(0.8 * done))


def ranked(
    name: str, part: range, plan: Plan, first: int, share: Callable[..., None]
) -> Mapping[str, np.ndarray]:
    """Some of the real wiring (number 0) and every rewired one, all with the same headings: [graph]."""
    worm = of_worm(name)
    graphs = [nulls.degree_preserving(worm, seed=first + 499 + k) if k else worm for k in part]
    networks = [wired(graph) for graph in graphs for _ in range(plan.starts)]
    told = learned(networks, plan, [*range(plan.starts)] * len(graphs), first, share)
    return {"start": told.start, **indices("", lived(told.policy, plan, first))}


def small(
    name: str, draws: int, plan: Plan, first: int, share: Callable[..., None]
) -> Mapping[str, np.ndarray]:
    """The small circuit and random ones, each by the best of its own searches: [1 + draw]."""
    real = circuit(of_worm(name))
    graphs = [real, *(random_circuit(real, first + 500 + k) for k in range(draws))]
    networks = [searched(graph, first + k) for graph in graphs for k in range(plan.starts)]
    told = learned(networks, plan, [*range(plan.starts)] * len(graphs), first, share)
    sizes = {"cells": np.array(real.n_cells), "edges": np.array(real.n_edges)}
    return {"start": told.start, **indices("", lived(told.policy, plan, first)), **sizes}


def indices(arm: str, went: Lived) -> dict[str, np.ndarray]:
    """Both indices of every brain, named as units."""
    return {f"{arm}/{PLATE}": went.plate, f"{arm}/{TRAJECTORY}": went.trajectory}
