"""MEAN over any axes; a kernel of its own where they are neighbours."""

from __future__ import annotations

import dataclasses
import math

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    ELEMENTWISE,
    SUFFIXES,
    TYPES_16,
    Lowering,
    Operation,
    Operator,
    RowKernel,
    RowWindow,
    simple_lowering,
)
from tinsmith.compiler.operators.reduce import (
    reduced_axes,
    reduced_count,
    reduced_shape,
    reduction_lowering,
)
from tinsmith.core.cvalue import Struct, Value


def _shape(operation: Operation) -> Shape:
    return reduced_shape(operation, TYPES_16)


def _extents(operation: Operation) -> tuple[int, int, int] | None:
    """(outer, count, inner), if the reduced axes are neighbours; axes of size 1 count as whatever
    their neighbours are."""
    shape, axes = operation.input().shape, reduced_axes(operation)
    wide = [axis for axis, dim in enumerate(shape) if dim > 1]
    reduced = [axis for axis in wide if axis in axes]
    if not reduced:
        return math.prod(shape), 1, 1
    between = [axis for axis in wide if reduced[0] <= axis <= reduced[-1]]
    if between != reduced:
        return None
    outer = math.prod(shape[: reduced[0]])
    count = math.prod(shape[reduced[0] : reduced[-1] + 1])
    return outer, count, math.prod(shape[reduced[-1] + 1 :])


def _lower(operation: Operation) -> Lowering:
    dtype, extents = operation.input().dtype, _extents(operation)
    if extents is None or dtype == "int16":
        return _lower_scattered(operation)
    fields = tuple(zip(("outer", "count", "inner"), extents, strict=True))
    if dtype == "float32":
        return _with_rows(operation, Struct("tin_mean_f32", fields))
    return _with_rows(operation, Struct("tin_mean_s8", (*fields, *_scaling(operation))))


def _lower_scattered(operation: Operation) -> Lowering:
    """Over any axes, by the kernels of tin/nn/reduce.h."""
    suffix = SUFFIXES[operation.input().dtype]
    if suffix == "f32":
        count = ("count", reduced_count(operation))
        return reduction_lowering(operation, "tin_reduce_mean_run_f32", "tin_reduce", count)
    function, struct = f"tin_sum_run_{suffix}", f"tin_sum_{suffix}"
    return reduction_lowering(operation, function, struct, *_scaling(operation))


def _scaling(operation: Operation) -> tuple[tuple[str, Value], ...]:
    source, target, count = operation.input(), operation.output, reduced_count(operation)
    multiplier, shift = _divided(source.scale / target.scale, count)
    if shift > 30 or count >= 1 << (23 if source.dtype == "int8" else 15):
        raise operation.reject(f"averages {count} values into scale {target.scale:g}, out of range")
    return (
        ("input_offset", -count * source.zero_point),
        ("multiplier", multiplier),
        ("shift", shift),
        ("zero_point", target.zero_point),
    )


def _with_rows(operation: Operation, params: Struct) -> Lowering:
    """One call; and for the mean of an image's rows and columns a kernel that sums row by row."""
    suffix = SUFFIXES[operation.input().dtype]
    # Output i of a group is written when input i of its first row is read for the last time.
    lowering = simple_lowering(
        operation, "mean", f"tin_mean_run_{suffix}", params, distances=ELEMENTWISE
    )
    shape = operation.input().shape
    if len(shape) != 4 or shape[0] != 1 or reduced_axes(operation) not in ((1, 2), (0, 1, 2)):
        return lowering
    rows = RowKernel(
        function=f"tin_mean_add_{suffix}",
        header="tin/nn/mean.h",
        params=Struct(f"tin_mean_row_{suffix}_params", (("mean", params), ("width", shape[2]))),
        windows=(RowWindow(0),),
        scratch_bytes=4 * (shape[3] + 1),
        scratch="int32" if suffix == "s8" else "float32",
        is_sum=True,
    )
    return dataclasses.replace(lowering, rows=rows)


def _divided(factor: float, count: int) -> tuple[int, int]:
    """Multiplier and shift of factor / count, keeping as many bits as the format's reference."""
    multiplier, shift = fixedpoint.quantize_multiplier(factor)
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << bits) // count, shift - bits


OPERATORS = (Operator("MEAN", "mean", _shape, _lower, types=TYPES_16),)
