"""Two neighbouring numbers of an array added to at once; each is rounded as it would be alone."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def add_to_pair(typing_context, pairs, j, w, first, second):
    """Add `w * first` to `pairs[j, 0]` and `w * second` to `pairs[j, 1]`; returns the new `pairs[j, 0]`.

    The compiler does not join the two by itself. `pairs` is (n, 2) and contiguous, float32 or float64; the
    arithmetic is done in the type of `w`, which is no narrower.
    """

    def emit(context, builder, signature, args):
        array_type, index_type, wide_type, *factor_types = signature.args
        array = context.make_array(array_type)(context, builder, args[0])
        index = context.cast(builder, args[1], index_type, types.intp)
        narrow, wide = (context.get_value_type(t) for t in (array_type.dtype, wide_type))
        lane = [ir.Constant(ir.IntType(32), k) for k in (0, 1)]

        def both(one, other):
            empty = ir.Constant(ir.VectorType(wide, 2), ir.Undefined)
            return builder.insert_element(builder.insert_element(empty, one, lane[0]), other, lane[1])

        factors = [
            context.cast(builder, value, kind, wide_type)
            for value, kind in zip(args[3:], factor_types, strict=True)
        ]
        place = builder.gep(array.data, [builder.shl(index, ir.Constant(index.type, 1))])
        place = builder.bitcast(place, ir.VectorType(narrow, 2).as_pointer())
        size = context.get_abi_sizeof(narrow)  # a pair need not lie at a multiple of its own size
        held = builder.load(place, align=size)
        held = held if narrow == wide else builder.fpext(held, ir.VectorType(wide, 2))
        total = builder.fadd(held, builder.fmul(both(args[2], args[2]), both(*factors)))
        total = total if narrow == wide else builder.fptrunc(total, ir.VectorType(narrow, 2))
        builder.store(total, place, align=size)
        return builder.extract_element(total, lane[0])

    return pairs.dtype(pairs, j, w, first, second), emit
