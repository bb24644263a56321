"""SUM, REDUCE_MAX, REDUCE_MIN, ARG_MAX and ARG_MIN; means over axes that are no neighbours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    INTEGER_LIMITS,
    SUFFIXES,
    TYPES_16,
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.compiler.operators.walk import MOST_TURNS, walk_distance
from tinsmith.core.cvalue import Array, Struct, Value

_RUNS = 3  # of kept and of reduced axes; tensors have at most six


def reduced_axes(operation: Operation) -> tuple[int, ...]:
    """The axes of input 1, counted from the front."""
    rank = len(operation.input().shape)
    values = [int(value) for value in operation.constant(1, "axes").ravel()]
    if any(not -rank <= value < rank for value in values):
        raise operation.reject(f"reduces axes {values} of an input with {rank} axes")
    return tuple(sorted({value % rank for value in values}))


def reduced_shape(operation: Operation, types: Sequence[str]) -> Shape:
    """Shape without the reduced axes, or with 1 in their place."""
    source, target = operation.input(), operation.output
    operation.require_types(source, target, types=types)
    operation.require_quantized(source, target)
    axes = reduced_axes(operation)
    if operation.number("keep_dims"):
        return tuple(1 if i in axes else dim for i, dim in enumerate(source.shape))
    return tuple(dim for i, dim in enumerate(source.shape) if i not in axes)


def _runs(operation: Operation) -> dict[bool, list[tuple[int, int]]]:
    """By whether they are reduced: (size, step) of runs of axes, three each, the last ones last."""
    shape, axes = operation.input().shape, reduced_axes(operation)
    found: dict[bool, list[tuple[int, int]]] = {False: [], True: []}
    step, before = 1, None
    for axis in reversed(range(len(shape))):
        if shape[axis] == 1:
            continue
        kind = axis in axes
        if kind == before:
            size, first = found[kind][0]
            found[kind][0] = (size * shape[axis], first)
        else:
            found[kind].insert(0, (shape[axis], step))
        before = kind
        step *= shape[axis]
    return {kind: [(1, 0)] * (_RUNS - len(runs)) + runs for kind, runs in found.items()}


def _reduction(operation: Operation) -> tuple[str, Value]:
    runs = _runs(operation)
    columns = {
        "kept": [size for size, _ in runs[False]],
        "kept_steps": [step for _, step in runs[False]],
        "reduced": [size for size, _ in runs[True]],
        "reduced_steps": [step for _, step in runs[True]],
    }
    fields = tuple((name, Array.i32(values)) for name, values in columns.items())
    return "reduction", Struct("tin_reduction", fields)


def _distance(operation: Operation) -> int:
    """Outputs are written one by one, each when all its inputs have been read."""
    if operation.output.size > MOST_TURNS:
        return operation.output.num_bytes
    starts = np.zeros(1, np.int64)
    for size, step in _runs(operation)[False]:
        starts = (starts[:, None] + step * np.arange(size)).ravel()
    width = np.dtype(operation.output.dtype).itemsize
    return walk_distance(np.arange(1, len(starts) + 1) * width, starts * width)


def reduction_lowering(
    operation: Operation, function: str, struct: str, *fields: tuple[str, Value]
) -> Lowering:
    """One call of a kernel of tin/nn/reduce.h."""
    params = Struct(struct, (_reduction(operation), *fields))
    distances = {0: _distance(operation)}
    return simple_lowering(operation, "reduce", function, params, distances=distances)


def _sum_shape(operation: Operation) -> Shape:
    shape = reduced_shape(operation, TYPES_16)
    dtype = operation.input().dtype
    if dtype != "float32" and reduced_count(operation) * -INTEGER_LIMITS[dtype][0] >= 1 << 31:
        raise operation.reject(
            f"adds {reduced_count(operation)} values, whose sum may not fit 32 bits"
        )
    return shape


def _extreme_shape(operation: Operation) -> Shape:
    shape = reduced_shape(operation, TYPES_16)
    operation.require_same_quantization(operation.input(), operation.output)
    return shape


def reduced_count(operation: Operation) -> int:
    """Values behind one output."""
    shape = operation.input().shape
    return math.prod(shape[axis] for axis in reduced_axes(operation))


def _lower_sum(operation: Operation) -> Lowering:
    source, target = operation.input(), operation.output
    suffix = SUFFIXES[source.dtype]
    if suffix == "f32":
        return _lower_same("sum")(operation)
    multiplier, shift = fixedpoint.quantize_multiplier(source.scale / target.scale)
    if shift > 15:
        raise operation.reject(f"has output scale {target.scale:g}, far below its input's")
    return reduction_lowering(
        operation,
        f"tin_sum_run_{suffix}",
        f"tin_sum_{suffix}",
        ("input_offset", -reduced_count(operation) * source.zero_point),
        ("multiplier", multiplier),
        ("shift", shift),
        ("zero_point", target.zero_point),
    )


def _lower_same(stem: str) -> Callable[[Operation], Lowering]:
    """Results have the input's scale."""

    def lower(operation: Operation) -> Lowering:
        function = f"tin_{stem}_run_{SUFFIXES[operation.input().dtype]}"
        return reduction_lowering(
            operation, function, "tin_reduce", ("count", reduced_count(operation))
        )

    return lower


def _arg_axis(operation: Operation) -> int:
    rank, values = len(operation.input().shape), operation.constant(1, "axis").ravel()
    if values.size != 1 or not -rank <= int(values[0]) < rank:
        raise operation.reject(f"searches axis {values.tolist()} of an input with {rank} axes")
    return int(values[0]) % rank


def _arg_shape(operation: Operation) -> Shape:
    source = operation.input()
    operation.require_types(source)
    operation.require_types(operation.output, types=("int32",))
    axis = _arg_axis(operation)
    return source.shape[:axis] + source.shape[axis + 1 :]


def _lower_arg(stem: str) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        shape, axis = operation.input().shape, _arg_axis(operation)
        fields = (
            ("outer", math.prod(shape[:axis])),
            ("count", shape[axis]),
            ("inner", math.prod(shape[axis + 1 :])),
        )
        function = f"tin_{stem}_run_{SUFFIXES[operation.input().dtype]}"
        return simple_lowering(operation, "reduce", function, Struct("tin_arg", fields))

    return lower


OPERATORS = (
    Operator("SUM", "sum", _sum_shape, _lower_sum, types=TYPES_16),
    Operator(
        "REDUCE_MAX",
        "reduce_max",
        _extreme_shape,
        _lower_same("reduce_max"),
        types=TYPES_16,
        defined_here=("int16",),
    ),
    Operator(
        "REDUCE_MIN",
        "reduce_min",
        _extreme_shape,
        _lower_same("reduce_min"),
        types=TYPES_16,
        defined_here=("int16",),
    ),
    Operator("ARG_MAX", "arg_max", _arg_shape, _lower_arg("arg_max")),
    Operator("ARG_MIN", "arg_min", _arg_shape, _lower_arg("arg_min")),
)
