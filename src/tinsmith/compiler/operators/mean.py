"""MEAN over neighbouring axes."""

from __future__ import annotations

import dataclasses
import math

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    ELEMENTWISE,
    SUFFIXES,
    Lowering,
    Operation,
    Operator,
    RowKernel,
    RowWindow,
    simple_lowering,
)
from tinsmith.core.cvalue import Struct


def _axes(operation: Operation) -> tuple[int, ...]:
    rank = len(operation.input().shape)
    values = [int(value) for value in operation.constant(1, "axes").ravel()]
    if any(not -rank <= value < rank for value in values):
        raise operation.reject(f"averages over axes {values} of an input with {rank} axes")
    return tuple(sorted({value % rank for value in values}))


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(source, target)
    operation.require_quantized(source, target)
    axes = _axes(operation)
    _extents(operation)
    if operation.number("keep_dims"):
        return tuple(1 if i in axes else dim for i, dim in enumerate(source.shape))
    return tuple(dim for i, dim in enumerate(source.shape) if i not in axes)


def _extents(operation: Operation) -> tuple[int, int, int]:
    """(outer, count, inner); axes of size 1 count as whatever their neighbours are."""
    shape, axes = operation.input().shape, _axes(operation)
    wide = [axis for axis, dim in enumerate(shape) if dim > 1]
    reduced = [axis for axis in wide if axis in axes]
    if not reduced:
        return math.prod(shape), 1, 1
    between = [axis for axis in wide if reduced[0] <= axis <= reduced[-1]]
    if between != reduced:
        raise operation.reject(
            f"averages over axes {list(axes)} of {list(shape)}; expected neighbouring axes"
        )
    outer = math.prod(shape[: reduced[0]])
    count = math.prod(shape[reduced[0] : reduced[-1] + 1])
    return outer, count, math.prod(shape[reduced[-1] + 1 :])


def _lower(operation: Operation) -> Lowering:
    source, target = operation.input(), operation.output
    outer, count, inner = _extents(operation)
    extents = (("outer", outer), ("count", count), ("inner", inner))
    suffix = SUFFIXES[source.dtype]
    if suffix == "f32":
        params = Struct("tin_mean_f32", extents)
        return simple_lowering(operation, "mean", "tin_mean_run_f32", params, distances=ELEMENTWISE)
    multiplier, shift = _divided(source.scale / target.scale, count)
    if shift > 30 or count >= 1 << 23:
        raise operation.reject(f"averages {count} values into scale {target.scale:g}, out of range")
    fields = (
        *extents,
        ("input_offset", -count * source.zero_point),
        ("multiplier", multiplier),
        ("shift", shift),
        ("zero_point", target.zero_point),
    )
    params = Struct("tin_mean_s8", fields)
    return _with_rows(operation, params)


def _with_rows(operation: Operation, params: Struct) -> Lowering:
    """One call; and for the mean of an image's rows and columns a kernel that sums row by row."""
    suffix = SUFFIXES[operation.input().dtype]
    # Output i of a group is written when input i of its first row is read for the last time.
    lowering = simple_lowering(
        operation, "mean", f"tin_mean_run_{suffix}", params, distances=ELEMENTWISE
    )
    shape = operation.input().shape
    if len(shape) != 4 or shape[0] != 1 or _axes(operation) not in ((1, 2), (0, 1, 2)):
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


OPERATORS = (Operator("MEAN", "mean", _shape, _lower),)
