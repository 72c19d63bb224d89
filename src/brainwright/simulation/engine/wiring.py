"""Connections as the engine walks them: rows by presynaptic neuron, one set of rows per delay."""

import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from brainwright.compiled import njit
from brainwright.signal.native import native

from .words import Words, as_words


@dataclass(frozen=True, eq=False)
class Wiring:
    """Signed connections, grouped by delay and then by presynaptic neuron.

    Make it with `from_edges`. Arrays that come sorted and in the engine's own types are shared
    with the caller, not copied: do not change them afterwards.
    """

    n_neurons: int
    row: np.ndarray
    """int64 (delays, n_neurons + 1): `row[d, i] ... row[d, i + 1]` are the edges of neuron i."""
    post: np.ndarray
    """uint32 (connections,): postsynaptic index."""
    weight: np.ndarray
    """int16, int32, float32 or float64 (connections,): signed synapse count."""
    delay_s: np.ndarray
    """float64 (delays,): delay of each set of rows; nan stands for the parameters' own delay."""

    @classmethod
    def from_edges(
        cls,
        pre: ArrayLike,
        post: ArrayLike,
        signed_count: ArrayLike,
        n_neurons: int,
        *,
        delay_s: ArrayLike | None = None,
    ) -> "Wiring":
        """Build the tables from three arrays of one entry per connection, in any order.

        Args:
            pre: presynaptic index, integers 0 ... n_neurons - 1, shape (connections,).
            post: postsynaptic index, likewise.
            signed_count: synapse count, negative for inhibition, shape (connections,); need not be whole.
            n_neurons: number of neurons, also of those without connections.
            delay_s: delay of each connection in seconds, shape (connections,); default: all have the
                delay of the model's parameters. Memory grows by 8 bytes per neuron and distinct delay.

        Raises:
            ValueError: shapes that differ, an index out of range, a count that is not finite, a delay
                that is not positive.
            TypeError: indices that are not integers.
            MemoryError: less memory free than the tables need, before anything is allocated.
        """
        pre, post, signed_count = (native(np.asarray(x)) for x in (pre, post, signed_count))
        _check_edges(pre, post, signed_count, n_neurons)
        weight = _compact(signed_count)
        group = np.array([np.nan])
        which = None
        if delay_s is not None:
            delay_s = np.asarray(delay_s, dtype=np.float64)
            if delay_s.shape != pre.shape or not (np.isfinite(delay_s).all() and (delay_s > 0).all()):
                raise ValueError(
                    f"delay_s: expected {pre.size} positive numbers of seconds, one per connection; got "
                    f"shape {delay_s.shape}, smallest {delay_s.min() if delay_s.size else 'none'}"
                )
            group, which = np.unique(delay_s, return_inverse=True)
            if not group.size:
                group, which = np.array([np.nan]), None
        need = memory_estimate_bytes(n_neurons, pre.size, distinct_delays=group.size)
        refuse_if_too_little_memory(need, f"{n_neurons} neurons and {pre.size} connections")
        if which is None and _is_sorted(pre):
            row = np.zeros((1, n_neurons + 1), np.int64)
            _count_rows(pre, row[0])
            return cls(n_neurons, row, _as_uint32(post), weight, group)
        row = np.zeros((group.size, n_neurons + 1), np.int64)
        member = np.zeros(0, np.int64) if which is None else which.astype(np.int64)
        _count_grouped(pre, member, row)
        place = _places(pre, member, row.copy())
        ordered_post, ordered_weight = np.empty(pre.size, np.uint32), np.empty_like(weight)
        ordered_post[place] = post
        ordered_weight[place] = weight
        return cls(n_neurons, row, ordered_post, ordered_weight, group)

    @cached_property
    def words(self) -> Words:
        """What the engine walks; made once, when the first engine asks for it."""
        return as_words(self.post, self.weight, self.n_neurons)

    @property
    def n_connections(self) -> int:
        return self.post.size

    @property
    def out_degree(self) -> np.ndarray:
        """It is int64 (n_neurons,): outgoing connections of each neuron."""
        return np.diff(self.row, axis=1).sum(axis=0)

    def edges(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(pre, post, signed count, delay in seconds) in the order of the tables."""
        degree = np.diff(self.row, axis=1)
        neuron = np.broadcast_to(np.arange(self.n_neurons, dtype=np.int32), degree.shape)
        pre = np.repeat(neuron.ravel(), degree.ravel())
        delay = np.repeat(self.delay_s, degree.sum(axis=1))
        return pre, self.post.view(np.int32), self.weight, delay

    def with_weight(self, weight: np.ndarray) -> "Wiring":
        """The same connections with other signed counts, given in the order of `edges`."""
        weight = np.asarray(weight)
        if weight.shape != self.weight.shape or not np.isfinite(weight).all():
            raise ValueError(f"expected {self.weight.size} finite counts, got shape {weight.shape}")
        return Wiring(self.n_neurons, self.row, self.post, _compact(weight), self.delay_s)


def memory_estimate_bytes(
    n_neurons: int, n_connections: int, *, distinct_delays: int = 1, parallel_trials: int = 1, spikes: int = 0
) -> int:
    """Upper estimate of what tables (with counts that are whole) and running trials take, in bytes."""
    # bytes: target, count and word of a connection (4 + 4 + 4), a row start for each neuron and delay (8); of
    # a neuron in a trial two amplitudes (16), release step (8), hot list and masks, rounded up; of a spike
    # its step and its neuron
    tables = n_connections * 12 + distinct_delays * (n_neurons + 1) * 8
    per_trial = n_neurons * 40 + spikes * 12
    return tables + parallel_trials * per_trial


def available_memory_bytes() -> int | None:
    """Memory that can be had without swapping, or None where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def refuse_if_too_little_memory(need_bytes: int, what: str) -> None:
    """Raise MemoryError before anything is allocated if `need_bytes` are not to be had."""
    free = available_memory_bytes()
    if free is not None and need_bytes > free:
        raise MemoryError(
            f"{what} need about {need_bytes / 2**20:.0f} MiB, but {free / 2**20:.0f} MiB are free; "
            "use fewer trials at a time, a subset of the connectome, or a machine with more memory"
        )


def _check_edges(pre: np.ndarray, post: np.ndarray, count: np.ndarray, n_neurons: int) -> None:
    if not (isinstance(n_neurons, int | np.integer) and 0 < n_neurons < 2**31):
        raise ValueError(f"n_neurons: expected an integer from 1 to 2**31 - 1, got {n_neurons!r}")
    if pre.ndim != 1 or pre.shape != post.shape or pre.shape != count.shape:
        raise ValueError(
            "pre, post and signed_count: expected three one-dimensional arrays of one length, got shapes "
            f"{pre.shape}, {post.shape}, {count.shape}"
        )
    for name, index in (("pre", pre), ("post", post)):
        if not np.issubdtype(index.dtype, np.integer):
            raise TypeError(f"{name}: expected integer indices, got {index.dtype}; map ids to indices first")
        if index.size and (index.min() < 0 or index.max() >= n_neurons):
            raise ValueError(
                f"{name}: expected indices from 0 to {n_neurons - 1}, got {index.min()} to {index.max()}; "
                "are these cell ids rather than indices?"
            )
    if np.issubdtype(count.dtype, np.floating) and not np.isfinite(count).all():
        raise ValueError("signed_count: expected finite numbers, got nan or infinity")


def _compact(count: np.ndarray) -> np.ndarray:
    """Counts in the narrowest of the engine's types that holds them exactly."""
    if count.dtype in (np.int16, np.float32, np.float64):
        return np.ascontiguousarray(count)
    if not np.issubdtype(count.dtype, np.integer):
        return count.astype(np.float64)
    low, high = (count.min(), count.max()) if count.size else (0, 0)
    for dtype in (np.int16, np.int32):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return np.ascontiguousarray(count, dtype=dtype)
    return count.astype(np.float64)


def _as_uint32(index: np.ndarray) -> np.ndarray:
    """Unsigned, because an index that cannot be negative needs no wrap-around test in the kernel."""
    return np.ascontiguousarray(index, dtype=np.int32).view(np.uint32)


@njit(cache=True)
def _is_sorted(index):
    for e in range(1, index.size):  # noqa: SIM110 - compiled, and stops at the first descent
        if index[e] < index[e - 1]:
            return False
    return True


@njit(cache=True)
def _count_rows(pre, row):
    for e in range(pre.size):
        row[pre[e] + 1] += 1
    for i in range(1, row.size):
        row[i] += row[i - 1]


@njit(cache=True)
def _count_grouped(pre, which, row):
    grouped = which.size > 0
    for e in range(pre.size):
        d = which[e] if grouped else 0
        row[d, pre[e] + 1] += 1
    total = 0
    for d in range(row.shape[0]):
        row[d, 0] = total
        for i in range(1, row.shape[1]):
            row[d, i] += row[d, i - 1]
        total = row[d, row.shape[1] - 1]


@njit(cache=True)
def _places(pre, which, following):
    """Where each edge goes when ordered by (delay, pre); equal ones keep their given order."""
    grouped = which.size > 0
    place = np.empty(pre.size, np.int64)
    for e in range(pre.size):
        d = which[e] if grouped else 0
        place[e] = following[d, pre[e]]
        following[d, pre[e]] += 1
    return place
