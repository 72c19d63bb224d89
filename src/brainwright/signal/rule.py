"""Streams with a known law: a successor rule with jumps, and a plain cycle."""

import numpy as np

from brainwright.signal.errors import StreamError
from brainwright.signal.streams import MAX_SYMBOLS, MIN_SYMBOLS, SymbolStream


def rule(k: int = 6, jump: float = 0.2, seed: int = 0) -> SymbolStream:
    """A walk that follows a hidden single cycle through all `k` symbols, and jumps anywhere now and then.

    P(next | current) = (1 - jump) [next is the successor] + jump / k. Its Bayes ceiling is
    1 - jump + jump / k.

    Args:
        k: number of symbols, 3 to 8.
        jump: probability of a jump to a uniformly drawn symbol (which may be any, the current one too).
        seed: chooses the hidden order.
    """
    _check_k("rule", k)
    if not 0 <= jump < 1:
        raise StreamError(f"rule: expected 0 <= jump < 1, got {jump}; with 1 there would be no rule")
    rng = np.random.default_rng(seed)
    order = rng.permutation(k)
    transition = np.full((k, k), jump / k)
    transition[order, np.roll(order, -1)] += 1 - jump
    labels = tuple("ABCDEFGH"[:k])
    return SymbolStream(f"rule-{k}", labels, order, transition, walk=True)


def cycle(k: int = 6) -> SymbolStream:
    """The symbols 0, 1, ..., k - 1 for ever: entropy rate 0, Bayes ceiling 1."""
    _check_k("cycle", k)
    return SymbolStream(f"cycle-{k}", tuple("ABCDEFGH"[:k]), np.arange(k))


def _check_k(name: str, k: int) -> None:
    if not MIN_SYMBOLS <= k <= MAX_SYMBOLS:
        raise StreamError(f"{name}: expected {MIN_SYMBOLS} to {MAX_SYMBOLS} symbols, got {k}")
