"""Threads take work in turn from one counter, so that none waits for another's share."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def take(typing_context, counter):
    """It adds one to `counter[0]` (int64) and returns what was there before: no two threads get the same."""

    def emit(context, builder, signature, args):
        place = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", place, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), emit
