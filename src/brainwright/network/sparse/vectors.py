"""Inner loops with their sums held in registers, which a compiler does not find by itself: it cannot know
that a row fits there. `add_rows` adds in the order of the plain loop that it stands for, `dot_rows` in that
in which four vectors of 64 bytes sum a plain loop.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

BLOCK = 256
"""Bytes of one row that are summed at once: 64 float32, 4 of 32 registers of 64 bytes, half of 16 of 32."""
TOGETHER = 4
"""Entries whose products are summed at once, so that one fetch of their common row and the steps in which the
lanes of a vector become one number serve them all.
"""
LANE = 64
"""Bytes of one vector; a machine with shorter ones takes two or four."""
_TWOFOLD = ("contract",)
"""A product and a sum may become one instruction, where there is one."""


@intrinsic
def add_rows(typing_context, out, i, at, weight, column, first, last, source):
    """out[i, at : at + width] += sum over k in first..last, in this order, of
    weight[k] source[column[k], at : at + width]; width is `BLOCK` bytes. Rows are contiguous.
    """

    def emit(context, builder, signature, args):
        arrays = Arrays(context, builder, signature, args)
        lanes, vector = arrays.lanes(0)
        places = [args[2].type(k * lanes) for k in range(BLOCK // LANE)]
        start = arrays.row(0, args[1], args[2])
        sums = [cgutils.alloca_once_value(builder, load(builder, start, place, vector)) for place in places]
        with cgutils.for_range_slice(builder, args[5], args[6], args[5].type(1)) as (k, _):
            factor = _spread(builder, arrays.item(3, k), vector)
            row = arrays.row(7, arrays.item(4, k), args[2])
            for total, place in zip(sums, places, strict=True):
                product = builder.fmul(factor, load(builder, row, place, vector), flags=_TWOFOLD)
                builder.store(builder.fadd(product, builder.load(total), flags=_TWOFOLD), total)
        for total, place in zip(sums, places, strict=True):
            store(builder, builder.load(total), start, place)
        return context.get_dummy_value()

    index = types.intp
    return types.void(out, index, index, weight, column, index, index, source), emit


def _dot_rows(together: int):
    """The products of so many entries with their common row."""

    @intrinsic
    def dot_rows(typing_context, out, first, column, source, x, j):
        """out[k] = <source[column[k]], x[j]> for the entries k from `first` on; rows are whole blocks."""

        def emit(context, builder, signature, args):
            arrays = Arrays(context, builder, signature, args)
            lanes, vector = arrays.lanes(4)
            n = BLOCK // LANE
            entries = [builder.add(args[1], args[1].type(e)) for e in range(together)]
            zero = args[1].type(0)
            rows = [arrays.row(3, arrays.item(2, k), zero) for k in entries]
            common = arrays.row(4, args[5], zero)
            nothing = ir.Constant(vector, [0.0] * lanes)
            sums = [[cgutils.alloca_once_value(builder, nothing) for _ in range(n)] for _ in rows]
            size, width = arrays.samples(4), args[1].type(n * lanes)
            with cgutils.for_range_slice(builder, zero, size, width) as (at, _):
                for part in range(n):
                    place = builder.add(at, at.type(part * lanes))
                    factor = load(builder, common, place, vector)
                    for row, totals in zip(rows, sums, strict=True):
                        product = builder.fmul(load(builder, row, place, vector), factor, flags=_TWOFOLD)
                        total = builder.fadd(product, builder.load(totals[part]), flags=_TWOFOLD)
                        builder.store(total, totals[part])
            whole = [_in_pairs(builder, [builder.load(total) for total in totals]) for totals in sums]
            store(builder, _across(builder, whole), arrays.at(0, args[1]), zero)
            return context.get_dummy_value()

        return types.void(out, types.intp, column, source, x, types.intp), emit

    return dot_rows


dot_rows, dot_row = _dot_rows(TOGETHER), _dot_rows(1)


class Arrays:
    """The arguments of an intrinsic, by their number, as addresses."""

    def __init__(self, context, builder, signature, args):
        self.context, self.builder, self.signature, self.args = context, builder, signature, args

    def _of(self, number):
        return self.context.make_array(self.signature.args[number])(
            self.context, self.builder, self.args[number]
        )

    def lanes(self, number):
        """How many elements a vector has, and its type."""
        element = self.context.get_value_type(self.signature.args[number].dtype)
        lanes = LANE // self.context.get_abi_sizeof(element)
        return lanes, ir.VectorType(element, lanes)

    def samples(self, number):
        """The length of a row."""
        return cgutils.unpack_tuple(self.builder, self._of(number).shape)[1]

    def at(self, number, index):
        """The address of an element of a contiguous array of one axis."""
        return self.builder.gep(self._of(number).data, [index])

    def item(self, number, index):
        """An element of such an array."""
        return self.builder.load(self.at(number, index))

    def row(self, number, index, at):
        """The address of element `at` of a row."""
        array, builder = self._of(number), self.builder
        pitch = cgutils.unpack_tuple(builder, array.strides)[0]
        size = self.context.get_abi_sizeof(self.context.get_value_type(self.signature.args[number].dtype))
        if index.type != pitch.type:
            index = builder.sext(index, pitch.type)
        row = builder.mul(index, builder.sdiv(pitch, pitch.type(size)))
        return builder.gep(array.data, [builder.add(row, at)])


def _in_pairs(builder, vectors):
    """The sum of some vectors: neighbours first, then their sums."""
    while len(vectors) > 1:
        vectors = [builder.fadd(a, b) for a, b in zip(vectors[1::2], vectors[::2], strict=True)]
    return vectors[0]


def _across(builder, vectors):
    """The sums over the lanes of each vector, as one vector: its upper and its lower half are added, then
    those of what is left. Two vectors become one as long as there are two, so that no lane idles.
    """
    width = vectors[0].type.count
    while width > 1:
        size, half = vectors[0].type.count, width // 2
        low = [at + b for at in range(0, size, width) for b in range(half)]
        pairs = [(vectors[0], vectors[0])]
        if len(vectors) > 1:
            low += [size + place for place in low]
            pairs = zip(vectors[::2], vectors[1::2], strict=True)
        vectors, width = [_halves(builder, a, b, low, half) for a, b in pairs], half
    return vectors[0]


def _halves(builder, a, b, low, half):
    """The lower halves of the sums in two vectors and the upper ones, added."""
    word = ir.IntType(32)
    lower, upper = (
        builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(word, len(low)), places))
        for places in (low, [place + half for place in low])
    )
    return builder.fadd(upper, lower)


def _address(builder, start, place, vector):
    return builder.bitcast(builder.gep(start, [place]), vector.as_pointer())


def load(builder, start, place, vector):
    """Rows lie where their elements may lie, not where vectors should."""
    loaded = builder.load(_address(builder, start, place, vector))
    loaded.align = 4
    return loaded


def store(builder, value, start, place):
    stored = builder.store(value, _address(builder, start, place, value.type))
    stored.align = 4


def _spread(builder, value, vector):
    """A vector of one value."""
    alone = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(alone, ir.Constant(vector, ir.Undefined), places)
