"""Who hears whom: weights [listener, speaker] between pieces of tissue."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from brainwright.connectome import Connectome

Graph = NDArray[np.float64]


def all_to_all(n: int) -> Graph:
    """Each hears every other, and not itself."""
    return 1.0 - np.eye(n)


def alone(n: int) -> Graph:
    """Each hears itself alone."""
    return np.eye(n)


def ring(n: int) -> Graph:
    """Each hears one fixed neighbour."""
    return np.roll(np.eye(n), 1, axis=1)


def small_world(n: int, near: int = 4, rewired: float = 0.2, seed: int = 0) -> Graph:
    """A ring in which each hears its nearest, some of them exchanged for anyone (Watts & Strogatz 1998,
    Nature 393:440; here directed, so that each hears the same number, and drawn anew until everybody is
    reached by everybody).

    Args:
        n: pieces of tissue.
        near: even number of those that each hears.
        rewired: probability of each to be exchanged.
        seed: of the exchanges.

    Raises:
        ValueError: an odd number of neighbours, none, or as many as there are others or more.
    """
    if near < 2 or near % 2 or near >= n:
        raise ValueError(f"near: expected an even number from 2 to below {n}, got {near}")
    rng = np.random.default_rng(seed)
    while True:
        graph = np.zeros((n, n))
        for listener in range(n):
            offsets = [step for k in range(1, near // 2 + 1) for step in (-k, k)]
            heard = [(listener + step) % n for step in offsets]
            for k in range(near):
                if rng.random() < rewired:
                    free = sorted(set(range(n)) - {listener, *heard})
                    heard[k] = int(rng.choice(free)) if free else heard[k]
            graph[listener, heard] = 1.0
        if not unheard(graph):
            return graph


def of_connectome(wiring: Connectome) -> Graph:
    """Each cell stands for a piece of tissue: it hears the cells that have synapses on it, by their number,
    with a mean of one over those that are there.

    Raises:
        ValueError: a wiring without synapses between different cells.
    """
    graph = wiring.weights(dtype=np.float64).toarray()  # post × pre
    np.fill_diagonal(graph, 0.0)
    if not graph.any():
        raise ValueError(f"{wiring.source.name}: expected synapses between different cells, got none")
    return graph / graph[graph > 0].mean()


NAMED = {"all": all_to_all, "ring": ring, "small-world": small_world}
"""By their names, for a command line."""


def check_reached(graph: Graph, names: Sequence[object]) -> None:
    """It refuses a graph in which somebody hears nobody, or is out of reach of somebody of its group.

    Args:
        graph: [listener, speaker].
        names: of all, for the message.

    Raises:
        ValueError: says who.
    """
    if deaf := np.flatnonzero(~(graph != 0).any(axis=1)).tolist():
        raise ValueError(
            f"graph: {names[deaf[0]]} hears nobody ({len(deaf)} in all): give each a partner, or name those "
            "who only speak"
        )
    if apart := unheard(graph):
        listener, speaker = (names[i] for i in apart[0])
        raise ValueError(
            f"graph: nothing that {speaker} says ever reaches {listener} ({len(apart)} such pairs): join "
            "them by a chain of messages, or leave them in groups of their own"
        )


def many(graph: Graph, n: int) -> Graph:
    """The same graph in each of `n` groups that do not hear one another."""
    return np.kron(np.eye(n), graph).astype(np.float64)


def unheard(graph: Graph) -> list[tuple[int, int]]:
    """Pairs (listener, speaker) of one group between which no chain of messages leads; empty where everybody
    is reached by everybody. Groups are those that are joined in either direction.
    """
    there = graph != 0
    n = len(graph)
    reach, joined = np.eye(n, dtype=bool) | there, np.eye(n, dtype=bool) | there | there.T
    for _ in range(max(1, int(np.ceil(np.log2(max(n, 2)))))):  # chains double in length
        reach = (reach.astype(np.float32) @ reach) > 0
        joined = (joined.astype(np.float32) @ joined) > 0
    return [(int(a), int(b)) for a, b in np.argwhere(joined & ~reach)]
