"""GATHER: slices of a tensor picked by indices, constant or computed by the network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation, Operator
from tinsmith.compiler.operators.copying import (
    MOVABLE,
    Copy,
    axis_of,
    dense,
    lower_copies,
    require_unchanged,
    unit_of,
)
from tinsmith.core.cvalue import Struct


def _axes(operation: Operation) -> tuple[int, int]:
    """(axis, number of leading axes that input and indices share)."""
    source, indices = operation.input(), operation.input(1)
    axis = axis_of(operation, operation.number("axis"), len(source.shape))
    shared = axis_of(operation, operation.number("batch_dims"), len(indices.shape) + 1)
    if shared > axis or source.shape[:shared] != indices.shape[:shared]:
        raise operation.reject(
            f"has {shared} batch axes for {list(source.shape)}, indices {list(indices.shape)} "
            f"and axis {axis}"
        )
    return axis, shared


def _shape(operation: Operation) -> Shape:
    source, indices = operation.input(), operation.input(1)
    require_unchanged(operation, source, operation.output)
    operation.require_types(indices, types=("int32",))
    axis, shared = _axes(operation)
    if indices.data is not None:
        lowest, highest = int(indices.data.min()), int(indices.data.max())
        if lowest < 0 or highest >= source.shape[axis]:
            raise operation.reject(
                f"takes indices {lowest} to {highest} of {source.shape[axis]} along axis {axis}"
            )
    return source.shape[:axis] + indices.shape[shared:] + source.shape[axis + 1 :]


def _lower(operation: Operation) -> Lowering:
    source, indices = operation.input(), operation.input(1)
    axis, shared = _axes(operation)
    even = _evenly_spaced(operation, axis, shared)
    if even is not None:
        return lower_copies(operation, [even])
    run = math.prod(source.shape[axis + 1 :]) * np.dtype(source.dtype).itemsize
    fields = (
        ("batches", math.prod(source.shape[:shared])),
        ("outer", math.prod(source.shape[shared:axis])),
        ("size", source.shape[axis]),
        ("count", math.prod(indices.shape[shared:])),
        ("run", run),
        ("unit", unit_of(source, run)),
    )
    call = KernelCall(
        function="tin_gather_run",
        header="tin/nn/gather.h",
        params=Struct("tin_gather", fields),
        inputs=operation.node.inputs,
        outputs=operation.node.outputs,
    )
    return Lowering((call,), ("nn/tin_gather.c",))


def _evenly_spaced(operation: Operation, axis: int, shared: int) -> Copy | None:
    """The gather as a strided copy, where the indices are constants in equal steps."""
    shape, indices = operation.input().shape, operation.input(1)
    if indices.data is None or math.prod(shape[:shared]) != 1:
        return None
    values = indices.data.ravel().astype(np.int64)
    steps = np.diff(values)
    if steps.size and (steps != steps[0]).any():
        return None
    step, inner = int(steps[0]) if steps.size else 0, math.prod(shape[axis + 1 :])
    sizes = (math.prod(shape[:axis]), values.size, inner)
    return dense(sizes, (shape[axis] * inner, step * inner, 1), int(values[0]) * inner)


def _evaluate(operation: Operation) -> npt.NDArray[Any]:
    axis, shared = _axes(operation)
    value, indices = operation.constant(0, "input"), operation.constant(1, "indices")
    batch = value.shape[:shared]
    parts = [np.take(value[at], indices[at], axis=axis - shared) for at in np.ndindex(*batch)]
    return np.stack(parts).reshape(operation.output.shape)


OPERATORS = (
    Operator(
        "GATHER",
        "gather",
        _shape,
        _lower,
        evaluate=_evaluate,
        types=MOVABLE,
        moves=True,
        defined_here=("int16", "int32", "bool"),
    ),
)
