"""Element-wise functions of one tensor: EXP, LOG, SQRT, ABS, ELU, HARD_SWISH, LEAKY_RELU, others.

An int8 function is a table. Where the reference interpreter has an int8 kernel, the table is what
that kernel computes; EXP, LOG, SQRT, SQUARE, NEG, SIN, COS, FLOOR, CEIL and ROUND have none, and
their entries are the exact function of the dequantised input, rounded half away from zero to the
output's steps and cut off at its ends. Inputs outside a function's domain count as 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.activations import clamp, elementwise_shape, lookup, rescaler
from tinsmith.compiler.operators.base import (
    ELEMENTWISE,
    SUFFIXES,
    TYPES_16,
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.core.cvalue import Struct, Value

Table = Callable[[Operation], Callable[[int], int]]
"""The function of one int8 value that an operation's table holds."""


def _half_away(value: float) -> int:
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def exact(function: Callable[[float], float]) -> Table:
    """The rounded function of the dequantised value."""

    def table(operation: Operation) -> Callable[[int], int]:
        source, target = operation.input(), operation.output

        def value_of(step: int) -> int:
            try:
                result = function((step - source.zero_point) * source.scale) / target.scale
            except ValueError:
                result = 0.0
            return clamp(_half_away(max(-1e9, min(1e9, result))) + target.zero_point)

        return value_of

    return table


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))


def _log(value: float) -> float:
    return -1e9 if value == 0.0 else math.log(value)


def _absolute(operation: Operation) -> Callable[[int], int]:
    source, target = operation.input(), operation.output
    multiplier, shift = fixedpoint.quantize_multiplier(source.scale / target.scale)

    def value_of(step: int) -> int:
        moved = fixedpoint.requantize(abs(step - source.zero_point), multiplier, shift)
        return clamp(moved + target.zero_point)

    return value_of


def _inverse_root(operation: Operation) -> Callable[[int], int]:
    """1 / sqrt by fixed-point iteration; of 0, and below it, the largest value."""
    source, target = operation.input(), operation.output
    factor = 1.0 / (math.sqrt(source.scale) * target.scale)
    multiplier, shift = fixedpoint.quantize_multiplier(factor)

    def value_of(step: int) -> int:
        if step <= source.zero_point:
            return 127
        root, root_shift = fixedpoint.inverse_root(step - source.zero_point)
        value = fixedpoint.requantize(1, root, root_shift + 20)
        return clamp(fixedpoint.requantize(value, multiplier, shift - 20) + target.zero_point)

    return value_of


def _exponential_unit(operation: Operation) -> Callable[[int], int]:
    """x, or e^x - 1 below 0, in float32."""
    source, target = operation.input(), operation.output
    scale, inverse = np.float32(source.scale), np.float32(1) / np.float32(target.scale)

    def value_of(step: int) -> int:
        x = scale * np.float32(step - source.zero_point)
        y = x if x >= 0 else np.exp(x) - np.float32(1)
        return clamp(_half_away(max(-1e9, min(1e9, float(y * inverse)))) + target.zero_point)

    return value_of


def _leaky(operation: Operation) -> Callable[[int], int]:
    source, target = operation.input(), operation.output
    rescale = rescaler(source, target)
    slope = source.scale * _alpha(operation) / target.scale
    multiplier, shift = fixedpoint.quantize_multiplier(slope)

    def value_of(step: int) -> int:
        if step >= source.zero_point:
            return clamp(rescale(step))
        moved = fixedpoint.requantize(step - source.zero_point, multiplier, shift)
        return clamp(moved + target.zero_point)

    return value_of


def _alpha(operation: Operation) -> float:
    return float(operation.node.attributes["alpha"])  # type: ignore[arg-type]


