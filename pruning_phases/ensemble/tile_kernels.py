"""The sums that an update consists of, over tiles of ``TILE`` examples, in vectors.

In: arrays inside compiled loops. Out: sums added in place. They are written in LLVM's language, so
that the order of the additions is fixed and 16 numbers are still added at a time. Of loops, the
compiler makes vectors only where it may choose the order.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as typed_intrinsic

intrinsic: Any = typed_intrinsic  # it is called without its first argument

TILE = 64  # examples
LANES = 16  # numbers in a vector
NUM_VECTORS = TILE // LANES
VECTOR = ir.VectorType(ir.FloatType(), LANES)
INT = ir.IntType(64)


@intrinsic
def add_weighted(typing_context, values, units, weights, begin, end, out):
    """Add the sum of weights[k] * values[units[k]] to out, for k from begin to end.

    values: [units, TILE]; out: [TILE].
    """

    def generate(context, builder, signature, arguments):
        values, units, weights, out = _pointers(context, builder, signature, arguments)
        sums = [
            cgutils.alloca_once_value(builder, _load(builder, out, v)) for v in range(NUM_VECTORS)
        ]
        with _loop(builder, *arguments[3:5]) as k:
            weight, row = _weight(builder, weights, k), _row(builder, values, units, k)
            for v, place in enumerate(sums):
                product = _fma(builder, weight, _load(builder, row, v), builder.load(place))
                builder.store(product, place)
        for v, place in enumerate(sums):
            builder.store(builder.load(place), _vector(builder, out, v), align=4)
        return context.get_dummy_value()

    return types.void(values, units, weights, types.int64, types.int64, out), generate


@intrinsic
def add_spread(typing_context, values, units, weights, begin, end, factors):
    """Add weights[k] * factors to values[units[k]], for k from begin to end.

    values: [units, TILE]; factors: [TILE].
    """

    def generate(context, builder, signature, arguments):
        values, units, weights, factors = _pointers(context, builder, signature, arguments)
        fixed = [_load(builder, factors, v) for v in range(NUM_VECTORS)]
        with _loop(builder, *arguments[3:5]) as k:
            weight, row = _weight(builder, weights, k), _row(builder, values, units, k)
            for v in range(NUM_VECTORS):
                product = _fma(builder, weight, fixed[v], _load(builder, row, v))
                builder.store(product, _vector(builder, row, v), align=4)
        return context.get_dummy_value()

    return types.void(values, units, weights, types.int64, types.int64, factors), generate


@intrinsic
def add_products(typing_context, values, units, factors, begin, end, numbers, out):
    """Add the sum of factors * values[units[k]] over the tile to out[numbers[k]], for k from
    begin to end.

    values: [units, TILE]; factors: [TILE].
    """

    def generate(context, builder, signature, arguments):
        values, units, factors, numbers, out = _pointers(context, builder, signature, arguments)
        fixed = [_load(builder, factors, v) for v in range(NUM_VECTORS)]
        with _loop(builder, *arguments[3:5]) as k:
            row = _row(builder, values, units, k)
            total = builder.fmul(fixed[0], _load(builder, row, 0))
            for v in range(1, NUM_VECTORS):
                total = _fma(builder, fixed[v], _load(builder, row, v), total)
            place = builder.gep(out, [_number(builder, numbers, k)])
            builder.store(builder.fadd(builder.load(place), _sum(builder, total)), place)
        return context.get_dummy_value()

    arguments = (values, units, factors, types.int64, types.int64, numbers, out)
    return types.void(*arguments), generate


@intrinsic
def total(typing_context, values):
    """Sum of values [TILE]."""

    def generate(context, builder, signature, arguments):
        (values,) = _pointers(context, builder, signature, arguments)
        sums = _load(builder, values, 0)
        for v in range(1, NUM_VECTORS):
            sums = builder.fadd(sums, _load(builder, values, v))
        return _sum(builder, sums)

    return types.float32(values), generate


def _pointers(context, builder, signature, arguments):
    """Places of the first numbers of all arrays among the arguments."""
    given = zip(signature.args, arguments, strict=True)
    arrays = [(kind, value) for kind, value in given if isinstance(kind, types.Array)]
    return [context.make_array(kind)(context, builder, value).data for kind, value in arrays]


@contextmanager
def _loop(builder: ir.IRBuilder, begin: ir.Value, end: ir.Value) -> Iterator[ir.Value]:
    """Make what is built inside a loop over the numbers from begin to end."""
    with cgutils.for_range(builder, builder.sub(end, begin)) as loop:
        yield builder.add(begin, loop.index)


def _row(builder: ir.IRBuilder, values: ir.Value, units: ir.Value, k: ir.Value) -> ir.Value:
    """The place of values[units[k]]."""
    return builder.gep(values, [builder.mul(_number(builder, units, k), INT(TILE))])


def _number(builder: ir.IRBuilder, numbers: ir.Value, k: ir.Value) -> ir.Value:
    return builder.sext(builder.load(builder.gep(numbers, [k])), INT)


def _vector(builder: ir.IRBuilder, place: ir.Value, v: int) -> ir.Value:
    return builder.bitcast(builder.gep(place, [INT(v * LANES)]), VECTOR.as_pointer())


def _load(builder: ir.IRBuilder, place: ir.Value, v: int) -> ir.Value:
    return builder.load(_vector(builder, place, v), align=4)


def _fma(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    """a * b + c, rounded once."""
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
    return builder.call(function, [a, b, c])


def _shuffled(builder: ir.IRBuilder, vector: ir.Value, order: list[int]) -> ir.Value:
    return builder.shuffle_vector(
        vector, vector, ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order)
    )


def _weight(builder: ir.IRBuilder, weights: ir.Value, k: ir.Value) -> ir.Value:
    """weights[k], in every lane."""
    number = builder.load(builder.gep(weights, [k]))
    one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), number, ir.IntType(32)(0))
    return _shuffled(builder, one, [0] * LANES)


def _sum(builder: ir.IRBuilder, vector: ir.Value) -> ir.Value:
    """Sum of a vector: its halves are added until one number is left."""
    count = LANES
    while count > 1:
        count //= 2
        low, high = list(range(count)), list(range(count, 2 * count))
        vector = builder.fadd(_shuffled(builder, vector, low), _shuffled(builder, vector, high))
    return builder.extract_element(vector, ir.IntType(32)(0))
