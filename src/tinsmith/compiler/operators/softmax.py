"""SOFTMAX over the last axis."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    ELEMENTWISE,
    SUFFIXES,
    TYPES_16,
    Lowering,
    Operation,
    Operator,
    float32,
    simple_lowering,
)
from tinsmith.core.cvalue import Array, Struct, Value

_INTEGER_BITS = 5  # of the scaled distance below the maximum

# Scale and zero point of the output; values of a row whose sum of exponentials fits 32 bits.
_OUTPUTS = {"int8": (1.0 / 256.0, -128, 4095), "int16": (1.0 / 32768.0, 0, 65535)}


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    dtype = operation.require_types(source, target, types=TYPES_16)
    operation.require_quantized(source, target)
    if not source.shape:
        raise operation.reject("has a scalar input")
    if not _beta(operation) > 0.0:
        raise operation.reject(f"has beta {_beta(operation)}; expected above 0")
    if dtype in _OUTPUTS:
        scale, zero_point, depth = _OUTPUTS[dtype]
        if (target.scale, target.zero_point) != (scale, zero_point):
            raise operation.reject(
                f"has output scale {target.scale:g} and zero point {target.zero_point}; "
                f"the format requires 1/{round(1 / scale)} and {zero_point}"
            )
        if source.shape[-1] > depth:
            raise operation.reject(f"has {source.shape[-1]} values a row; at most {depth}")
    return source.shape


def _beta(operation: Operation) -> float:
    return float32(float(operation.node.attributes["beta"]))  # type: ignore[arg-type]


def distances(beta: float, scale: float) -> list[int]:
    """-beta * scale * i with 5 integer bits for i = 0, 1, ... as far as they fit, at most 256."""
    factor = min(beta * scale * float(1 << (31 - _INTEGER_BITS)), float((1 << 31) - 1))
    multiplier, shift = fixedpoint.quantize_multiplier(factor)
    farthest = min(fixedpoint.input_radius(_INTEGER_BITS, shift), 255)
    return [fixedpoint.requantize(-i, multiplier, shift) for i in range(farthest + 1)]


def exponents(beta: float, scale: float) -> list[int]:
    """exp of each of the distances, in Q0.31."""
    return [fixedpoint.exp_on_negative(x, _INTEGER_BITS) for x in distances(beta, scale)]


def interpolated(function: Callable[[float], float], low: float, high: float) -> Array:
    """513 values of a function in 2^-15, of 512 straight lines over its range: each is lowered by
    half of what its line lies above the function in the middle. In float32, as the reference is."""
    one = np.float32(32768.0)
    step = np.float32(high - low) / np.float32(512.0)

    def at(index: float) -> np.float32:
        return np.float32(function(float(np.float32(low) + np.float32(index) * step))) * one

    def whole(value: np.float32) -> np.float32:
        size = np.floor(abs(value) + np.float32(0.5))
        return np.float32(np.copysign(size, value))

    values = [whole(at(512))]
    for index in reversed(range(512)):
        here = whole(at(index))
        line = whole((at(index + 1) + here) / np.float32(2.0))
        values.append(here - whole((line - whole(at(index + 0.5))) / np.float32(2.0)))
    return Array(np.clip(values[::-1], -32768, 32767).astype(np.int16))


def _int16_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    factor = operation.input().scale * _beta(operation) / (10.0 / 65535.0)
    multiplier, shift = fixedpoint.quantize_multiplier(factor)
    if shift > 14:
        raise operation.reject(f"has input scale {operation.input().scale:g}; expected below 2.5")
    return (
        ("multiplier", multiplier),
        ("shift", shift),
        ("exponential", interpolated(math.exp, -10.0, 0.0)),
        ("reciprocal", interpolated(lambda x: 1.0 / (1.0 + x), 0.0, 1.0)),
    )


def _int8_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    table = exponents(_beta(operation), operation.input().scale)
    return (("exponents", Array.i32(table)), ("num_exponents", len(table)))


def _float_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    return (("beta", _beta(operation)),)


_FIELDS = {"float32": _float_fields, "int8": _int8_fields, "int16": _int16_fields}


def _lower(operation: Operation) -> Lowering:
    source = operation.input()
    depth, suffix = source.shape[-1], SUFFIXES[source.dtype]
    sizes = (("rows", source.size // depth), ("depth", depth))
    params = Struct(f"tin_softmax_{suffix}", (*sizes, *_FIELDS[source.dtype](operation)))
    # The last pass over a row reads each value once more before it writes there.
    return simple_lowering(
        operation,
        "softmax",
        f"tin_softmax_run_{suffix}",
        params,
        "dsp/tin_math.c",
        distances=ELEMENTWISE,
    )


OPERATORS = (Operator("SOFTMAX", "softmax", _shape, _lower, types=TYPES_16),)
