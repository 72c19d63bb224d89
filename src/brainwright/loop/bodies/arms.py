"""What stands beside a wiring in its body: sensors and motors alone, layers of equal size."""

from math import sqrt
from typing import Any

from brainwright.connectome import Connectome
from brainwright.network import Network, layered
from brainwright.network.scaling import SpectralRadius

from ..learn import Body, embody
from ..learn.evaluate import Make

RADIUS = 0.9
"""Spectral radius of every wiring, real or rewired: signals neither die nor grow on their own."""
STEPS = 3
"""Of the network for each action, from rest: two synapses between a cell that feels and one that acts."""
BODY = Body("sensory", "output", steps=STEPS, memory=False)
"""Every sensory cell feels everything, every output cell has a part in every action, by weights that are
learned: nothing is chosen by hand but which cells these are."""


def wired(wiring: Connectome, make: Make, seed: int, body: Body = BODY) -> Network:
    """A wiring whose synapses learn their strengths and keep their signs; `seed` is of the weights of sensors
    and motors, the same for all wirings of these pools.
    """
    options: dict[str, Any] = {"scaling": SpectralRadius(RADIUS), "train": "edge", "gap_conductance": 0.0}
    return embody(wiring, make, body, seed=seed, **options).network


def bare(network: Network, seed: int) -> Network:
    """Sensors and motors alone, the core bypassed: as many cells feel, and the motors' weights read them."""
    n_sensory = int(network.pools["sensors"][1].size)
    return layered([network.n_inputs, n_sensory, network.n_outputs], "tanh", seed=seed)


def layers(network: Network, seed: int) -> Network:
    """Two layers of equal width with about as many values to learn as the network has."""
    outside, values = network.n_inputs + network.n_outputs + 2, values_of(network)
    # width² + width (inputs + outputs + 2) + outputs = values
    width = (sqrt(outside**2 + 4 * (values - network.n_outputs)) - outside) / 2
    width = max(1, round(width))
    return layered([network.n_inputs, width, width, network.n_outputs], "tanh", seed=seed)


def values_of(network: Network) -> int:
    """How many values it learns."""
    return network.n_parameters
