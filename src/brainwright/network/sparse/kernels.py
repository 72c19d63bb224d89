"""Compiled loops of the sparse product. Every output row is owned by one call, so that results do not depend
on the number of threads. State is [ensemble, cell, sample], samples contiguous.
"""

import numpy as np

from brainwright.compiled import njit
from brainwright.prefetch import prefetch

from .vectors import BLOCK, add_rows

# contraction and re-association let the sample loops use vector units; NaN and infinity keep their meaning
_FAST = {"contract", "reassoc", "nsz"}
_compiled = njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")

AHEAD = 48
"""Entries ahead of the one at work whose rows are called near: at a few nanoseconds an entry about the time
that a row takes to come from memory.
"""
FAR = 2**20
"""Bytes of state that a second-level cache holds; rows of less are near already."""


@_compiled
def _add(row, weight, column, source):
    """row[b] += sum over k of weight[k] source[column[k], b]: in registers as far as whole blocks go, and for
    the samples left four sources at a time, so that `row` is read and written a quarter as often.
    """
    n, width = weight.size, BLOCK // row.itemsize
    begin = row.size - row.size % width
    for at in range(0, begin, width):
        add_rows(row, at, weight, column, n, source)  # ty: ignore[missing-argument] - an intrinsic
    if begin == row.size:
        return
    fours = n - n % 4
    for k in range(0, fours, 4):
        v0, v1, v2, v3 = weight[k], weight[k + 1], weight[k + 2], weight[k + 3]
        s0, s1 = source[column[k]], source[column[k + 1]]
        s2, s3 = source[column[k + 2]], source[column[k + 3]]
        for b in range(begin, row.size):
            row[b] += v0 * s0[b] + v1 * s1[b] + v2 * s2[b] + v3 * s3[b]
    for k in range(fours, n):
        v, s = weight[k], source[column[k]]
        for b in range(begin, row.size):
            row[b] += v * s[b]


@_compiled
def _at(place, k):
    """Where the value of entry k lies; an empty `place` stands for the order of the entries themselves."""
    return place[k] if place.size else k


@_compiled
def _far(state):
    """Whether rows at random places of a state [cell, sample] come from beyond the second-level cache."""
    return state.size * state.itemsize > FAR


@_compiled
def _soon(index, k):
    """The row of the entry `AHEAD` of entry k."""
    return np.int64(index[min(k + AHEAD, index.size - 1)])


@_compiled
def scatter(start, post, place, value, h, y):
    """y[m, post[k]] += value[m, place[k]] h[m, j] for all entries k of all columns j: for few samples the
    quickest way, and it needs no second order of the entries; one thread only.
    """
    row_size = y.shape[2]
    for m in range(h.shape[0]):
        y[m] = 0.0
        far, flat = _far(y[m]), y[m].reshape(-1)
        for j in range(start.size - 1):
            source = h[m, j]
            for k in range(start[j], start[j + 1]):
                if far:
                    prefetch(flat, _soon(post, k) * row_size)  # ty: ignore[missing-argument] - an intrinsic
                v, row = value[m, _at(place, k)], y[m, post[k]]
                for b in range(row.size):
                    row[b] += v * source[b]


@_compiled
def forward_narrow(start, pre, value, h, y, first, last):
    """The kernel does as `forward`, one source at a time: the very sums of `scatter`, whatever the number of
    threads.
    """
    row_size = h.shape[2]
    for m in range(h.shape[0]):
        far, flat = _far(h[m]), h[m].reshape(-1)
        for i in range(first, last):
            row = y[m, i]
            row[:] = 0.0
            for k in range(start[i], start[i + 1]):
                if far:
                    prefetch(flat, _soon(pre, k) * row_size)  # ty: ignore[missing-argument]
                v, source = value[m, k], h[m, pre[k]]
                for b in range(row.size):
                    row[b] += v * source[b]


@_compiled
def backward_narrow(start, post, place, value, h, gy, gh, gv, first, last):
    """The kernel does `backward_state` and `backward_entries` in one walk: for few samples fetching rows is
    what costs.
    """
    row_size = gy.shape[2]
    for m in range(h.shape[0]):
        far, flat = _far(gy[m]), gy[m].reshape(-1)
        for j in range(first, last):
            source, row = h[m, j], gh[m, j]
            row[:] = 0.0
            for k in range(start[j], start[j + 1]):
                if far:
                    prefetch(flat, _soon(post, k) * row_size)  # ty: ignore[missing-argument]
                e, g = _at(place, k), gy[m, post[k]]
                v, total = value[m, e], source.dtype.type(0.0)
                for b in range(row.size):
                    row[b] += v * g[b]
                    total += g[b] * source[b]
                gv[m, e] = total


