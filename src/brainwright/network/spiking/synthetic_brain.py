"""A synthetic brain with the size and the heavy-tailed degrees of the fly's, and a labelled input.

It stands in for the real table, which may not be shipped: log-normal in- and out-propensities,
power-law synapse counts, signs on the presynaptic neuron, and one planted feed-forward circuit
(21 inputs, four layers of followers) that carries activity. It is not a model of any real circuit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

FLY_NEURONS = 138_639
FLY_CONNECTIONS = 15_091_983


@dataclass(frozen=True)
class SyntheticBrain:
    """Edges sorted by (pre, post), and the labels of the planted circuit."""

    n_neurons: int
    pre: np.ndarray
    """int32 (connections,): presynaptic index."""
    post: np.ndarray
    """int32 (connections,): postsynaptic index."""
    signed_count: np.ndarray
    """int16 (connections,): synapse count times the sign of the presynaptic neuron."""
    inputs: np.ndarray
    """int32 (n_inputs,): the labelled input, all excitatory."""
    layers: np.ndarray
    """int32 (4, followers per layer): the planted feed-forward circuit."""


def synthetic_brain(
    n_neurons: int = FLY_NEURONS,
    n_connections: int = FLY_CONNECTIONS,
    *,
    seed: int,
    n_inputs: int = 21,
    n_followers: int = 400,
    planted_counts: tuple[int, int, int] = (24, 16, 6),
) -> SyntheticBrain:
    """Draw a brain; the same arguments give the same brain on every machine.

    Args:
        n_neurons: cells.
        n_connections: connected ordered pairs, exactly this many.
        seed: of numpy's PCG64.
        n_inputs: labelled inputs.
        n_followers: cells of the planted circuit, a multiple of 4.
        planted_counts: mean synapse count above one of input -> layer 0, layer -> next layer,
            and follower -> follower.

    Raises:
        ValueError: sizes that leave no room for the planted circuit or for that many pairs.
    """
    if n_neurons < 2 * (n_inputs + n_followers) or n_followers % 4 or n_followers < 56 or n_inputs < 7:
        raise ValueError(
            "expected n_neurons >= 2 * (n_inputs + n_followers), n_inputs >= 7, n_followers a multiple "
            f"of 4 and >= 56; got {n_neurons} neurons, {n_inputs} inputs, {n_followers} followers"
        )
    if not 40 * n_followers <= n_connections <= n_neurons * (n_neurons - 1) // 4:
        raise ValueError(
            f"expected between {40 * n_followers} connections and a quarter of all pairs "
            f"({n_neurons * (n_neurons - 1) // 4}), got {n_connections}"
        )
    rng = np.random.default_rng(seed)
    shared, out_own, in_own = rng.standard_normal((3, n_neurons))
    out_propensity = np.exp(np.sqrt(0.6) * shared + np.sqrt(0.4) * out_own)
    in_propensity = np.exp(np.sqrt(0.6) * shared + np.sqrt(0.4) * in_own)
    sign = np.where(rng.random(n_neurons) < 0.6, 1, -1).astype(np.int16)
    chosen = rng.choice(n_neurons, n_inputs + n_followers, replace=False)
    inputs, followers = chosen[:n_inputs], chosen[n_inputs:]
    sign[inputs] = 1
    floor = 1.5 * np.median(out_propensity)
    out_propensity[followers] = np.maximum(out_propensity[followers], floor)
    layers = followers.reshape(4, -1)

    planted_key, planted_count = _planted(rng, inputs, layers, n_neurons, planted_counts)
    background = _background(rng, out_propensity, in_propensity, planted_key, n_connections)
    count = np.minimum(rng.random(background.size) ** (-1 / 1.25), 400.0).astype(np.int16)
    key = np.concatenate([background, planted_key])
    count = np.concatenate([count, planted_count])
    order = np.argsort(key, kind="stable")
    key = key[order]
    pre = (key // n_neurons).astype(np.int32)
    post = (key % n_neurons).astype(np.int32)
    return SyntheticBrain(
        n_neurons=n_neurons,
        pre=pre,
        post=post,
        signed_count=count[order] * sign[pre],
        inputs=np.sort(inputs).astype(np.int32),
        layers=np.sort(layers, axis=1).astype(np.int32),
    )


def _planted(
    rng: Generator, inputs: np.ndarray, layers: np.ndarray, n: int, means: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Keys (pre * n + post) and counts of the planted circuit; the first of duplicates is kept."""
    plan = [(inputs, layers[0], 7, means[0])]
    plan += [(layers[k], layers[k + 1], 14, means[1]) for k in range(3)]
    plan += [(layers.ravel(), layers.ravel(), 6, means[2])]
    keys, counts = [], []
    for sources, targets, fan_in, mean in plan:
        for target in targets:
            source = rng.choice(sources[sources != target], fan_in, replace=False).astype(np.int64)
            keys.append(source * n + target)
            counts.append(1 + rng.geometric(1 / mean, fan_in))
    key, first = np.unique(np.concatenate(keys), return_index=True)
    return key, np.concatenate(counts)[first].astype(np.int16)


def _background(
    rng: Generator, out_propensity: np.ndarray, in_propensity: np.ndarray, planted: np.ndarray, total: int
) -> np.ndarray:
    """Distinct keys outside the planted circuit, in proportion to out- times in-propensity."""
    n = out_propensity.size
    wanted = total - planted.size
    key = np.empty(0, np.int64)
    draws = int(1.06 * wanted)
    while key.size < wanted:
        fresh = _draw(rng, out_propensity, draws) * n + _draw(rng, in_propensity, draws)
        fresh = fresh[fresh // n != fresh % n]
        key = np.unique(np.concatenate([key, fresh]))
        key = key[~np.isin(key, planted, assume_unique=True)]
        draws = max(int(1.3 * (wanted - key.size)), 1000)
    surplus = rng.choice(key.size, key.size - wanted, replace=False)
    return np.delete(key, surplus)


def _draw(rng: Generator, propensity: np.ndarray, size: int) -> np.ndarray:
    """Indices with probability proportional to ``propensity``, by the inverse of its cumulated sum."""
    cumulated = np.cumsum(propensity)
    found = np.searchsorted(cumulated, rng.random(size) * cumulated[-1], side="right")
    return np.minimum(found, propensity.size - 1)
