"""A module of cortex as a connectome: five layers in one of two published wirings."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .connectome import Connectome
from .errors import ConnectomeError
from .source import Source

LAYERS = ("1", "2/3", "4", "5", "6")


@dataclass(frozen=True)
class LaminarWiring:
    """Which layers project to which, where the input arrives, where predictions are read, and which layer
    then compares.

    Attributes:
        joins: (pre, post) layers.
        input, prediction: layers of the two pools.
        error: the layer that carries the error by the account.
        citation: of it.
    """

    joins: tuple[tuple[str, str], ...]
    input: tuple[str, ...]
    prediction: tuple[str, ...]
    error: str
    citation: str


WIRINGS: dict[str, LaminarWiring] = {
    "error in 2/3": LaminarWiring(
        (
            ("4", "2/3"),
            ("2/3", "2/3"),
            ("2/3", "5"),
            ("5", "5"),
            ("5", "6"),
            ("6", "4"),
            ("6", "6"),
            ("5", "2/3"),
            ("5", "1"),
            ("1", "2/3"),
        ),
        ("4",),
        ("5", "6"),
        "2/3",
        "Bastos et al. 2012, Neuron 76:695; Keller & Mrsic-Flogel 2018, Neuron 100:424",
    ),
    "error in 5": LaminarWiring(
        (
            ("4", "4"),
            ("4", "2/3"),
            ("2/3", "2/3"),
            ("2/3", "5"),
            ("5", "5"),
            ("5", "6"),
            ("6", "4"),
            ("6", "6"),
            ("5", "1"),
            ("1", "2/3"),
        ),
        ("4", "5"),
        ("2/3",),
        "5",
        "Nejad et al. 2025, Nat Commun 16 (prediction in 2/3 of what 4 delays, comparison in 5)",
    ),
}
"""Layer 1 holds no cell bodies to speak of; here it is the relay of deep feedback to the tufts of 2/3."""


def laminar(wiring: str, n: int = 24, *, shuffle: int | None = None, seed: int = 0) -> Connectome:
    """It returns a connectome of five layers of n cells with the pools "input" and "prediction": each cell of
    a layer projects to every other of those that it joins, with normal signed weights by the seed.

    Args:
        wiring: of `WIRINGS`.
        n: cells of a layer.
        shuffle: None for the layers as published; else the number of a shuffle of who joins whom, with as
            many joins; see `shuffled`. Input and prediction stay where they are.
        seed: of the weights.

    Raises:
        ConnectomeError: an unknown wiring, or fewer than two cells.
    """
    if wiring not in WIRINGS or n < 2:
        raise ConnectomeError(f"expected a wiring of {', '.join(WIRINGS)} and n >= 2, got {wiring!r}, {n}")
    account = WIRINGS[wiring]
    joins = account.joins if shuffle is None else shuffled(wiring, shuffle)
    place = {layer: np.arange(n) + k * n for k, layer in enumerate(LAYERS)}
    pre = np.concatenate([np.repeat(place[a], n) for a, _ in joins])
    post = np.concatenate([np.tile(place[b], n) for _, b in joins])
    other = pre != post
    pre, post = pre[other], post[other]
    weights = np.random.default_rng(seed).standard_normal(len(pre))
    edges = pd.DataFrame({"pre": pre, "post": post, "weight": weights})
    layer = np.repeat(LAYERS, n)
    cells = pd.DataFrame({"id": np.arange(len(layer)), "type": layer})
    source = Source(name=f"laminar/{wiring}", licence="Apache-2.0", citation=account.citation)
    whole = Connectome.from_dataframe(edges, cells, source=source)
    for pool, layers in (("input", account.input), ("prediction", account.prediction)):
        whole = whole.with_pool(pool, np.flatnonzero(np.isin(layer, layers)))
    return whole


def shuffled(wiring: str, number: int) -> tuple[tuple[str, str], ...]:
    """The joins of shuffle `number`: layers that send and layers that receive are put in an order of their
    own each, so that the numbers of layers that are joined stay the same as a list; a path leads from some
    input to every prediction, none is the published one and no two are the same. Thousands are left so; by an
    exchange of layers alone, which moves input and prediction and leaves the joins, there are 29.
    """
    account, seen = WIRINGS[wiring], []
    published, rng = frozenset(account.joins), np.random.default_rng(0)
    while len(seen) <= number:
        sends, hears = (dict(zip(LAYERS, rng.permutation(LAYERS).tolist(), strict=True)) for _ in range(2))
        joins = frozenset((sends[a], hears[b]) for a, b in account.joins)
        reached = _reached(tuple(joins))
        leads = all(any(b in reached[a] for a in account.input) for b in account.prediction)
        if leads and joins != published and joins not in seen:
            seen.append(joins)
    return tuple(sorted(seen[number]))


def _reached(joins: tuple[tuple[str, str], ...]) -> dict[str, set[str]]:
    """Layer → all that it reaches, itself included."""
    reached = {layer: {layer} for layer in LAYERS}
    for _ in LAYERS:
        for pre, post in joins:
            for layers in reached.values():
                if pre in layers:
                    layers.add(post)
    return reached
