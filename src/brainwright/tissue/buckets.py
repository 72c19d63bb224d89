"""Levels of token buckets: all buckets of one kind of key (channels, or dishes) are followed at once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .envelope import Bucket


class Levels(NamedTuple):
    """Pulses by key and time: key [pulse], level of each bucket after the pulse [bucket, pulse], time
    [pulse], whether it is the last of its key [pulse]."""

    key: NDArray[np.int64]
    level: NDArray[np.float64]
    time_s: NDArray[np.float64]
    last: NDArray[np.bool_]


class Buckets:
    """What delivered pulses have left in buckets that share their keys."""

    def __init__(self, buckets: Sequence[Bucket], n_keys: int):
        self.buckets = buckets
        self._rate = np.array([bucket.capacity / bucket.refill_s for bucket in buckets])
        self._by_charge = np.array([bucket.unit == "nC" for bucket in buckets], bool)
        self._level = np.zeros((len(buckets), n_keys))  # at the time of the last delivered pulse
        self._level_s = np.zeros(n_keys)

    def now(self, now_s: float) -> NDArray[np.float64]:
        """It returns the level of the fullest key of each bucket, [bucket]."""
        gone = np.maximum(now_s - self._level_s, 0.0) * self._rate[:, None]
        return np.maximum((self._level - gone).max(axis=1), 0.0)

    def after(
        self, key: NDArray[np.int64], time_s: NDArray[np.float64], charge_nC: NDArray[np.float64]
    ) -> Levels:
        """It returns the levels after each of these pulses, which come by time, [pulse] each.

        With Q the running charge and X = Q - rate t: level_i = X_i - min over j <= i of (X_j - q_j), which
        is Lindley's recursion. The settled level of a key enters as a pulse of its own, at the first time.
        """
        order = np.argsort(key, kind="stable")
        key, time_s, charge_nC = key[order], time_s[order], charge_nC[order]
        first = np.append(True, key[1:] != key[:-1])[: key.size]
        last = np.append(first[1:], True)[: key.size]
        start = np.flatnonzero(first)
        q = np.where(self._by_charge[:, None], charge_nC, 1.0)
        before = self._level[:, key[start]]
        gone = np.maximum(time_s[start] - self._level_s[key[start]], 0.0) * self._rate[:, None]
        before = np.maximum(before - gone, 0.0)
        count = np.diff(np.append(start, key.size))
        level = np.empty((len(self.buckets), key.size))
        for size in np.unique(np.frexp(count)[1]):  # keys with about as many pulses, padded by half at most
            of_size = np.frexp(count)[1] == size
            pulses = np.repeat(of_size, count)
            level[:, pulses] = _levels(
                q[:, pulses], time_s[pulses], count[of_size], before[:, of_size], self._rate
            )
        return Levels(key, level, time_s, last)

    def fold(self, levels: Levels) -> None:
        """These pulses were delivered."""
        keys = levels.key[levels.last]
        self._level[:, keys] = levels.level[:, levels.last]
        self._level_s[keys] = np.maximum(self._level_s[keys], levels.time_s[levels.last])


def _levels(
    q: NDArray[np.float64],
    time_s: NDArray[np.float64],
    count: NDArray[np.int64],
    before: NDArray[np.float64],
    rate: NDArray[np.float64],
) -> NDArray[np.float64]:
    """It returns the levels [bucket, pulse] of keys that have `count` pulses each, one row per key."""
    width, start = int(count.max()), np.cumsum(count) - count
    row = np.repeat(np.arange(count.size), count)
    column = np.arange(row.size) - start[row] + 1
    charge = np.zeros((len(rate), count.size, width + 1))
    charge[:, :, 0] = before
    charge[:, row, column] = q
    elapsed_s = np.zeros((count.size, width + 1))
    elapsed_s[row, column] = time_s - time_s[start][row]
    x = np.cumsum(charge, axis=2) - rate[:, None, None] * elapsed_s
    return (x - np.minimum.accumulate(x - charge, axis=2))[:, row, column]
