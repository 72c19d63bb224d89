"""Compiled loops of the sparse product. Every output row is owned by one call, so that results do not depend
on the number of threads. State is [ensemble, cell, sample], samples contiguous.
"""

import numpy as np

from brainwright.compiled import njit
from brainwright.prefetch import prefetch

from .vectors import BLOCK, TOGETHER, add_rows, dot_row, dot_rows

# contraction and re-association let the sample loops use vector units; NaN and infinity keep their meaning
_FAST = {"contract", "reassoc", "nsz"}
_compiled = njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")

AHEAD = 48
"""Entries ahead of the one at work whose rows are called near: at a few nanoseconds an entry about the time
that a row takes to come from memory.
"""
FAR = 2**20
"""Bytes of state that a second-level cache holds; rows of less are near already."""
NEAR = 2**14
"""Bytes of rows that are still in a first-level cache, of 32 kB, when they are read once more."""
ROWS_AHEAD, LINE = 4, 64
"""Rows ahead that are called near in a walk over all rows, each of which takes some hundred nanoseconds, and
the bytes of a line.
"""
STRETCH = 2**11
"""Entries whose steps are summed before the next ones: their sums stay in the first-level cache."""
IDENTITY, TANH, RELU = range(3)


@_compiled
def _add(out, i, weight, column, first, last, source):
    """out[i, b] += sum over k in first..last of weight[k] source[column[k], b]: in registers as far as whole
    blocks go.
    """
    width = BLOCK // out.itemsize
    begin = out.shape[1] - out.shape[1] % width
    for at in range(0, begin, width):
        add_rows(out, i, at, weight, column, first, last, source)  # ty: ignore[missing-argument] - an intrinsic
    if begin < out.shape[1]:
        _add_rest(out[i], begin, weight[first:last], column[first:last], source)


@_compiled
def _add_rest(row, begin, weight, column, source):
    """The samples from `begin` on: four sources at a time, so that `row` is read and written a quarter as
    often.
    """
    n = weight.size
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
def _dots(out, column, first, last, source, x, j):
    """out[k] = <source[column[k]], x[j]> for k in first..last."""
    n, width = x.shape[1], BLOCK // x.itemsize
    if n and n % width == 0:
        fours = last - (last - first) % TOGETHER
        for k in range(first, fours, TOGETHER):
            dot_rows(out, k, column, source, x, j)  # an intrinsic
        for k in range(fours, last):
            dot_row(out, k, column, source, x, j)
        return
    state = x[j]
    for k in range(first, last):
        row = source[column[k]]
        total = state.dtype.type(0.0)
        for b in range(state.size):
            total += row[b] * state[b]
        out[k] = total


@_compiled
def _at(place, k):
    """Where the value of entry k lies; an empty `place` stands for the order of the entries themselves."""
    return place[k] if place.size else k


@_compiled
def _far(state):
    """Whether rows at random places of a state [cell, sample] come from beyond the second-level cache."""
    return state.size * state.itemsize > FAR


