"""Fused activations as output limits; RELU, RELU6, LOGISTIC and TANH as operators."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.base import (
    ELEMENTWISE,
    INTEGER_LIMITS,
    SUFFIXES,
    TYPES,
    TYPES_16,
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
    "RELU_0_TO_1": (0.0, 1.0),
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


def conversion_distances(operation: Operation) -> dict[int, int]:
    """Of kernels that walk input and output in step, the values of different widths. int16 and
    int32 in one place would be one object seen as two types, which C does not allow."""
    source, target = operation.input(), operation.output
    read, written = (np.dtype(tensor.dtype).itemsize for tensor in (source, target))
    if read != written and 1 not in (read, written):
        return {}
    return {0: max(written - read, 0) * source.size}


def rescaling(operation: Operation, minimum: int, maximum: int) -> Lowering:
    """From one integer scale to another, within limits."""
    source, target = operation.input(), operation.output
    multiplier, shift = fixedpoint.quantize_multiplier(source.scale / target.scale)
    if shift > 30:
        raise operation.reject(f"has output scale {target.scale:g}, far below its input's")
    fields = (
        ("count", target.size),
        ("offset", fixedpoint.wrap(-source.zero_point)),
        ("multiplier", multiplier),
        ("shift", shift),
        ("zero_point", target.zero_point),
        ("minimum", minimum),
        ("maximum", maximum),
    )
    lowering = simple_lowering(
        operation,
        "quantize",
        f"tin_rescale_run_{SUFFIXES[source.dtype]}_{SUFFIXES[target.dtype]}",
        Struct("tin_rescale", fields),
        "nn/tin_model.c",
        distances=conversion_distances(operation),
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
    return _elementwise_shape(operation, TYPES)


def _wide_shape(operation: Operation) -> Shape:
    return _elementwise_shape(operation, TYPES_16)


def _elementwise_shape(operation: Operation, types: Sequence[str]) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(source, target, types=types)
    operation.require_quantized(source, target)
    return source.shape


def _lower_relu(activation: str) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        source, target = operation.input(), operation.output
        if source.dtype == "int8":
            low, high = int8_limits(activation, target)
            rescale = rescaler(source, target)
            return lookup(operation, lambda value: clamp(rescale(value), low, high))
        if source.dtype == "int16":
            return rescaling(operation, *int8_limits(activation, target))
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
        if operation.input().dtype == "int16":
            return _sigmoid(operation, stem)
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


def _sigmoid(operation: Operation, stem: str) -> Lowering:
    """From a table of the logistic function at multiples of 1 / 24. Inputs come to steps of
    1 / 12288 by a factor of 15 bits, cut off."""
    source = operation.input()
    factor, shift = source.scale * 12288.0, 0
    if source.scale != 1.0 / 4096.0:
        while factor <= 32767.0 / 2.0 and shift <= 30:
            factor, shift = 2.0 * factor, shift + 1
    if factor > 32767.0:
        raise operation.reject(f"has input scale {source.scale:g}; expected at most 2.6")
    fields = (
        ("count", source.size),
        ("multiplier", int(factor)),
        ("shift", shift),
        ("table", Array(sigmoid_table())),
    )
    return simple_lowering(
        operation,
        "activation",
        f"tin_{stem}_run_s16",
        Struct("tin_sigmoid_s16", fields),
        "dsp/tin_math.c",
        distances=ELEMENTWISE,
    )


def sigmoid_table() -> npt.NDArray[np.uint16]:
    """logistic(i / 24) * 2^16 for i = 0 to 255, raised by half of what a straight line to the next
    entry falls short of the function in the middle: so the error is the same on both sides. The
    last entry is the end of the range, which holds from there on."""

    def logistic(index: float) -> float:
        return 65536.0 / (1.0 + math.exp(-index / 24.0))

    entries = []
    for index in range(255):
        line = (logistic(index) + logistic(index + 1)) / 2.0
        raised = logistic(index) + (logistic(index + 0.5) - line) / 2.0
        entries.append(math.floor(raised + 0.5))
    return np.array([*entries, 65535], np.uint16)


def _bounded_shape(scale: float, zero_point: int) -> Callable[[Operation], Shape]:
    """Of an output with a scale that the format fixes: this one for int8, 1 / 32768 for int16."""

    def shape(operation: Operation) -> Shape:
        result = _wide_shape(operation)
        target = operation.output
        if target.dtype == "float32":
            return result
        expected = (scale, zero_point) if target.dtype == "int8" else (1.0 / 32768.0, 0)
        if (target.scale, target.zero_point) != expected:
            raise operation.reject(
                f"has output scale {target.scale:g} and zero point {target.zero_point}; "
                f"the format requires {expected[0]:g} and {expected[1]}"
            )
        return result

    return shape


OPERATORS = (
    *(
        Operator(name, name.lower(), _wide_shape, _lower_relu(name), types=TYPES_16)
        for name in ("RELU", "RELU6")
    ),
    *(
        Operator(
            name,
            name.lower(),
            _wide_shape,
            _lower_relu(name),
            types=TYPES_16,
            defined_here=TYPES_16,
        )
        for name in ("RELU_N1_TO_1", "RELU_0_TO_1")
    ),
    Operator(
        "LOGISTIC",
        "logistic",
        _bounded_shape(1.0 / 256.0, -128),
        _lower_function("logistic", fixedpoint.logistic, 8),
        types=TYPES_16,
    ),
    Operator(
        "TANH",
        "tanh",
        _bounded_shape(1.0 / 128.0, 0),
        _lower_function("tanh", fixedpoint.hyperbolic_tangent, 7),
        types=TYPES_16,
    ),
)
