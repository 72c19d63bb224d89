"""Rows become columns, by blocks that lie in registers: two to three times as fast as element by element."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from brainwright.compiled import njit
from brainwright.prefetch import prefetch

from .vectors import LANE, Arrays, load, store

AHEAD = 4
"""Blocks ahead whose rows are called near: rows lie so far apart that the processor does not foresee them."""


@njit(cache=True, nogil=True, error_model="numpy")
def turn(source, out, first, last):
    """out[i, b] = source[b, i] for rows i in first..last of `out`; rows of both are contiguous."""
    width = LANE // out.itemsize
    samples = source.shape[0]
    in_blocks = samples - samples % width
    rows = last - (last - first) % width
    flat, pitch = source.reshape(-1), source.shape[1]
    for i in range(first, rows, width):
        soon = min(i + AHEAD * width, rows - 1)
        for b in range(samples):
            prefetch(flat, b * pitch + soon)  # ty: ignore[missing-argument] - an intrinsic
        for b in range(0, in_blocks, width):
            _turn_block(source, b, i, out)  # ty: ignore[missing-argument] - an intrinsic
        for k in range(i, i + width):
            for b in range(in_blocks, samples):
                out[k, b] = source[b, k]
    for i in range(rows, last):
        for b in range(samples):
            out[i, b] = source[b, i]


@intrinsic
def _turn_block(typing_context, source, b, i, out):
    """out[i + k, b + l] = source[b + l, i + k] for all k and l below the elements of a vector."""

    def emit(context, builder, signature, args):
        arrays = Arrays(context, builder, signature, args)
        lanes, vector = arrays.lanes(0)
        places = [args[1].type(k) for k in range(lanes)]
        rows = [
            load(builder, arrays.row(0, builder.add(args[1], k), args[2]), places[0], vector) for k in places
        ]
        for row, k in zip(_turned(builder, rows), places, strict=True):
            store(builder, row, arrays.row(3, builder.add(args[2], k), args[1]), places[0])
        return context.get_dummy_value()

    return types.void(source, types.intp, types.intp, out), emit


def _turned(builder, rows):
    """Row k and row k + n / 2 are merged lane by lane into rows 2 k and 2 k + 1: done log2 n times this moves
    each element from (row, lane) to (lane, row).
    """
    n, word = len(rows), ir.IntType(32)
    low = [at + side for at in range(n // 2) for side in (0, n)]
    masks = [
        ir.Constant(ir.VectorType(word, n), places) for places in (low, [place + n // 2 for place in low])
    ]
    for _ in range(n.bit_length() - 1):
        pairs = zip(rows[: n // 2], rows[n // 2 :], strict=True)
        rows = [builder.shuffle_vector(a, b, mask) for a, b in pairs for mask in masks]
    return rows