@_compiled
def _call_near(flat, size, k):
    """Row k of an array of rows of `size`, laid flat, which may be empty: rows are walked in their order, but
    too slowly for the processor to see that.
    """
    if flat.size and k >= 0:
        for b in range(k * size, (k + 1) * size, LINE // flat.itemsize):
            prefetch(flat, b)  # ty: ignore[missing-argument] - an intrinsic


@_compiled
def _soon(index, k):
    """The row of the entry `AHEAD` of entry k."""
    return np.int64(index[min(k + AHEAD, index.size - 1)])


@_compiled
def _within(start, post, j, first, last, n_post):
    """The entries of column j whose rows are first..last: they lie together, in the order of rows."""
    if j >= start.size - 1:
        return post.size, post.size
    begin, end = start[j], start[j + 1]
    if last < n_post:
        end = begin + np.searchsorted(post[begin:end], last)
    if first:
        begin += np.searchsorted(post[begin:end], first)
    return begin, end


@_compiled
def scatter(start, post, place, value, h, y, first, last):
    """y[m, i] = sum over entries k of row i of value[m, place[k]] h[m, column of k], for rows first..last, by
    columns: for few samples the quickest way, and it needs no second order of the entries.
    """
    n_post, row_size = y.shape[1:]
    for m in range(h.shape[0]):
        y[m, first:last] = 0.0
        far, flat = _far(y[m]), y[m].reshape(-1)
        begin, end = _within(start, post, 0, first, last, n_post)
        for j in range(start.size - 1):
            source = h[m, j]
            next_begin, next_end = _within(start, post, j + 1, first, last, n_post)
            for k in range(begin, end):
                if far:
                    soon = k + AHEAD if k + AHEAD < end else next_begin + k + AHEAD - end
                    near = np.int64(post[min(soon, post.size - 1)])
                    prefetch(flat, near * row_size)  # ty: ignore[missing-argument] - an intrinsic
                v, row = value[m, _at(place, k)], y[m, post[k]]
                for b in range(row.size):
                    row[b] += v * source[b]
            begin, end = next_begin, next_end


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
            y[m, i] = 0.0
            _add(y[m], i, value[m], pre, start[i], start[i + 1], h[m])


@_compiled
def backward_state(start, post, place, value, gy, gh, first, last):
    """gh[m, j] = sum over entries k of column j of value[m, place[k]] gy[m, post[k]], columns first..last."""
    for m in range(gy.shape[0]):
        for j in range(first, last):
            gh[m, j] = 0.0
            first_k, last_k = start[j], start[j + 1]
            if place.size:
                sorted_value = value[m][place[first_k:last_k]]
                _add(gh[m], j, sorted_value, post[first_k:last_k], 0, last_k - first_k, gy[m])
            else:
                _add(gh[m], j, value[m], post, first_k, last_k, gy[m])


@_compiled
def backward_entries(start, post, place, h, gy, gv, first, last):
    """gv[m, place[k]] += <gy[m, post[k]], h[m, j]> for the entries k of columns j in first..last."""
    found = np.empty(_longest(start, first, last), h.dtype)
    for m in range(h.shape[0]):
        for j in range(first, last):
            first_k, n = start[j], start[j + 1] - start[j]
            _dots(found, post[first_k : first_k + n], 0, n, gy[m], h[m], j)
            for k in range(n):
                gv[m, _at(place, first_k + k)] += found[k]


@_compiled
def step(start, pre, value, x, live, bias, drive, driven, rectify, new, alive, first, last):
    """new[i] = phi(bias[i] + drive[driven[i]] + sum over entries k of row i of value[k] x[pre[k]]), rows
    first..last. Sources silent in all samples (not `live`) are skipped; `driven` is -1 for cells without a
    drive, and where `drive` is empty `new` holds it; phi is the rectifier or nothing; `alive` says which rows
    of `new` are anything but 0.
    """
    weight, column = _room(start, first, last, value)
    every, samples = live.all(), new.shape[1]
    flat_new, flat_drive = new.reshape(-1), drive.reshape(-1)
    for i in range(first, last):
        soon = min(i + ROWS_AHEAD, last - 1)
        _call_near(flat_new, samples, soon)
        _call_near(flat_drive, samples, driven[soon])
        offset, at = bias[i], driven[i]
        if at >= 0 and drive.size:
            for b in range(samples):
                new[i, b] = offset + drive[at, b]
        elif at >= 0:
            for b in range(samples):
                new[i, b] += offset
        else:
            for b in range(samples):
                new[i, b] = offset
        if every:
            _add(new, i, value, pre, start[i], start[i + 1], x)
        else:
            n = 0
            for k in range(start[i], start[i + 1]):
                if live[pre[k]]:
                    weight[n], column[n] = value[k], pre[k]
                    n += 1
            _add(new, i, weight, column, 0, n, x)
        alive[i] = _rectified(new[i]) if rectify else True


@_compiled
def step_back(start, post, value, gz, live, x, arriving, phi, g, total, dots, alive, first, last):
    """g[j] = phi'(x[j]) (arriving[j] + sum over entries k of column j of value[k] gz[post[k]]), columns
    first..last, is added to total[j]; and dots[k] = <gz[post[k]], x[j]>. An empty `total` or `dots` is left
    out; where `arriving` is empty, `g` holds it. Targets without gradient (not `live`) are skipped; so are,
    with the rectifier, cells that are silent in all samples. `alive` says which rows of `g` may be anything
    but 0.
    """
    weight, column = _room(start, first, last, value)
    every, samples = live.all(), g.shape[1]
    flat_g, flat_x, flat_arriving = g.reshape(-1), x.reshape(-1), arriving.reshape(-1)
    # a multiple of four, so that what `_add` adds at once is the same however a column is cut
    most = max(1, NEAR // max(1, TOGETHER * samples * g.itemsize)) * TOGETHER
    for j in range(first, last):
        soon = min(j + ROWS_AHEAD, last - 1)
        _call_near(flat_g, samples, soon)
        _call_near(flat_x, samples, soon)
        _call_near(flat_arriving, samples, soon)
        silent = phi == RELU and not _any(x[j])
        if silent:
            g[j] = 0.0
        elif arriving.size:
            for b in range(samples):
                g[j, b] = arriving[j, b]
        if not every and not silent:
            n = 0
            for k in range(start[j], start[j + 1]):
                if live[post[k]]:
                    weight[n], column[n] = value[k], post[k]
                    n += 1
            _add(g, j, weight, column, 0, n, gz)
        for k in range(start[j], start[j + 1], most):
            end = min(k + most, start[j + 1])
            if every and not silent:
                _add(g, j, value, post, k, end, gz)
            if dots.size:  # of the rows that were just summed
                _dots(dots, post, k, end, gz, x, j)
        _slope(phi, g[j], x[j])
        alive[j] = phi != RELU or _any(g[j])
        if total.size:
            for b in range(samples):
                total[j, b] += g[j, b]


@_compiled
def over_steps(dots, start, found, first, last):
    """found[k] = sum over steps t, in their order, of dots[t, k], for the entries of columns first..last."""
    for at in range(start[first], start[last], STRETCH):
        end = min(at + STRETCH, start[last])
        for k in range(at, end):
            found[k] = 0.0
        for t in range(dots.shape[0]):
            for k in range(at, end):
                found[k] += dots[t, k]


# no contraction: the numbers are those of torch, which rounds the square and the difference apart
@njit(cache=True, nogil=True, error_model="numpy")
def _slope(phi, row, state):
    """row *= phi'(state) where the state is what phi gave."""
    one, zero = row.dtype.type(1), row.dtype.type(0)
    if phi == TANH:
        for b in range(row.size):
            row[b] *= one - state[b] * state[b]
    elif phi == RELU:
        for b in range(row.size):
            row[b] = row[b] if state[b] > zero else zero


@_compiled
def _longest(start, first, last):
    most = 0
    for i in range(first, last):
        most = max(most, start[i + 1] - start[i])
    return most


@_compiled
def _room(start, first, last, value):
    most = _longest(start, first, last)
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