@_compiled
def forward(start, pre, value, h, y, first, last):
    """y[m, i] = sum over entries k of row i of value[m, k] h[m, pre[k]], for rows first..last."""
    for m in range(h.shape[0]):
        for i in range(first, last):
            row = y[m, i]
            row[:] = 0.0
            _add(row, value[m, start[i] : start[i + 1]], pre[start[i] : start[i + 1]], h[m])


@_compiled
def backward_state(start, post, place, value, gy, gh, first, last):
    """gh[m, j] = sum over entries k of column j of value[m, place[k]] gy[m, post[k]], columns first..last."""
    for m in range(gy.shape[0]):
        for j in range(first, last):
            row = gh[m, j]
            row[:] = 0.0
            first_k, last_k = start[j], start[j + 1]
            sorted_value = value[m][place[first_k:last_k]] if place.size else value[m, first_k:last_k]
            _add(row, sorted_value, post[first_k:last_k], gy[m])


@_compiled
def backward_entries(start, post, place, h, gy, gv, first, last):
    """gv[m, place[k]] += <gy[m, post[k]], h[m, j]> for the entries k of columns j in first..last."""
    for m in range(h.shape[0]):
        for j in range(first, last):
            source = h[m, j]
            for k in range(start[j], start[j + 1]):
                g = gy[m, post[k]]
                total = source.dtype.type(0.0)
                for b in range(source.size):
                    total += g[b] * source[b]
                gv[m, _at(place, k)] += total


@_compiled
def step(start, pre, value, x, live, bias, drive, driven, rectify, new, alive, first, last):
    """new[i] = phi(bias[i] + drive[driven[i]] + sum over entries k of row i of value[k] x[pre[k]]), rows
    first..last. Sources silent in all samples (not `live`) are skipped; `driven` is -1 for cells without a
    drive; phi is the rectifier or nothing; `alive` says which rows of `new` are anything but 0.
    """
    weight, column = _room(start, first, last, value)
    every = live.all()
    for i in range(first, last):
        row = new[i]
        row[:] = bias[i]
        if driven[i] >= 0:
            row += drive[driven[i]]
        if every:
            _add(row, value[start[i] : start[i + 1]], pre[start[i] : start[i + 1]], x)
        else:
            n = 0
            for k in range(start[i], start[i + 1]):
                if live[pre[k]]:
                    weight[n], column[n] = value[k], pre[k]
                    n += 1
            _add(row, weight[:n], column[:n], x)
        alive[i] = _rectified(row) if rectify else True


@_compiled
def step_back(start, post, place, value, gz, live, x, rectify, g, alive, first, last):
    """g[j] becomes phi'(x[j]) (g[j] + sum over entries k of column j of value[place[k]] gz[post[k]]), columns
    first..last. Targets without gradient (not `live`) are skipped; so are, with the rectifier, cells that are
    silent in all samples. `alive` says which rows of `g` are anything but 0.
    """
    weight, column = _room(start, first, last, value)
    every = place.size == 0 and live.all()
    for j in range(first, last):
        row, state = g[j], x[j]
        alive[j] = False
        if rectify and not _any(state):
            row[:] = 0.0
            continue
        if every:
            _add(row, value[start[j] : start[j + 1]], post[start[j] : start[j + 1]], gz)
        else:
            n = 0
            for k in range(start[j], start[j + 1]):
                if live[post[k]]:
                    weight[n], column[n] = value[_at(place, k)], post[k]
                    n += 1
            _add(row, weight[:n], column[:n], gz)
        if rectify:
            zero = row.dtype.type(0)
            for b in range(row.size):
                row[b] = row[b] if state[b] > zero else zero
        alive[j] = _any(row)


@_compiled
def _room(start, first, last, value):
    most = 0
    for i in range(first, last):
        most = max(most, start[i + 1] - start[i])
    return np.empty(most, value.dtype), np.empty(most, np.int32)


@_compiled
def _rectified(row):
    """max(row, 0) in place, NaN kept; whether anything is left."""
    zero = row.dtype.type(0)
    left = 0
    for b in range(row.size):
        row[b] = zero if row[b] <= zero else row[b]
        left += row[b] != zero
    return left > 0


@_compiled
def _any(row):
    left = 0
    for b in range(row.size):
        left += row[b] != 0
    return left > 0
