"""Brains of one body are made, taught as one tensor, and asked."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brainwright.connectome import Connectome, nulls, signs
from brainwright.connectome.own import own_wiring
from brainwright.loop import bodies
from brainwright.loop.bodies import Task
from brainwright.loop.learn import PPO, Brains, Stack, Wirings
from brainwright.loop.worms import cropped
from brainwright.network import Network
from brainwright.runs import Units

REAL, NULL, RANDOM, LARVA = "the wiring", "rewired", "random", "a fly larva's wiring"
SHUFFLED = "gains shuffled"
BARE, LAYERS = "sensors and motors alone", "layers of equal size"
TRAINER = PPO(horizon=128, epochs=4, rate=3e-3, discount=0.99, decay=0.95, scaled=True)
"""One for all bodies and all brains, chosen with the worm's wiring (seeds below 1,000)."""
TOGETHER = 12
"""Brains of one tensor, and of one piece of work that a resumed run need not do again."""
GRAPHS = 500
"""Added to the first seed for the graph of a rewired wiring."""
Brain = tuple[str, int]
"""Kind, and number of its seed (of a rewired one, which all have the first seed: of its graph)."""


def parts_of(brains: Sequence[Brain]) -> list[tuple[Brain, ...]]:
    """Brains that can be one tensor, in their order: wirings, wirings without lessons, stacks of layers."""
    grouped = groupby(brains, key=lambda brain: {BARE: 1, LAYERS: 2, SHUFFLED: 3}.get(brain[0], 0))
    groups = [tuple(group) for _, group in grouped]
    return [group[at : at + TOGETHER] for group in groups for at in range(0, len(group), TOGETHER)]


def taught(
    wiring: Path | None,
    first: int,
    steps: int,
    episodes: int,
    whole: bool,
    task: Task,
    part: Sequence[Brain],
    units: Units,
    share: Callable[..., None],
) -> Mapping[str, np.ndarray]:
    """What these brains come to in a body; where the `whole` is asked for, of the wiring itself also without
    its part, and a film.
    """
    torch.set_num_threads(1)
    brains, series = made(wiring, first, task, part), [series_of(first, brain) for brain in part]
    options: dict[str, Any] = {"steps": steps * task.longer, "episodes": episodes, "series": series}
    options |= {"seed": first, "shuffled": part[0][0] == SHUFFLED, "whole": whole and part[0] == (REAL, 0)}
    return bodies.taught(brains, task, TRAINER, **options, progress=share)


def made(wiring: Path | None, first: int, task: Task, part: Sequence[Brain]) -> Brains:
    """Brains as they are before they are taught."""
    world = task.make([0])
    networks = [network_of(wiring, first, task, brain) for brain in part]
    core = Stack(networks) if part[0][0] in (BARE, LAYERS) else Wirings(networks, bodies.arms.STEPS)
    return Brains(core, world, [series_of(first, brain) for brain in part])


def series_of(first: int, brain: Brain) -> int:
    """Of bodies, draws and weights at the start: rewired wirings have that of the first seed."""
    return first if brain[0] == NULL else first + brain[1]


def network_of(wiring: Path | None, first: int, task: Task, brain: Brain) -> Network:
    """One brain of a kind."""
    kind, k = brain
    seed, real = series_of(first, brain), wiring_of(wiring)
    if kind in (BARE, LAYERS):
        shape = bodies.wired(real, task.make, seed)
        return (bodies.bare if kind == BARE else bodies.layers)(shape, seed)
    graphs: Mapping[str, Callable[[], Connectome]] = {
        NULL: lambda: nulls.degree_preserving(real, seed=first + GRAPHS + k),
        RANDOM: lambda: nulls.erdos_renyi(real, seed=seed),
        LARVA: lambda: cropped(Connectome.load("larva/winding2023"), real, seed)[0],
    }
    return bodies.wired(graphs.get(kind, lambda: real)(), task.make, seed)


@cache
def wiring_of(wiring: Path | None) -> Connectome:
    """The worm's chemical synapses with the signs of transmitters (a cell without a known one excites), or
    one's own. Raises UserError.
    """
    if wiring is not None:
        return own_wiring(wiring)
    worm = Connectome.load("celegans/varshney2011").of_kind("chemical")
    return worm.signed(signs.ByTransmitter("worm", unknown=1.0))
