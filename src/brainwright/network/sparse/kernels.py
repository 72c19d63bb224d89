"""Compiled loops of the sparse product. Every output row is owned by one call, so that results do not depend
on the number of threads. State is [ensemble, cell, sample], samples contiguous.
"""

from numba import njit

# contraction and re-association let the sample loops use vector units; NaN and infinity keep their meaning
_FAST = {"contract", "reassoc", "nsz"}


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def forward(start, pre, value, h, y, first, last):
    """y[m, i] = sum over entries k of row i of value[m, k] h[m, pre[k]], for rows first..last."""
    n_samples = h.shape[2]
    for m in range(h.shape[0]):
        for i in range(first, last):
            row = y[m, i]
            for b in range(n_samples):
                row[b] = 0.0
            for k in range(start[i], start[i + 1]):
                v = value[m, k]
                source = h[m, pre[k]]
                for b in range(n_samples):
                    row[b] += v * source[b]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def backward(start, post, place, value, h, gy, gh, gv, first, last):
    """gh[m, j] = sum of value gy[m, post], and gv[m, place[k]] = <gy[m, post[k]], h[m, j]>, in one walk."""
    n_samples = h.shape[2]
    for m in range(h.shape[0]):
        for j in range(first, last):
            source, row = h[m, j], gh[m, j]
            for b in range(n_samples):
                row[b] = 0.0
            for k in range(start[j], start[j + 1]):
                e = place[k]
                v = value[m, e]
                g = gy[m, post[k]]
                total = value.dtype.type(0.0)
                for b in range(n_samples):
                    row[b] += v * g[b]
                    total += g[b] * source[b]
                gv[m, e] = total


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def backward_state(start, post, place, value, gy, gh, first, last):
    """The first half of `backward`: nothing is asked of the entries."""
    n_samples = gy.shape[2]
    for m in range(gy.shape[0]):
        for j in range(first, last):
            row = gh[m, j]
            for b in range(n_samples):
                row[b] = 0.0
            for k in range(start[j], start[j + 1]):
                v = value[m, place[k]]
                g = gy[m, post[k]]
                for b in range(n_samples):
                    row[b] += v * g[b]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def backward_entries(start, post, place, h, gy, gv, first, last):
    """The second half of `backward`: nothing is asked of the state."""
    n_samples = h.shape[2]
    for m in range(h.shape[0]):
        for j in range(first, last):
            source = h[m, j]
            for k in range(start[j], start[j + 1]):
                g = gy[m, post[k]]
                total = h.dtype.type(0.0)
                for b in range(n_samples):
                    total += g[b] * source[b]
                gv[m, place[k]] = total
