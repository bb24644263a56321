"""ADD, SUB and MUL of two tensors, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import SUFFIXES, TYPES_16, Lowering, Operation, Operator
from tinsmith.compiler.operators.broadcast import broadcast_params, pair_lowering, pair_shape
from tinsmith.compiler.operators.product import float_output_fields, int8_output_fields
from tinsmith.core.cvalue import Struct, Value

_HEADROOM_BITS = {"int8": 20, "int16": 15}


def _shape(operation: Operation) -> Shape:
    return pair_shape(operation, types=TYPES_16)


def _sum_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    """Both inputs come to the scale 2 max(s1, s2) / 2^20 (2^15 for int16), whose sum goes to the
    output's scale."""
    first, second, target = operation.input(0), operation.input(1), operation.output
    common = 2.0 * max(first.scale, second.scale)
    multiplier1, shift1 = fixedpoint.quantize_multiplier(first.scale / common)
    multiplier2, shift2 = fixedpoint.quantize_multiplier(second.scale / common)
    factor = common / (float(1 << _HEADROOM_BITS[target.dtype]) * target.scale)
    multiplier, shift = fixedpoint.quantize_multiplier(factor)
    if shift >= 0:
        raise operation.reject(f"has output scale {target.scale:g}, far below its inputs' scales")
    return (
        ("offset1", -first.zero_point),
        ("multiplier1", multiplier1),
        ("shift1", -shift1),
        ("offset2", -second.zero_point),
        ("multiplier2", multiplier2),
        ("shift2", -shift2),
        ("output_multiplier", multiplier),
        ("output_shift", -shift),
        *int8_output_fields(operation),
    )


def _product_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    first, second, target = operation.input(0), operation.input(1), operation.output
    factor = first.scale * second.scale / target.scale
    multiplier, shift = fixedpoint.quantize_multiplier(factor)
    if shift > (14 if target.dtype == "int8" else 0):
        raise operation.reject(f"has output scale {target.scale:g}, far below its inputs' scales")
    return (
        ("offset1", -first.zero_point),
        ("offset2", -second.zero_point),
        ("multiplier", multiplier),
        ("shift", shift),
        *int8_output_fields(operation),
    )


def _lower(name: str) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        broadcast = ("broadcast", broadcast_params(operation))
        suffix = SUFFIXES[operation.output.dtype]
        if suffix == "f32":
            params = Struct("tin_arithmetic_f32", (broadcast, *float_output_fields(operation)))
        elif name == "mul":
            params = Struct(f"tin_mul_{suffix}", (broadcast, *_product_fields(operation)))
        else:
            params = Struct(f"tin_add_{suffix}", (broadcast, *_sum_fields(operation)))
        return pair_lowering(operation, "arithmetic", f"tin_{name}_run_{suffix}", params)

    return lower


OPERATORS = (
    Operator("ADD", "add", _shape, _lower("add"), types=TYPES_16),
    Operator("SUB", "sub", _shape, _lower("sub"), types=TYPES_16),
    Operator("MUL", "mul", _shape, _lower("mul"), types=TYPES_16),
)
