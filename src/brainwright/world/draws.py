"""Random numbers of bodies that do not know of each other: number k of a body follows from its seed and k."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class Draws:
    """Uniform numbers in [0, 1), one series per seed.

    Args:
        seeds: one per series, 0 .. 2**63 - 1.

    Attributes:
        drawn: how many numbers were drawn so far, int64 [series].

    Raises:
        ValueError: no seeds, or seeds that are no such numbers.
    """

    def __init__(self, seeds: Sequence[int]):
        if not len(seeds) or not all(0 <= int(seed) < 2**63 for seed in seeds):
            raise ValueError(f"seeds: expected at least one number of 0 .. 2**63 - 1, got {seeds!r:.80}")
        self._starts = _mixed(np.array(seeds, np.uint64) * _GOLDEN)
        self.drawn = np.zeros(len(seeds), np.int64)

    def uniform(self, which: NDArray[np.int64]) -> NDArray[np.float64]:
        """The next number of each of these series, [which]."""
        number = self.drawn[which].astype(np.uint64)
        self.drawn[which] += 1
        bits = _mixed(self._starts[which] + number * _GOLDEN) >> np.uint64(11)
        return bits.astype(np.float64) * 2.0**-53

    def below(self, bound: int, which: NDArray[np.int64]) -> NDArray[np.int64]:
        """The next whole number of each series below a bound, [which]; uniform to within bound / 2**53."""
        return (self.uniform(which) * bound).astype(np.int64)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, 10.1145/2660193.2660195): numbers that
    differ in one bit become unrelated ones.
    """
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _FIRST
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _SECOND
    return numbers ^ (numbers >> np.uint64(31))
