"""The wirings that are compared, and the networks made of them."""

from functools import cache

import numpy as np

from brainwright.connectome import Connectome, expand, nulls, signs
from brainwright.connectome.own import own_wiring
from brainwright.network import Network, Rate, Raw, SpectralRadius, compile, layered

from .lineup import LARVA, NO_CORE, PROTOCOLS, Arm, Setup

INHIBITORY = 0.3
"""Share of cells whose sign is negative: no transmitter of the larva is known."""


@cache
def wiring_of(name: str, outputs: tuple[str, ...] | None, seed: int) -> Connectome:
    """The signed wiring, read once per process; all arms share the draw of signs."""
    if name == "worm":
        wiring = Connectome.load("celegans/varshney2011").of_kind("chemical")
    elif name != "larva":
        return own_wiring(name, seed)
    else:
        options = {} if outputs is None else {"outputs": outputs}
        wiring = Connectome.load(LARVA, kinds=("ad",), **options)
    return wiring.without_autapses().signed(signs.Sampled(INHIBITORY, seed=seed))


def variant(wiring: Connectome, kind: str, seed: int, draw: int) -> Connectome:
    """The wiring itself ("real" and the floors), a null model of it, or an expansion such as "grown 1.5"; the
    graph follows from the seed of the run and the draw. Expanded wirings are driven and read at the cells of
    the original.
    """
    graph_seed = int(np.random.SeedSequence([seed, draw]).generate_state(1)[0])
    if kind in nulls.NULLS:
        return nulls.named(kind)(wiring, seed=graph_seed)
    name, _, factor = kind.partition(" ")
    if not factor:
        return wiring
    if name == "cloned":
        larger = expand.clone(wiring, float(factor), graph_seed)
    elif name == "grown_null":
        larger = expand.expanded_null(wiring, float(factor), graph_seed, null=nulls.degree_preserving)
    else:
        larger = expand.block_model(wiring, float(factor), graph_seed)
    for pool, members in (("driven", "sensory"), ("read", "output")):
        larger = larger.with_pool(pool, wiring.ids[wiring.pools[members]])
    return larger


def core(wiring: Connectome, protocol: str, n_inputs: int, n_outputs: int, seed: int) -> Network:
    """The frozen core of a protocol and its trained maps, whose initial values follow from seed and sizes."""
    how = PROTOCOLS[protocol]
    expanded = "driven" in wiring.pools
    return compile(
        wiring,
        Rate("relu", form="rate", bias="cell" if how.bias else "none"),
        n_inputs=n_inputs,
        n_outputs=n_outputs,
        input_pool="driven" if expanded else "sensory",
        output_pool="read" if expanded else "output",
        scaling=Raw() if how.radius is None else SpectralRadius(how.radius),
        gap_conductance=0.0,
        seed=seed,
    )


def network_of(setup: Setup, arm: Arm, n_inputs: int, n_outputs: int, seed: int, draw: int) -> Network:
    """The network of an arm; initial values follow from the seed, the graph from kind and draw."""
    base = "normalised" if arm.protocol == NO_CORE else arm.protocol
    wiring = wiring_of(setup.wiring, PROTOCOLS[base].outputs, setup.seed)
    if arm.kind == "linear":
        return layered([n_inputs, n_outputs], seed=seed)
    if arm.kind == "encoder_only":  # read straight from the input cells
        return layered([n_inputs, len(wiring.pools["sensory"]), n_outputs], seed=seed)
    if arm.kind == "mlp":  # as many trained values as the compiled network
        total = core(wiring, base, n_inputs, n_outputs, seed).n_parameters
        width = round((total - n_outputs) / (n_inputs + n_outputs + 1))
        return layered([n_inputs, width, n_outputs], seed=seed)
    return core(variant(wiring, arm.kind, setup.seed, draw), base, n_inputs, n_outputs, seed)
