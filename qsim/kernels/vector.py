"""SIMD vectors as a numba type: what the kernels are written in.

`operations(lanes, precision)` gives functions on vectors of that many lanes: each is one LLVM instruction or two, so
loops over them compile to the machine's vector code whatever its width, and no compiler has to discover that arrays do
not overlap. Addresses are plain integers. Nothing here allocates, raises or calls Python.
"""

from types import SimpleNamespace
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

__all__ = ["ITEM_BYTES", "compiled", "inlined", "operations"]

ITEM_BYTES = {"double": 8, "single": 4}
_IR = {"double": ir.DoubleType(), "single": ir.FloatType()}
_SUFFIX = {"double": "f64", "single": "f32"}
_INDEX = ir.IntType(32)


class VectorType(types.Type):
    """`lanes` floating-point numbers of one precision."""

    def __init__(self, lanes: int, precision: str) -> None:
        self.lanes = lanes
        self.precision = precision
        super().__init__(name=f"Vector({lanes}, {precision})")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: VectorType) -> None:
        super().__init__(manager, kind, ir.VectorType(_IR[kind.precision], kind.lanes))  # type: ignore[no-untyped-call]


def compiled(function: Any) -> Any:
    """A function that numba compiles: no exceptions, no bounds checks, without Python's lock."""
    return numba.njit(error_model="numpy", nogil=True, boundscheck=False)(function)


def inlined(function: Any) -> Any:
    """As `compiled`, put in where it is called."""
    return numba.njit(error_model="numpy", nogil=True, boundscheck=False, inline="always")(function)


