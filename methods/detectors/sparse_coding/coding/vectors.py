"""Sixteen numbers at a time in functions that numba compiles.

numba leaves it to the compiler whether a loop runs on vector registers, and for the short loops of
a sparse solver the compiler's guess is slow. A `Vector` is sixteen numbers of one kind that stay in
registers; the machine's own width does not matter, since the compiler splits what does not fit.

`Numbers` is a stretch of memory inside an array. Unlike the array it costs nothing to hand on: it
is a bare pointer, so its array must outlive it, and no index is checked or counted from the end.
"""

import operator
from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic, models, overload, register_model
from numba.np.arrayobj import make_array

LANES = 16

Code = tuple[Any, Callable[..., Any]]


def _instruction(function: Callable[..., Code]) -> Callable[..., Any]:
    """A function of compiled code that `function` describes: its types, and how to emit it."""
    return cast(Callable[..., Any], intrinsic(function))


class Vector(types.Type):
    """Sixteen numbers of a floating-point type."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        super().__init__(name=f"{dtype}x{LANES}")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        number = manager.lookup(kind.dtype).get_value_type()
        super().__init__(manager, kind, ir.VectorType(number, LANES))  # type: ignore[no-untyped-call]


class Numbers(types.Type):
    """A stretch of memory that holds numbers of one type."""

    def __init__(self, dtype: types.Number) -> None:
        self.dtype = dtype
        super().__init__(name=f"numbers({dtype})")


@register_model(Numbers)
class _NumbersModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Numbers) -> None:
        number = manager.lookup(kind.dtype).get_value_type()
        super().__init__(manager, kind, number.as_pointer())  # type: ignore[no-untyped-call]


@_instruction
def numbers(typing: Any, array: Any) -> Code:
    """``numbers(array)``: the memory of a contiguous array."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        view = make_array(signature.args[0])  # type: ignore[no-untyped-call]
        return view(context, builder, values[0]).data

    return Numbers(array.dtype)(array), code


@_instruction
def after(typing: Any, memory: Any, count: Any) -> Code:
    """``after(memory, count)``: the memory less its first `count` numbers."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.gep(values[0], [values[1]])

    return memory(memory, types.intp), code


@_instruction
def like(typing: Any, memory: Any, number: Any) -> Code:
    """``like(memory, number)``: the number in the type of those in memory."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return context.cast(builder, values[1], signature.args[1], memory.dtype)

    plain = types.unliteral(number)  # type: ignore[no-untyped-call]
    return memory.dtype(memory, plain), code


@_instruction
def _read(typing: Any, memory: Any, index: Any) -> Code:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load(builder.gep(values[0], [values[1]]))

    return memory.dtype(memory, types.intp), code


@_instruction
def _write(typing: Any, memory: Any, index: Any, number: Any) -> Code:
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.store(values[2], builder.gep(values[0], [values[1]]))
        return context.get_dummy_value()

    return types.void(memory, types.intp, memory.dtype), code


@overload(operator.getitem, strict=False)
def _getitem(memory: Any, index: Any) -> Any:
    if isinstance(memory, Numbers):
        return lambda memory, index: _read(memory, index)
    return None


@overload(operator.setitem, strict=False)
def _setitem(memory: Any, index: Any, number: Any) -> Any:
    if isinstance(memory, Numbers):
        return lambda memory, index, number: _write(memory, index, number)
    return None


@_instruction
def load(typing: Any, memory: Any, index: Any) -> Code:
    """``load(memory, index)``: the sixteen numbers from an index on."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load(_pointer(builder, *values), align=memory.dtype.bitwidth // 8)

    return Vector(memory.dtype)(memory, types.intp), code


@_instruction
def store(typing: Any, memory: Any, index: Any, vector: Any) -> Code:
    """``store(memory, index, vector)``: write sixteen numbers from an index on."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.store(values[2], _pointer(builder, *values[:2]), align=memory.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(memory, types.intp, vector), code


@_instruction
def spread(typing: Any, number: Any) -> Code:
    """``spread(number)``: the number in all lanes."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _spread(builder, values[0])

    return Vector(number)(number), code


@_instruction
def multiply_add(typing: Any, x: Any, y: Any, z: Any) -> Code:
    """``multiply_add(x, y, z)``: x * y + z in each lane."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _call(builder, "llvm.fmuladd", values[0].type, values)

    return x(x, y, z), code


@_instruction
def plus(typing: Any, x: Any, y: Any) -> Code:
    """``plus(x, y)``: x + y in each lane."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.fadd(*values)

    return x(x, y), code


@_instruction
def minus(typing: Any, x: Any, y: Any) -> Code:
    """``minus(x, y)``: x - y in each lane."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.fsub(*values)

    return x(x, y), code


@_instruction
def absolute(typing: Any, x: Any) -> Code:
    """``absolute(x)``: |x| in each lane."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _call(builder, "llvm.fabs", values[0].type, values)

    return x(x), code


@_instruction
def where_larger(typing: Any, x: Any, y: Any, yes: Any, no: Any) -> Code:
    """``where_larger(x, y, yes, no)``: in each lane yes where x > y, else no."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *values[:2]), *values[2:])

    return yes(x, y, yes, no), code


@_instruction
def total(typing: Any, x: Any) -> Code:
    """``total(x)``: the sum over the lanes."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        number = values[0].type.element
        start = ir.Constant(number, -0.0)
        return _call(
            builder, "llvm.vector.reduce.fadd", number, [start, *values], fastmath=["reassoc"]
        )

    return x.dtype(x), code


@_instruction
def largest(typing: Any, x: Any) -> Code:
    """``largest(x)``: the maximum over the lanes."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        number = values[0].type.element
        return _call(builder, "llvm.vector.reduce.fmax", number, values, fastmath=["nnan"])

    return x.dtype(x), code


@_instruction
def first_lane(typing: Any, x: Any, number: Any) -> Code:
    """``first_lane(x, number)``: the first lane where x equals the number, or 16."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        equal = builder.fcmp_ordered("==", values[0], _spread(builder, values[1]))
        bits = builder.zext(builder.bitcast(equal, ir.IntType(LANES)), ir.IntType(64))
        beyond = ir.Constant(ir.IntType(64), 1 << LANES)
        return builder.cttz(builder.or_(bits, beyond), ir.Constant(ir.IntType(1), 1))

    return types.int64(x, number), code


def _pointer(builder: Any, memory: Any, index: Any) -> Any:
    vector = ir.VectorType(memory.type.pointee, LANES)
    return builder.bitcast(builder.gep(memory, [index]), vector.as_pointer())


def _spread(builder: Any, number: Any) -> Any:
    kind = ir.VectorType(number.type, LANES)
    index = ir.IntType(32)
    lowest = builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.Constant(index, 0))
    zeros = ir.Constant(ir.VectorType(index, LANES), [0] * LANES)
    return builder.shuffle_vector(lowest, lowest, zeros)


def _call(builder: Any, name: str, result: Any, values: Any, fastmath: Any = ()) -> Any:
    """Call an intrinsic of LLVM whose name ends in the type of its last argument."""
    kind = values[-1].type
    bits = 32 if kind.element == ir.FloatType() else 64
    function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module,
        ir.FunctionType(result, [value.type for value in values]),
        f"{name}.v{LANES}f{bits}",
    )
    return builder.call(function, values, fastmath=fastmath)
