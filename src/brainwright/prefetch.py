"""A hint to the processor to bring array elements near before they are needed; it changes no result."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def prefetch(typing_context, array, index):
    """Fetch the cache line of `array[index]` (one-dimensional, contiguous) for reading."""

    def emit(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        byte_pointer = ir.IntType(8).as_pointer()
        word = ir.IntType(32)
        address = builder.bitcast(builder.gep(data, [args[1]]), byte_pointer)
        declared = ir.FunctionType(ir.VoidType(), [byte_pointer, word, word, word])
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte_pointer], declared)
        read, keep_in_l2, data_cache = word(0), word(2), word(1)
        builder.call(function, [address, read, keep_in_l2, data_cache])
        return context.get_dummy_value()

    return types.void(array, types.intp), emit
