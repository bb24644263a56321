"""MINIMUM, MAXIMUM, DIV, SQUARED_DIFFERENCE and PRELU, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    INTEGER_LIMITS,
    SUFFIXES,
    TYPES_16,
    Lowering,
    Operation,
    Operator,
)
from tinsmith.compiler.operators.broadcast import broadcast_params, pair_lowering, pair_shape
from tinsmith.compiler.operators.product import float_output_fields, int8_output_fields
from tinsmith.core.cvalue import Struct, Value

_CHOICES = (*TYPES_16, "int32")

Fields = tuple[tuple[str, Value], ...]


def _choice_shape(operation: Operation) -> Shape:
    shape = pair_shape(operation, types=_CHOICES)
    operation.require_same_quantization(operation.input(0), operation.input(1), operation.output)
    return shape


def _difference_shape(operation: Operation) -> Shape:
    return pair_shape(operation, types=TYPES_16)


def _pair_shape(operation: Operation) -> Shape:
    return pair_shape(operation)


def _scaled(operation: Operation, prefix: str, suffix: str, factor: float, limit: int) -> Fields:
    """The fields of a factor, whose shift must not exceed `limit`."""
    multiplier, shift = fixedpoint.quantize_multiplier(factor)
    if shift > limit:
        raise operation.reject(
            f"has output scale {operation.output.scale:g}, far below its inputs' scales"
        )
    return ((f"{prefix}multiplier{suffix}", multiplier), (f"{prefix}shift{suffix}", shift))


def _quotient_fields(operation: Operation) -> Fields:
    first, second, target = operation.input(0), operation.input(1), operation.output
    return (
        ("offset1", -first.zero_point),
        ("offset2", -second.zero_point),
        *_scaled(operation, "", "", first.scale / (second.scale * target.scale), 22),
        *int8_output_fields(operation),
    )


def _difference_fields(operation: Operation) -> Fields:
    """Both inputs come to the scale 2 max(s1, s2), raised by 7 bits for int8."""
    first, second, target = operation.input(0), operation.input(1), operation.output
    common = 2.0 * max(first.scale, second.scale)
    headroom = 7 if target.dtype == "int8" else 0
    low, high = INTEGER_LIMITS[target.dtype]
    factor = common * common / (float(1 << (2 * headroom)) * target.scale)
    return (
        ("offset1", -first.zero_point),
        *_scaled(operation, "", "1", first.scale / common, 0),
        ("offset2", -second.zero_point),
        *_scaled(operation, "", "2", second.scale / common, 0),
        ("headroom", headroom),
        *_scaled(operation, "", "", factor, 0),
        ("zero_point", target.zero_point),
        ("minimum", low),
        ("maximum", high),
    )


def _prelu_fields(operation: Operation) -> Fields:
    source, slope, target = operation.input(0), operation.input(1), operation.output
    ratio = source.scale / target.scale
    return (
        ("offset1", -source.zero_point),
        ("offset2", -slope.zero_point),
        *_scaled(operation, "", "", ratio, 22),
        *_scaled(operation, "slope_", "", source.scale * slope.scale / target.scale, 14),
        ("zero_point", target.zero_point),
    )


def _choice(name: str) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        params = Struct("tin_pair", (("broadcast", broadcast_params(operation)),))
        function = f"tin_{name}_run_{SUFFIXES[operation.output.dtype]}"
        return pair_lowering(operation, "elementwise", function, params)

    return lower


def _lower(name: str, fields: Callable[[Operation], Fields]) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        suffix = SUFFIXES[operation.output.dtype]
        if suffix == "f32":
            return float_lower(operation)
        broadcast = ("broadcast", broadcast_params(operation))
        params = Struct(f"tin_{name}_{suffix}", (broadcast, *fields(operation)))
        return pair_lowering(operation, "elementwise", f"tin_{name}_run_{suffix}", params)

    float_lower = _lower_quotient_f32 if name == "div" else _choice(name)
    return lower


def _lower_quotient_f32(operation: Operation) -> Lowering:
    broadcast = ("broadcast", broadcast_params(operation))
    params = Struct("tin_arithmetic_f32", (broadcast, *float_output_fields(operation)))
    return pair_lowering(operation, "elementwise", "tin_div_run_f32", params)


OPERATORS = (
    Operator("MINIMUM", "minimum", _choice_shape, _choice("minimum"), types=_CHOICES),
    Operator("MAXIMUM", "maximum", _choice_shape, _choice("maximum"), types=_CHOICES),
    Operator("DIV", "div", _pair_shape, _lower("div", _quotient_fields)),
    Operator(
        "SQUARED_DIFFERENCE",
        "squared_difference",
        _difference_shape,
        _lower("squared_difference", _difference_fields),
        types=TYPES_16,
    ),
    Operator("PRELU", "prelu", _pair_shape, _lower("prelu", _prelu_fields)),
)
