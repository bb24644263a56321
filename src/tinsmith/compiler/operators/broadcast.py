"""What operators on two tensors share: broadcasting, and how the C core walks both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    TYPES,
    KernelCall,
    Lowering,
    Operation,
    RowKernel,
    RowWindow,
)
from tinsmith.compiler.operators.rows import is_image, whole_rows
from tinsmith.compiler.operators.walk import MOST_TURNS, walk_distance
from tinsmith.core.cvalue import Array, Struct

_AXES = 4


def pair_shape(operation: Operation, *, types: Sequence[str] = TYPES) -> Shape:
    """Shape of the output of two broadcast inputs; all types equal and quantised."""
    first, second, target = operation.input(0), operation.input(1), operation.output
    operation.require_types(first, second, target, types=types)
    operation.require_quantized(first, second, target)
    return broadcast_shape(operation)


def broadcast_shape(operation: Operation) -> Shape:
    """Shape of the output of two broadcast inputs, of whatever types."""
    first, second = operation.input(0).shape, operation.input(1).shape
    rank = max(len(first), len(second))
    result = []
    for a, b in zip(_extend(first, rank), _extend(second, rank), strict=True):
        if a != b and 1 not in (a, b):
            raise operation.reject(
                f"combines shapes {list(first)} and {list(second)}, which do not fit"
            )
        result.append(max(a, b))
    shape = tuple(result)
    if len(merge_axes(first, second, shape)) > _AXES:
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


def broadcast_params(operation: Operation) -> Struct:
    """The C struct of the walk."""
    first, second, target = operation.input(0), operation.input(1), operation.output
    return _walk(merge_axes(first.shape, second.shape, target.shape))


def _walk(axes: list[tuple[int, bool, bool]]) -> Struct:
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


def broadcast_distances(operation: Operation) -> dict[int, int]:
    """An input that is walked in step may be overwritten; one that is repeated, once it is read for
    the last time."""
    first, second, target = operation.input(0), operation.input(1), operation.output
    axes = merge_axes(first.shape, second.shape, target.shape)
    sizes = [size for size, _, _ in axes]
    width = np.dtype(target.dtype).itemsize
    found: dict[int, int] = {}
    if target.size > MOST_TURNS:
        return dict.fromkeys(range(2), target.num_bytes)
    for position in range(2):
        steps = _steps(sizes, [bool(axis[1 + position]) for axis in axes])
        reads = np.zeros(1, np.int64)
        for size, step in zip(sizes, steps, strict=True):
            reads = (reads[:, None] + step * np.arange(size)).ravel()
        read_width = np.dtype(operation.input(position).dtype).itemsize
        written = np.arange(1, len(reads) + 1) * width
        found[position] = walk_distance(written, reads * read_width)
    return found


def pair_lowering(operation: Operation, stem: str, function: str, params: Struct) -> Lowering:
    """One call with both inputs, from one C file that uses the walk."""
    call = KernelCall(
        function=function,
        header=f"tin/nn/{stem}.h",
        params=params,
        inputs=operation.node.inputs[:2],
        outputs=operation.node.outputs,
    )
    sources = (f"nn/tin_{stem}.c", "nn/tin_broadcast.c")
    distances = broadcast_distances(operation)
    return Lowering((call,), sources, distances=distances, rows=_rows(operation, call))


def _rows(operation: Operation, call: KernelCall) -> RowKernel | None:
    """Images of the same shape row by row."""
    first, second, target = operation.input(0), operation.input(1), operation.output
    is_pair = first.shape == second.shape == target.shape and is_image(operation)
    if not is_pair or first.is_constant or second.is_constant:
        return None
    walk = _walk([(target.size // target.shape[1], False, False)])
    fields = tuple((k, walk if k == "broadcast" else v) for k, v in call.params.fields)
    windows = (RowWindow(0), RowWindow(1))
    return whole_rows(call, Struct(call.params.type, fields), windows)
