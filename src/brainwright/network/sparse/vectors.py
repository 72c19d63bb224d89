"""An inner loop with its sums held in registers, which a compiler does not find by itself: it cannot know
that a row fits there. It adds in the order of the plain loop that it stands for.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

BLOCK = 256
"""Bytes of one row that are summed at once: 64 float32, half of 32 registers of 16 bytes and of 16 of 32."""
_LANE = 32
"""Bytes of one vector; a machine with shorter ones takes two."""
_TWOFOLD = ("contract",)
"""A product and a sum may become one instruction, where there is one."""


@intrinsic
def add_rows(typing_context, row, at, weight, column, n, source):
    """row[at : at + width] += sum over k < n, in this order, of weight[k] source[column[k], at : at + width];
    width is `BLOCK` bytes.
    """

    def emit(context, builder, signature, args):
        of_row, of_weight, of_column, of_source = (
            context.make_array(signature.args[k])(context, builder, args[k]) for k in (0, 2, 3, 5)
        )
        element = context.get_value_type(signature.args[0].dtype)
        lanes = _LANE // context.get_abi_sizeof(element)
        places = [args[1].type(k * lanes) for k in range(BLOCK // _LANE)]
        vector = ir.VectorType(element, lanes)
        start = builder.gep(of_row.data, [args[1]])
        pitch = builder.sdiv(
            cgutils.unpack_tuple(builder, of_source.strides)[0],
            args[1].type(context.get_abi_sizeof(element)),
        )
        sums = [cgutils.alloca_once_value(builder, _load(builder, start, place, vector)) for place in places]
        with cgutils.for_range(builder, args[4], intp=args[4].type) as loop:
            value = builder.load(builder.gep(of_weight.data, [loop.index]))
            chosen = builder.sext(builder.load(builder.gep(of_column.data, [loop.index])), pitch.type)
            first = builder.gep(of_source.data, [builder.add(builder.mul(chosen, pitch), args[1])])
            factor = _spread(builder, value, vector)
            for total, place in zip(sums, places, strict=True):
                product = builder.fmul(factor, _load(builder, first, place, vector), flags=_TWOFOLD)
                builder.store(builder.fadd(product, builder.load(total), flags=_TWOFOLD), total)
        for total, place in zip(sums, places, strict=True):
            _store(builder, builder.load(total), start, place)
        return context.get_dummy_value()

    return types.void(row, types.intp, weight, column, types.intp, source), emit


def _address(builder, start, place, vector):
    return builder.bitcast(builder.gep(start, [place]), vector.as_pointer())


def _load(builder, start, place, vector):
    """Rows lie where their elements may lie, not where vectors should."""
    loaded = builder.load(_address(builder, start, place, vector))
    loaded.align = 4
    return loaded


def _store(builder, value, start, place):
    stored = builder.store(value, _address(builder, start, place, value.type))
    stored.align = 4


def _spread(builder, value, vector):
    """A vector of one value."""
    alone = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(alone, ir.Constant(vector, ir.Undefined), places)
