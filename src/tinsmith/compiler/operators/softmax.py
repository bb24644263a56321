"""SOFTMAX over the last axis."""

from __future__ import annotations

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    ELEMENTWISE,
    Lowering,
    Operation,
    Operator,
    float32,
    simple_lowering,
)
from tinsmith.core.cvalue import Array, Struct

_INTEGER_BITS = 5  # of the scaled distance below the maximum
_MAX_DEPTH = 4095  # sums of more exponentials could overflow 32 bits


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    dtype = operation.require_types(source, target)
    operation.require_quantized(source, target)
    if not source.shape:
        raise operation.reject("has a scalar input")
    if not float(operation.node.attributes["beta"]) > 0.0:  # type: ignore[arg-type]
        raise operation.reject(f"has beta {operation.node.attributes['beta']}; expected above 0")
    if dtype == "int8":
        if (target.scale, target.zero_point) != (1.0 / 256.0, -128):
            raise operation.reject(
                f"has output scale {target.scale:g} and zero point {target.zero_point}; "
                "the format requires 1/256 and -128"
            )
        if source.shape[-1] > _MAX_DEPTH:
            raise operation.reject(f"has {source.shape[-1]} values a row; at most {_MAX_DEPTH}")
    return source.shape


def exponents(beta: float, scale: float) -> list[int]:
    """exp(-beta * scale * i) in Q0.31 for i = 0, 1, ... as far as they count, at most 256."""
    factor = min(beta * scale * float(1 << (31 - _INTEGER_BITS)), float((1 << 31) - 1))
    multiplier, shift = fixedpoint.quantize_multiplier(factor)
    farthest = min(fixedpoint.input_radius(_INTEGER_BITS, shift), 255)
    return [
        fixedpoint.exp_on_negative(fixedpoint.requantize(-i, multiplier, shift), _INTEGER_BITS)
        for i in range(farthest + 1)
    ]


def _lower(operation: Operation) -> Lowering:
    source = operation.input()
    beta = float32(float(operation.node.attributes["beta"]))  # type: ignore[arg-type]
    depth = source.shape[-1]
    sizes = (("rows", source.size // depth), ("depth", depth))
    if source.dtype == "float32":
        params = Struct("tin_softmax_f32", (*sizes, ("beta", beta)))
        function = "tin_softmax_run_f32"
    else:
        table = exponents(beta, source.scale)
        fields = (*sizes, ("exponents", Array.i32(table)), ("num_exponents", len(table)))
        params = Struct("tin_softmax_s8", fields)
        function = "tin_softmax_run_s8"
    # The last pass over a row reads each value once more before it writes there.
    return simple_lowering(
        operation, "softmax", function, params, "dsp/tin_math.c", distances=ELEMENTWISE
    )


OPERATORS = (Operator("SOFTMAX", "softmax", _shape, _lower),)
