"""L2_NORMALIZATION and LOG_SOFTMAX over the last axis."""

from __future__ import annotations

from collections.abc import Callable

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.activations import elementwise_shape
from tinsmith.compiler.operators.base import (
    ELEMENTWISE,
    SUFFIXES,
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.compiler.operators.softmax import distances, exponents
from tinsmith.core.cvalue import Array, Struct, Value


def _shape(scale: float, zero_point: int, depth: int) -> Callable[[Operation], Shape]:
    """Of an int8 output with this scale and zero point, from rows of at most `depth` values."""

    def shape(operation: Operation) -> Shape:
        result, target = elementwise_shape(operation), operation.output
        if not result:
            raise operation.reject("has a scalar input")
        if operation.node.attributes.get("activation", "NONE") != "NONE":
            raise operation.reject("has a fused activation")
        if target.dtype == "float32":
            return result
        if (target.scale, target.zero_point) != (scale, zero_point):
            raise operation.reject(
                f"has output scale {target.scale:g} and zero point {target.zero_point}; "
                f"the format requires {scale:g} and {zero_point}"
            )
        if result[-1] > depth:
            raise operation.reject(f"has {result[-1]} values a row; at most {depth}")
        return result

    return shape


def _length_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    return (("zero_point", operation.input().zero_point),)


def _logarithm_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    scale = operation.input().scale
    table = exponents(1.0, scale)
    return (
        ("distances", Array.i32(distances(1.0, scale))),
        ("exponents", Array.i32(table)),
        ("num_distances", len(table)),
    )


def _lower(
    stem: str, int8_fields: Callable[[Operation], tuple[tuple[str, Value], ...]]
) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        source = operation.input()
        depth, suffix = source.shape[-1], SUFFIXES[source.dtype]
        fields: tuple[tuple[str, Value], ...] = (("rows", source.size // depth), ("depth", depth))
        struct = "tin_normalization_f32"
        if suffix == "s8":
            struct, fields = f"tin_{stem}_s8", (*fields, *int8_fields(operation))
        # The last pass over a row reads each value once more before it writes there.
        return simple_lowering(
            operation,
            "normalization",
            f"tin_{stem}_run_{suffix}",
            Struct(struct, fields),
            "dsp/tin_math.c",
            distances=ELEMENTWISE,
        )

    return lower


OPERATORS = (
    Operator(
        "L2_NORMALIZATION",
        "l2_normalization",
        _shape(1.0 / 128.0, 0, 32767),
        _lower("l2_normalization", _length_fields),
    ),
    Operator(
        "LOG_SOFTMAX",
        "log_softmax",
        _shape(16.0 / 256.0, 127, 4095),
        _lower("log_softmax", _logarithm_fields),
    ),
)
