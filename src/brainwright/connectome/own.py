"""A wiring of the user's own, made ready for an experiment: signed, with cells that are driven and read."""

from pathlib import Path

import numpy as np

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import ELECTRICAL
from brainwright.connectome.signs import Sampled
from brainwright.errors import UserError

SHARE = 0.1
"""Of the cells that are driven, and of those that are read, where the wiring does not say which these are."""
INHIBITORY = 0.3
"""Share of cells that inhibit where the wiring has no signs: GABA and glutamate among a fly's cells."""

POOLS = 1
"""Number of the stream from which pools are drawn."""


def own_wiring(path: str | Path, seed: int = 0) -> Connectome:
    """It returns any wiring with what experiments need; what the file does not say is drawn, and said in the
    notes of the source.

    The chemical synapses without autapses are taken. Signs are those of the data, else drawn over cells.
    Cells that are driven and read are the pools "sensory" and "output", else drawn apart from one another (to
    give them: `with_pool`, then `save`, and the folder in place of the file). Cells without a `type` have
    their class or pool for one.

    Args:
        path: a file, a folder written by `save`, or the name of a data set, as `Connectome.load` takes it.
        seed: of what is drawn.

    Raises:
        UserError: no such wiring, or one that is too small.
    """
    wiring = Connectome.load(path)
    chemical = [kind for kind in wiring.kinds if kind != ELECTRICAL]
    if not chemical:
        raise UserError(
            f"{path}: expected synapses, got gap junctions alone; of an undirected graph that "
            "means synapses both ways, load it with undirected='both' and save it"
        )
    wiring = wiring.of_kind(*chemical).without_autapses()
    if wiring.n_cells < 2 / SHARE or not wiring.n_edges:
        raise UserError(
            f"{path}: expected {2 / SHARE:.0f} cells or more with synapses, got {wiring.n_cells} with "
            f"{wiring.n_edges}"
        )
    if not (wiring.is_signed or "sign" in wiring.cells):
        wiring = wiring.signed(Sampled(INHIBITORY, seed=seed))
    wiring = _with_pools(wiring, seed)
    if "type" in wiring.cells:
        return wiring
    return wiring.with_cells(type=wiring.cells["class"] if "class" in wiring.cells else _pool_of(wiring))


def _with_pools(wiring: Connectome, seed: int) -> Connectome:
    missing = [name for name in ("sensory", "output") if not len(wiring.pools.get(name, ()))]
    if not missing:
        return wiring
    taken = np.concatenate([wiring.pools.get(name, []) for name in ("sensory", "output")]).astype(int)
    # a stream of its own: that of the seed alone draws the signs, so that all driven cells would inhibit
    free = np.random.default_rng([seed, POOLS]).permutation(np.setdiff1d(np.arange(wiring.n_cells), taken))
    n = round(SHARE * wiring.n_cells)
    for k, name in enumerate(missing):
        wiring = wiring.with_pool(name, wiring.ids[free[k * n : (k + 1) * n]])
    words = " and ".join({"sensory": "driven", "output": "read"}[name] for name in missing)
    return wiring.noted(f"{n} cells each drawn (seed {seed}) that are {words}: the wiring names none")


def _pool_of(wiring: Connectome) -> np.ndarray:
    names = np.full(wiring.n_cells, "internal", object)
    for name in ("sensory", "output"):
        names[wiring.pools[name]] = name
    return names