def operations(lanes: int, precision: str, memory: str | None = None) -> SimpleNamespace:
    """Functions on vectors, for use inside compiled functions.

    With `memory`, a lower precision, `load` and `store` convert from and to numbers of it.

    word(address), read(address): a 64-bit integer, a number
    put_word(address, integer), put(address, number): write them
    prefetch(address): let the cache line there be fetched
    read_double(address), put_double(address, number): a number of double precision, whatever the vectors hold
    load(address), store(address, v), splat(number): between memory, numbers and vectors
    fetch(address), keep(address, v): the same for scratch, without a conversion
    mul(a, b), add(a, b), sub(a, b), fma(a, b, c) = a·b + c, fnma(a, b, c) = c − a·b. It is b that
        is negated: what does not change in a loop should be a, or else −b takes a register of its own
    widen(v): the same numbers in double precision
    count_ones(integer): its bits that are 1
    exchange[bit](v): lanes exchanged with those whose index differs in that bit
    trade_low[bit](a, b), trade_high[bit](a, b): the two vectors after that bit of the lane and the bit that tells a
        from b have traded places
    even(a, b), odd(a, b): even and odd lanes of the two, in order; zip_low(a, b), zip_high(a, b): the inverse
    """
    vector = VectorType(lanes, precision)
    element, item = _IR[precision], ITEM_BYTES[precision]
    ir_vector = ir.VectorType(element, lanes)
    number = types.float64 if precision == "double" else types.float32
    memory = memory or precision
    ir_stored, stored_item = ir.VectorType(_IR[memory], lanes), ITEM_BYTES[memory]

    def emit(returns: Any, arguments: tuple[Any, ...], body: Any) -> Any:
        """An intrinsic from a function that builds its instructions."""

        def typing(context: Any, *_: Any) -> Any:
            return returns(*arguments), lambda ctx, builder, signature, args: body(builder, *args)

        names = ", ".join(f"a{i}" for i in range(len(arguments)))
        scope: dict[str, Any] = {"typing": typing}
        exec(f"def function(context, {names}): return typing(context, {names})", scope)  # numba reads the arity
        return intrinsic(scope["function"])

    def pointer(builder: Any, address: Any) -> Any:
        return builder.inttoptr(address, ir_stored.as_pointer())

    def load(builder: Any, address: Any) -> Any:
        value = builder.load(pointer(builder, address), align=stored_item)
        return builder.fpext(value, ir_vector) if stored_item < item else value

    def store(builder: Any, address: Any, value: Any) -> Any:
        value = builder.fptrunc(value, ir_stored) if stored_item < item else value
        builder.store(value, pointer(builder, address), align=stored_item)
        return ir.Constant(ir.IntType(8).as_pointer(), None)

    def read(builder: Any, address: Any) -> Any:
        return builder.load(builder.inttoptr(address, element.as_pointer()), align=item)

    def fetch(builder: Any, address: Any) -> Any:
        return builder.load(builder.inttoptr(address, ir_vector.as_pointer()), align=item)

    def keep(builder: Any, address: Any, value: Any) -> Any:
        builder.store(value, builder.inttoptr(address, ir_vector.as_pointer()), align=item)
        return ir.Constant(ir.IntType(8).as_pointer(), None)

    def word(builder: Any, address: Any) -> Any:
        return builder.load(builder.inttoptr(address, ir.IntType(64).as_pointer()), align=8)

    def put(builder: Any, address: Any, value: Any) -> Any:
        builder.store(value, builder.inttoptr(address, element.as_pointer()), align=item)
        return ir.Constant(ir.IntType(8).as_pointer(), None)

    def put_word(builder: Any, address: Any, value: Any) -> Any:
        builder.store(value, builder.inttoptr(address, ir.IntType(64).as_pointer()), align=8)
        return ir.Constant(ir.IntType(8).as_pointer(), None)

    def prefetch(builder: Any, address: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")  # type: ignore[no-untyped-call]
        builder.call(function, [builder.inttoptr(address, byte), number(0), number(3), number(1)])
        return ir.Constant(byte, None)

    def read_double(builder: Any, address: Any) -> Any:
        return builder.load(builder.inttoptr(address, ir.DoubleType().as_pointer()), align=8)

    def put_double(builder: Any, address: Any, value: Any) -> Any:
        builder.store(value, builder.inttoptr(address, ir.DoubleType().as_pointer()), align=8)
        return ir.Constant(ir.IntType(8).as_pointer(), None)

    def widen(builder: Any, value: Any) -> Any:
        return value if precision == "double" else builder.fpext(value, ir.VectorType(_IR["double"], lanes))

    def shuffle(*pattern: int) -> Any:
        mask = ir.Constant(ir.VectorType(_INDEX, len(pattern)), list(pattern))
        return lambda builder, a, b=None: builder.shuffle_vector(a, a if b is None else b, mask)

    def splat(builder: Any, value: Any) -> Any:
        start = builder.insert_element(ir.Constant(ir_vector, ir.Undefined), value, ir.Constant(_INDEX, 0))
        return shuffle(*[0] * lanes)(builder, start)

    def fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
        kind = ir.FunctionType(ir_vector, [ir_vector] * 3)
        name = f"llvm.fma.v{lanes}{_SUFFIX[precision]}"
        function = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
        return builder.call(function, [a, b, c])

    half = lanes // 2
    order = range(lanes)
    lane_bits = lanes.bit_length() - 1
    exchanges = [shuffle(*[lane ^ (1 << bit) for lane in order]) for bit in range(lane_bits)]
    trades_low = [
        shuffle(*[lane + (lanes - (1 << bit)) * (lane >> bit & 1) for lane in order]) for bit in range(lane_bits)
    ]
    trades_high = [
        shuffle(*[lane + (1 << bit) + (lanes - (1 << bit)) * (lane >> bit & 1) for lane in order])
        for bit in range(lane_bits)
    ]
    return SimpleNamespace(
        lanes=lanes,
        lane_bits=lane_bits,
        item=item,
        stored_item=stored_item,
        size=item * lanes,
        number=number,
        load=emit(vector, (types.int64,), load),
        store=emit(types.void, (types.int64, vector), store),
        fetch=emit(vector, (types.int64,), fetch),
        keep=emit(types.void, (types.int64, vector), keep),
        read=emit(number, (types.int64,), read),
        read_double=emit(types.float64, (types.int64,), read_double),
        put_double=emit(types.void, (types.int64, types.float64), put_double),
        word=emit(types.int64, (types.int64,), word),
        put=emit(types.void, (types.int64, number), put),
        prefetch=emit(types.void, (types.int64,), prefetch),
        put_word=emit(types.void, (types.int64, types.int64), put_word),
        splat=emit(vector, (number,), splat),
        widen=emit(VectorType(lanes, "double"), (vector,), widen),
        count_ones=emit(types.int64, (types.int64,), lambda builder, a: builder.ctpop(a)),
        sub=emit(vector, (vector, vector), lambda builder, a, b: builder.fsub(a, b)),
        add=emit(vector, (vector, vector), lambda builder, a, b: builder.fadd(a, b)),
        mul=emit(vector, (vector, vector), lambda builder, a, b: builder.fmul(a, b)),
        fma=emit(vector, (vector, vector, vector), fused),
        fnma=emit(vector, (vector, vector, vector), lambda builder, a, b, c: fused(builder, a, builder.fneg(b), c)),
        exchange=[emit(vector, (vector,), pattern) for pattern in exchanges],
        trade_low=[emit(vector, (vector, vector), pattern) for pattern in trades_low],
        trade_high=[emit(vector, (vector, vector), pattern) for pattern in trades_high],
        even=emit(vector, (vector, vector), shuffle(*[2 * lane for lane in order])),
        odd=emit(vector, (vector, vector), shuffle(*[2 * lane + 1 for lane in order])),
        zip_low=emit(vector, (vector, vector), shuffle(*[lane // 2 + lanes * (lane % 2) for lane in order])),
        zip_high=emit(vector, (vector, vector), shuffle(*[half + lane // 2 + lanes * (lane % 2) for lane in order])),
    )
