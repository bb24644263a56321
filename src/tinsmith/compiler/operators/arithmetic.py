"""ADD, SUB and MUL of two tensors, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation, Operator
from tinsmith.compiler.operators.product import float_output_fields, int8_output_fields
from tinsmith.compiler.operators.walk import walk_distance
from tinsmith.core.cvalue import Array, Struct, Value

_HEADROOM_BITS = 20
_AXES = 4


def _shape(operation: Operation) -> Shape:
    first, second, target = operation.input(0), operation.input(1), operation.output
    operation.require_types(first, second, target)
    operation.require_quantized(first, second, target)
    rank = max(len(first.shape), len(second.shape))
    result = []
    for a, b in zip(_extend(first.shape, rank), _extend(second.shape, rank), strict=True):
        if a != b and 1 not in (a, b):
            raise operation.reject(
                f"combines shapes {list(first.shape)} and {list(second.shape)}, which do not fit"
            )
        result.append(max(a, b))
    shape = tuple(result)
    if len(merge_axes(first.shape, second.shape, shape)) > _AXES:
        raise operation.reject(f"repeats its inputs along more than {_AXES} separate axes")
    return shape


def _extend(shape: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(shape)) + shape


def merge_axes(first: Shape, second: Shape, output: Shape) -> list[tuple[int, bool, bool]]:
    """(size, first repeats, second repeats) of runs of axes that behave alike."""
    rank = len(output)
    merged: list[tuple[int, bool, bool]] = []
    for size, a, b in zip(output, _extend(first, rank), _extend(second, rank), strict=True):
        if size == 1:
            continue
        kind = (a == 1, b == 1)
        if merged and merged[-1][1:] == kind:
            merged[-1] = (merged[-1][0] * size, *kind)
        else:
            merged.append((size, *kind))
    return merged


def _broadcast(operation: Operation) -> Struct:
    first, second, target = operation.input(0), operation.input(1), operation.output
    axes = merge_axes(first.shape, second.shape, target.shape)
    axes = [(1, False, False)] * (_AXES - len(axes)) + axes
    sizes = [size for size, _, _ in axes]
    return Struct(
        "tin_broadcast",
        (
            ("shape", Array.i32(sizes)),
            ("steps1", Array.i32(_steps(sizes, [repeats for _, repeats, _ in axes]))),
            ("steps2", Array.i32(_steps(sizes, [repeats for _, _, repeats in axes]))),
        ),
    )


def _steps(sizes: list[int], repeats: list[bool]) -> list[int]:
    """Values to the next index of each axis; 0 where the input is repeated."""
    steps, step = [0] * len(sizes), 1
    for axis in reversed(range(len(sizes))):
        if not repeats[axis]:
            steps[axis] = step
            step *= sizes[axis]
    return steps


def _distances(operation: Operation) -> dict[int, int]:
    """An input that is walked in step may be overwritten; one that is repeated, once it is read for
    the last time."""
    first, second, target = operation.input(0), operation.input(1), operation.output
    axes = merge_axes(first.shape, second.shape, target.shape)
    sizes = [size for size, _, _ in axes]
    width = np.dtype(target.dtype).itemsize
    found = {}
    for position in range(2):
        steps = _steps(sizes, [bool(axis[1 + position]) for axis in axes])
        reads = np.zeros(1, np.int64)
        for size, step in zip(sizes, steps, strict=True):
            reads = (reads[:, None] + step * np.arange(size)).ravel()
        found[position] = walk_distance(np.arange(1, len(reads) + 1) * width, reads * width)
    return found


def _sum_fields(operation: Operation) -> tuple[tuple[str, Value], ...]:
    """Both inputs come to the scale 2 max(s1, s2) / 2^20, whose sum goes to the output's scale."""
    first, second, target = operation.input(0), operation.input(1), operation.output
    common = 2.0 * max(first.scale, second.scale)
    multiplier1, shift1 = fixedpoint.quantize_multiplier(first.scale / common)
    multiplier2, shift2 = fixedpoint.quantize_multiplier(second.scale / common)
    factor = common / (float(1 << _HEADROOM_BITS) * target.scale)
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
    if shift > 14:
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
        broadcast = ("broadcast", _broadcast(operation))
        if operation.output.dtype == "float32":
            suffix = "f32"
            params = Struct("tin_arithmetic_f32", (broadcast, *float_output_fields(operation)))
        else:
            suffix = "s8"
            fields = _product_fields if name == "mul" else _sum_fields
            struct = "tin_mul_s8" if name == "mul" else "tin_add_s8"
            params = Struct(struct, (broadcast, *fields(operation)))
        call = KernelCall(
            function=f"tin_{name}_run_{suffix}",
            header="tin/nn/arithmetic.h",
            params=params,
            inputs=operation.node.inputs[:2],
            outputs=operation.node.outputs,
        )
        return Lowering((call,), ("nn/tin_arithmetic.c", "nn/tin_broadcast.c"), distances=_distances(operation))

    return lower


OPERATORS = (
    Operator("ADD", "add", _shape, _lower("add")),
    Operator("SUB", "sub", _shape, _lower("sub")),
    Operator("MUL", "mul", _shape, _lower("mul")),
)
