"""Fused activations as output limits; RELU, RELU6, LOGISTIC and TANH as operators."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.base import (
    ELEMENTWISE,
    INTEGER_LIMITS,
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.compiler.operators.rows import with_elementwise_rows
from tinsmith.core.cvalue import Array, Struct

FLOAT_MAX = float(np.finfo(np.float32).max)
_LIMITS = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}


def float_limits(activation: str) -> tuple[float, float]:
    """Range of a float32 output; no limit is the largest float."""
    low, high = _LIMITS[activation]
    return -FLOAT_MAX if low is None else low, FLOAT_MAX if high is None else high


def int8_limits(activation: str, output: Tensor) -> tuple[int, int]:
    """Range of an int8 output, or one of int16, in its own steps."""
    low, high = _LIMITS[activation]
    lowest, highest = INTEGER_LIMITS[output.dtype]
    minimum = lowest if low is None else max(lowest, _step(low, output))
    maximum = highest if high is None else min(highest, _step(high, output))
    return minimum, maximum


def _step(value: float, tensor: Tensor) -> int:
    """Rounds half away from zero, dividing in float32 as the format's reference does."""
    with np.errstate(over="ignore"):
        ratio = float(np.float32(value) / np.float32(tensor.scale))
    rounded = np.floor(abs(ratio) + 0.5) * (1 if ratio >= 0 else -1)
    return int(max(-(2**31), min(2**31 - 1, tensor.zero_point + rounded)))


def lookup(operation: Operation, function: Callable[[int], int]) -> Lowering:
    """A table of `function` over all int8 inputs."""
    table = np.array([function(value) for value in range(-128, 128)], dtype=np.int8)
    params = Struct("tin_lookup_s8", (("count", operation.output.size), ("table", Array(table))))
    lowering = simple_lowering(
        operation, "lookup", "tin_lookup_run_s8", params, distances=ELEMENTWISE
    )
    return with_elementwise_rows(operation, lowering)


def rescaler(source: Tensor, target: Tensor) -> Callable[[int], int]:
    """Steps of one tensor to steps of another, before limits."""
    multiplier, shift = fixedpoint.quantize_multiplier(source.scale / target.scale)

    def rescale(value: int) -> int:
        moved = fixedpoint.requantize(value - source.zero_point, multiplier, shift)
        return moved + target.zero_point

    return rescale


def clamp(value: int, minimum: int = -128, maximum: int = 127) -> int:
    """`value` within int8 or narrower limits."""
    return max(minimum, min(maximum, value))


def elementwise_shape(operation: Operation) -> Shape:
    """Shape of the input; types equal and quantised."""
    source, target = operation.input(), operation.output
    operation.require_types(source, target)
    operation.require_quantized(source, target)
    return source.shape


def _lower_relu(activation: str) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        source, target = operation.input(), operation.output
        if source.dtype == "int8":
            low, high = int8_limits(activation, target)
            rescale = rescaler(source, target)
            return lookup(operation, lambda value: clamp(rescale(value), low, high))
        minimum, maximum = float_limits(activation)
        fields = (("count", target.size), ("minimum", minimum), ("maximum", maximum))
        params = Struct("tin_clamp_params_f32", fields)
        lowering = simple_lowering(
            operation,
            "activation",
            "tin_clamp_run_f32",
            params,
            "dsp/tin_math.c",
            distances=ELEMENTWISE,
        )
        return with_elementwise_rows(operation, lowering)

    return lower


def _fixed_point_function(
    operation: Operation, function: Callable[[int, int], int], output_bits: int
) -> Lowering:
    """Table of a bounded function: inputs scaled to 4 integer bits, saturated outside."""
    source, target = operation.input(), operation.output
    multiplier, shift = fixedpoint.quantize_multiplier(source.scale * float(1 << 27))
    radius = fixedpoint.input_radius(4, shift)

    def value_of(step: int) -> int:
        centred = step - source.zero_point
        if abs(centred) >= radius:
            return 127 if centred > 0 else -128
        scaled = fixedpoint.requantize(centred, multiplier, shift)
        value = fixedpoint.divide_by_power(function(scaled, 4), 31 - output_bits)
        return clamp(value + target.zero_point)

    return lookup(operation, value_of)


def _lower_function(
    stem: str, function: Callable[[int, int], int], output_bits: int
) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        if operation.input().dtype == "int8":
            return _fixed_point_function(operation, function, output_bits)
        params = Struct("tin_activation_f32", (("count", operation.output.size),))
        lowering = simple_lowering(
            operation,
            "activation",
            f"tin_{stem}_run_f32",
            params,
            "dsp/tin_math.c",
            distances=ELEMENTWISE,
        )
        return with_elementwise_rows(operation, lowering)

    return lower


def _bounded_shape(scale: float, zero_point: int) -> Callable[[Operation], Shape]:
    def shape(operation: Operation) -> Shape:
        result = elementwise_shape(operation)
        target = operation.output
        if target.dtype == "int8" and (target.scale, target.zero_point) != (scale, zero_point):
            raise operation.reject(
                f"has output scale {target.scale:g} and zero point {target.zero_point}; "
                f"the format requires {scale:g} and {zero_point}"
            )
        return result

    return shape


OPERATORS = (
    Operator("RELU", "relu", elementwise_shape, _lower_relu("RELU")),
    Operator("RELU6", "relu6", elementwise_shape, _lower_relu("RELU6")),
    Operator(
        "RELU_N1_TO_1",
        "relu_n1_to_1",
        elementwise_shape,
        _lower_relu("RELU_N1_TO_1"),
    ),
    Operator(
        "LOGISTIC",
        "logistic",
        _bounded_shape(1.0 / 256.0, -128),
        _lower_function("logistic", fixedpoint.logistic, 8),
    ),
    Operator(
        "TANH",
        "tanh",
        _bounded_shape(1.0 / 128.0, 0),
        _lower_function("tanh", fixedpoint.hyperbolic_tangent, 7),
    ),
)
