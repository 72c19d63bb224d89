"""What is to be learned, by which network, on which schedule."""

import math
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brainwright.connectome import Connectome, signs
from brainwright.connectome.own import own_wiring
from brainwright.datasets.digits import digits
from brainwright.datasets.images import mnist
from brainwright.loop import Problem
from brainwright.network import (
    LIF,
    Network,
    Rate,
    SpectralRadius,
    compile,
    layered,
    normal,
    recurrent,
    relaxing,
    spiking,
    uncoupled,
)
from brainwright.objective import OneHot, Sigmoids
from brainwright.signal import spike_trains

ROWS = 8
"""Rows of a digit, and pixels of each."""
INHIBITORY = 0.3
"""Share of the cells whose synapses inhibit; drawn once, the same in all arms and seeds."""
LEAK = 0.5
"""Share of a cell's value that is replaced in a step: a cell then remembers the last two or three of eight
steps.
"""
SPIKING_DRIVE, SPIKING_RATE_HZ = 5.0, 50.0
"""Factor of the input weights, so that cells fire; rates are read in units of this one."""
RECURRENT_GAIN = 0.9
"""Of the recurrent weights, just below where activity would echo for ever."""
OWN = "own"  # the board of the user's own wiring
TRAIN_HZ, TRAIN_STEPS, TRAIN_DRIVE = 200.0, 50, 10.0
"""Of the spike trains that stand for pixels: rate of the brightest, length, factor of the input weights."""


def trains(pixels: np.ndarray) -> np.ndarray:
    """Pixels from -1 to 1 as spike trains [sample, step, pixel], the same in every arm and seed."""
    return spike_trains((pixels + 1) / 2 * TRAIN_HZ, TRAIN_STEPS, seed=0)


@cache
def wiring(name: str) -> Connectome:
    """A signed connectome, or the file of one's own, read once per process."""
    if name == "worm":
        whole = Connectome.load("celegans/varshney2011").of_kind("chemical")
    elif name != "larva":
        return own_wiring(name)
    else:
        whole = Connectome.load("larva/winding2023", kinds=("ad",))
    return whole.without_autapses().signed(signs.Sampled(INHIBITORY, seed=0))


def own(path: Path) -> Problem:
    """The worm's board with a wiring of the user's own. Raises UserError for one that cannot be used."""
    wiring(str(path))
    return replace(WORM, name=OWN, network=partial(connectome, str(path)))


def connectome(name: str, seed: int, phi: str) -> Network:
    """Sensory cells take the pixels, output cells are read, every synapse learns and keeps its sign."""
    return _compiled(name, Rate(phi, tau_s=-1e-3 / math.log(1 - LEAK), form="rate", bias="cell"), seed)


def spiking_connectome(name: str, seed: int) -> Network:
    """The same wiring with spiking cells."""
    options = {"dt_s": 1e-3, "delay_s": 2e-3, "threshold_mV": 1.0, "synapse_mV": 5.0, "tau_m_s": 10e-3}
    network = _compiled(name, LIF(refractory_s=2e-3, options=options), seed)
    with torch.no_grad():
        for k, factor in ((0, SPIKING_DRIVE), (-1, 1 / SPIKING_RATE_HZ)):
            network.projections[k].get_parameter("weight").mul_(factor)
    return network


def _compiled(name: str, cells: Rate | LIF, seed: int) -> Network:
    maps: dict[str, Any] = {"n_inputs": 64, "n_outputs": 10, "train": "edge", "seed": seed}
    return compile(wiring(name), cells, scaling=SpectralRadius(0.95), **maps)


NARROW = Problem("narrow", digits, partial(layered, (64, 16, 16, 16, 10)), initial=normal)
WIDE = replace(NARROW, name="wide", network=partial(layered, (64, 100, 100, 10)))
EQUILIBRIUM = replace(
    NARROW, name="equilibrium", network=partial(relaxing, (64, 100, 10)), initial=uncoupled,
    phi="hard sigmoid", momentum=0.0, objective=OneHot(), unrolling={"steps": 20}
)  # fmt: skip
GOODNESS = replace(
    NARROW, name="goodness", network=partial(layered, (74, 200, 200, 10), normalise=True), phi="relu",
    epochs=60, room=10
)  # fmt: skip
FEATURES = replace(NARROW, name="features", network=partial(layered, (64, 20, 10)))
FEATURES_200 = replace(NARROW, name="features-200", network=partial(layered, (64, 200, 10)))
HEARD = {"drive": TRAIN_DRIVE, "unit_hz": SPIKING_RATE_HZ}
SPIKE_FEATURES = Problem(
    "spike-features", digits, partial(spiking, 64, 20, 10, **HEARD), phi=None, encode=trains,
    optimiser="adam", epochs=10
)  # fmt: skip
SPIKE_FEATURES_200 = replace(
    SPIKE_FEATURES, name="spike-features-200", network=partial(spiking, 64, 200, 10, **HEARD)
)
ROWS_OF_CELLS = partial(recurrent, ROWS, 64, 10, leak=LEAK, gain=RECURRENT_GAIN)
SEQUENCE = Problem("rows", digits, ROWS_OF_CELLS, shape=(ROWS, ROWS), epochs=25)
MNIST = Problem(
    "mnist", mnist, partial(layered, (784, 500, 10)), phi="sigmoid", initial=normal, objective=Sigmoids(),
    epochs=10, batch=128, momentum=0.0
)  # fmt: skip
WORM = Problem(
    "worm", digits, partial(connectome, "worm"), unrolling={"steps": 8}, optimiser="adam", epochs=20,
    falling=True
)  # fmt: skip
BRIEF = replace(WORM, epochs=6, falling=False)
LARVA = replace(BRIEF, name="larva", network=partial(connectome, "larva"), unrolling={"steps": 6})
SPIKES = replace(
    BRIEF, name="spiking", network=partial(spiking_connectome, "worm"), phi=None, unrolling={"steps": 25}
)
TITLES = {
    "narrow": ("Digits, 64-16-16-16-10", "Narrow layers: a readout alone cannot solve it."),
    "equilibrium": ("Digits, 64-100-10, at rest", "Layers joined both ways by equal weights, asked at rest."),
    "goodness": (
        "Digits with a label, 74-200-200-10",
        "Ten inputs hold a label; hidden layers send normalised activity.",
    ),
    "features": ("Digits, 64-20-10", "Unsupervised layers: the readout alone reads 20 random features."),
    "features-200": ("Digits, 64-200-10", "The readout alone reads 200 random features."),
    "spike-features": ("Digits as spike trains, 20 spiking cells", "The readout alone reads random cells."),
    "spike-features-200": ("Digits as spike trains, 200 spiking cells", "As above, with ten times as many."),
    "wide": ("Digits, 64-100-100-10", "Wide layers: random features nearly solve it, so it says little."),
    "rows": ("Digits row by row, 64 leaky cells", "A recurrent network: the class is asked at the last row."),
    "worm": ("Digits into the worm", "279 neurons, 2,194 synapses with cycles; each keeps its sign."),
    OWN: ("Digits into your wiring", "Every synapse learns and keeps its sign."),
    "spiking": ("Digits into the worm, spiking", "The same synapses between leaky integrate-and-fire cells."),
    "mnist": ("MNIST, 784-500-10", "The schedule of Akrout et al. 2019, ten passes."),
    "larva": ("Digits into the larva", "2,952 neurons, 110,140 synapses with cycles; each keeps its sign."),
}  # fmt: skip
"""Name → title and opening sentence of its section on the page."""
