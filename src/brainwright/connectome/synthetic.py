"""A synthetic diagram with the size, degree spread and count spread of an adult fly brain, from one seed.

The real table cannot be shipped; this one has a planted sensory pathway, so that a driven input reaches some
400 cells. Nothing about it is evidence about flies.
"""

import numpy as np
import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import Edges
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.source import Source

LAYERS = 4
"""Of followers: activity must be passed on three times to reach the last, the output pool."""


def fly_like(
    n_cells: int = 138_639,
    n_edges: int = 15_091_983,
    seed: int = 0,
    *,
    n_inputs: int = 21,
    n_followers: int = 400,
) -> Connectome:
    """It draws log-normal propensities, power-law counts, signs per cell, and a planted feed-forward circuit.

    Out- and in-propensity of a cell are log-normal (log-sd 1, log-correlation 0.6); a pair is drawn with
    probability proportional to out- times in-propensity; P(count >= k) = k^-1.25 up to 400; 60 % of cells are
    excitatory. The inputs drive layer 0 of the followers, each layer the next, and followers one another.

    Args:
        n_cells, n_edges: size; no autapses, no repeated pairs.
        seed: any integer; equal seeds give equal diagrams.
        n_inputs, n_followers: size of the planted circuit.

    Returns:
        Connectome with cell columns `type` ("input", "follower", "background"), `layer` (-1 outside the
        followers), `pool`, `transmitter` and `sign`. About 30 s of CPU at the default size.

    Raises:
        ConnectomeError: the edges do not fit the cells, or the planted circuit does not.
    """
    if n_inputs < 7 or n_followers < 14 * LAYERS or n_cells < 2 * (n_inputs + n_followers):
        raise ConnectomeError(
            "expected >= 7 inputs, >= 56 followers, and at least twice as many cells as both"
        )
    if n_edges > n_cells * (n_cells - 1) // 4:
        raise ConnectomeError(
            f"expected at most a quarter of all pairs, got {n_edges} edges for {n_cells} cells"
        )
    rng = np.random.default_rng(seed)
    out, into = _propensities(rng, n_cells)
    excitatory = rng.random(n_cells) < 0.6  # as many of the fly's are known to
    special = rng.choice(n_cells, n_inputs + n_followers, replace=False)
    inputs, followers = special[:n_inputs], special[n_inputs:]
    excitatory[inputs] = True
    # an ordinary cell or better, so that activity of the followers leaves the planted circuit
    out[followers] = np.maximum(out[followers], 1.5 * np.median(out))
    layers = np.array_split(followers, LAYERS)
    planted, planted_count = _planted(rng, inputs, layers, followers, n_cells)
    if planted.size > n_edges:
        raise ConnectomeError(
            f"expected at least {planted.size} edges for the planted circuit, got {n_edges}"
        )
    background = _background(rng, out, into, n_edges - planted.size, planted)
    # a mean of 3.7 synapses an edge, as in the fly (3.6), and a tail of strong ones
    count = np.minimum(np.floor(rng.random(background.size) ** (-1 / 1.25)), 400).astype(np.int32)
    key = np.concatenate([planted, background])
    edges = Edges(
        (key // n_cells).astype(np.int32),
        (key % n_cells).astype(np.int32),
        np.concatenate([planted_count, count]),
        np.zeros(key.size, np.uint8),
    )
    source = Source(
        name=f"synthetic/fly_like seed {seed}",
        licence="Apache-2.0",
        citation="brainwright, synthetic: evidence about no animal",
    )
    return Connectome.build(_cells(excitatory, inputs, layers), edges, source=source)


def _propensities(rng, n: int) -> tuple[np.ndarray, np.ndarray]:
    shared, z_out, z_in = rng.standard_normal((3, n))
    out, into = (np.exp(np.sqrt(0.6) * shared + np.sqrt(0.4) * z) for z in (z_out, z_in))
    return out, into


def _planted(rng, inputs, layers, followers, n: int) -> tuple[np.ndarray, np.ndarray]:
    """It returns keys pre * n + post and counts; the first plan wins where two plant the same pair."""
    # inputs per cell, and their mean number of synapses: at 150 Hz and 0.275 mV each, seven inputs hold a
    # cell at 35 mV, five times its threshold
    plans = [(inputs, layers[0], 7, 24.0)]
    plans += [(layers[k], layers[k + 1], 14, 16.0) for k in range(LAYERS - 1)]
    plans += [(followers, followers, 6, 6.0)]
    keys, counts = [], []
    for sources, targets, fan_in, mean in plans:
        for target in targets:
            pre = rng.choice(sources[sources != target], fan_in, replace=False)
            keys.append(pre.astype(np.int64) * n + target)
            counts.append(1 + rng.geometric(1 / mean, fan_in))
    key, first = np.unique(np.concatenate(keys), return_index=True)
    return key, np.concatenate(counts)[first].astype(np.int32)


def _background(rng, out, into, wanted: int, planted: np.ndarray) -> np.ndarray:
    """It draws `wanted` distinct keys off the diagonal and off the planted pairs."""
    n = out.size
    cumulated = [np.cumsum(propensity) / propensity.sum() for propensity in (out, into)]
    keys = np.empty(0, np.int64)
    while keys.size < wanted:
        draws = int(1.06 * (wanted - keys.size)) + 64  # what repeats is drawn again
        pre, post = (
            np.minimum(np.searchsorted(c, np.sort(rng.random(draws)) if sort else rng.random(draws)), n - 1)
            for c, sort in zip(cumulated, (True, False), strict=True)
        )
        key = (pre * n + post)[pre != post]
        key = key[~np.isin(key, planted)] if planted.size else key
        keys = np.unique(np.concatenate([keys, key]))
    surplus = rng.choice(keys.size, keys.size - wanted, replace=False, shuffle=False)
    return np.delete(keys, surplus)


def _cells(excitatory, inputs, layers) -> pd.DataFrame:
    n = excitatory.size
    layer = np.full(n, -1, np.int8)
    kind = np.full(n, "background", object)
    kind[inputs] = "input"
    for number, members in enumerate(layers):
        layer[members] = number
        kind[members] = "follower"
    pool = np.where(kind == "input", "sensory", np.where(layer == LAYERS - 1, "output", "internal"))
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "type": kind.astype(str),
            "layer": layer,
            "pool": pool.astype(str),
            "transmitter": np.where(excitatory, "ACH", "GABA"),
            "sign": np.where(excitatory, 1, -1).astype(np.int8),
        }
    )