def _hard_swish(operation: Operation) -> Callable[[int], int]:
    """x * min(max(x + 3, 0), 6) / 6 as products of 16-bit fractions."""
    source, target = operation.input(), operation.output
    fine = np.float32(source.scale) / np.float32(128)
    to_output, output_shift = _short_factor(float(fine / np.float32(target.scale)))
    relu_unit = np.float32(3) / np.float32(32768)
    to_relu, relu_shift = _short_factor(float(fine / relu_unit))
    if output_shift > 0:
        raise operation.reject(f"has output scale {target.scale:g}, far below its input's")

    def value_of(step: int) -> int:
        x = (step - source.zero_point) * 128
        relu = x
        if relu_shift > 0:
            relu = _clamp16(relu << (relu_shift - 1))
        relu = fixedpoint.multiply_high16(relu, to_relu)
        relu = _clamp16(relu << 1) if relu_shift > 0 else relu
        relu = fixedpoint.divide_by_power(relu, max(-relu_shift, 0))
        share = (relu + (1 << 15)) >> 1
        product = share * fixedpoint.multiply_high16(x, to_output)
        whole = abs(product) >> 15
        value = fixedpoint.divide_by_power(whole if product >= 0 else -whole, -output_shift)
        return clamp(value + target.zero_point)

    return value_of


def _short_factor(factor: float) -> tuple[int, int]:
    """Multiplier of 15 bits and shift."""
    multiplier, shift = fixedpoint.quantize_multiplier(factor)
    return min((multiplier + (1 << 15)) >> 16, 32767), shift


def _clamp16(value: int) -> int:
    return clamp(value, -32768, 32767)


def _lower(stem: str, table: Table) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        if operation.input().dtype == "int8":
            return lookup(operation, table(operation))
        return _call(operation, stem, (("count", operation.output.size),))

    return lower


def _lower_leaky(operation: Operation) -> Lowering:
    source, target = operation.input(), operation.output
    if source.dtype == "int8":
        return lookup(operation, _leaky(operation))
    count: tuple[str, Value] = ("count", target.size)
    if source.dtype == "float32":
        return _call(operation, "leaky_relu", (count, ("alpha", _alpha(operation))))
    slope = source.scale * _alpha(operation) / target.scale
    multiplier, shift = fixedpoint.quantize_multiplier(source.scale / target.scale)
    slope_multiplier, slope_shift = fixedpoint.quantize_multiplier(slope)
    if max(shift, slope_shift) > 15:
        raise operation.reject(f"has output scale {target.scale:g}, far below its input's")
    fields = (
        count,
        ("multiplier", multiplier),
        ("shift", shift),
        ("slope_multiplier", slope_multiplier),
        ("slope_shift", slope_shift),
    )
    return _call(operation, "leaky_relu", fields)


def _call(operation: Operation, stem: str, fields: tuple[tuple[str, Value], ...]) -> Lowering:
    suffix = SUFFIXES[operation.input().dtype]
    struct = f"tin_{stem}_{suffix}" if len(fields) > 1 else f"tin_function_{suffix}"
    return simple_lowering(
        operation,
        "functions",
        f"tin_{stem}_run_{suffix}",
        Struct(struct, fields),
        "dsp/tin_math.c",
        distances=ELEMENTWISE,
    )


def _leaky_shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(source, target, types=TYPES_16)
    operation.require_quantized(source, target)
    return source.shape


_TABLES: dict[str, Table] = {
    "ABS": _absolute,
    "CEIL": exact(math.ceil),
    "COS": exact(math.cos),
    "ELU": _exponential_unit,
    "EXP": exact(_exp),
    "FLOOR": exact(math.floor),
    "HARD_SWISH": _hard_swish,
    "LOG": exact(_log),
    "NEG": exact(lambda value: -value),
    "ROUND": exact(round),
    "RSQRT": _inverse_root,
    "SIN": exact(math.sin),
    "SQRT": exact(math.sqrt),
    "SQUARE": exact(lambda value: value * value),
}

# Functions of which the reference interpreter has an int8 kernel.
_INT8_EXACT = ("ABS", "ELU", "HARD_SWISH", "RSQRT")

OPERATORS = (
    *(
        Operator(
            name,
            name.lower(),
            elementwise_shape,
            _lower(name.lower(), table),
            defined_here=() if name in _INT8_EXACT else ("int8",),
        )
        for name, table in _TABLES.items()
    ),
    Operator("LEAKY_RELU", "leaky_relu", _leaky_shape, _lower_leaky, types=TYPES_16),
)
