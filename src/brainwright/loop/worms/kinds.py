"""Which brains a worm's body may have, by name: its wiring, others in its place, none."""

from collections.abc import Callable
from functools import cache

from brainwright.connectome import Connectome, nulls, signs
from brainwright.network import Network

from ..learn import Body
from .circuits import NOSE, bare, cropped, layers, wired

REAL, REWIRED, RANDOM, LARVA = "the worm's wiring", "rewired", "random", "a fly larva's wiring"
BARE, LAYERS = "sensors and motors alone", "layers of equal size"
WIRED = (REAL, REWIRED, RANDOM, LARVA)


def of_worm(name: str) -> Connectome:
    """Chemical synapses with the signs of transmitters; a cell without a known one excites."""
    worm = Connectome.load(name).of_kind("chemical")
    return worm.signed(signs.ByTransmitter("worm", unknown=1.0))


def brain(kind: str, worm: Connectome, seed: int, start: int = 0) -> Network:
    """One brain of a kind for the plate.

    Args:
        kind: one of the names of this module.
        worm: the wiring.
        seed: of its graph, where that is drawn, and of the layers' initial values.
        start: further draw of initial values, where there are any.
    """
    if kind == LAYERS:
        return layers(seed + 100_000 * start)  # apart from all seeds of graphs
    return bare() if kind == BARE else wired(*wiring(kind, worm, seed))


def wiring(kind: str, worm: Connectome, seed: int, body: Body = NOSE) -> tuple[Connectome, Body]:
    """The graph of a brain, and how it is joined to the body: the worm's own, rewired with all degrees kept,
    as many edges at random, or a fly larva's, cut to size (for the plate alone).
    """
    if kind == LARVA:
        return cropped(_larva(), worm, seed)
    others: dict[str, Callable[[], Connectome]] = {
        REAL: lambda: worm,
        REWIRED: lambda: nulls.degree_preserving(worm, seed=seed),
        RANDOM: lambda: nulls.erdos_renyi(worm, seed=seed),
    }
    return others[kind](), body


@cache  # it takes seconds to read, and every brain and start asks for it
def _larva() -> Connectome:
    return Connectome.load("larva/winding2023")
