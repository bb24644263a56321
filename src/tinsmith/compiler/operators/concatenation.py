"""CONCATENATION along an axis there is, PACK along a new one."""

from __future__ import annotations

import itertools
import math

from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.base import Operation
from tinsmith.compiler.operators.copying import (
    Copy,
    Stride,
    axis_of,
    copying,
    require_unchanged,
)


def _sources(operation: Operation) -> list[Tensor]:
    return [operation.input(position) for position in range(len(operation.node.inputs))]


def _concatenated(operation: Operation) -> Shape:
    parts = _sources(operation)
    require_unchanged(operation, *parts, operation.output)
    axis = axis_of(operation, operation.number("axis"), len(parts[0].shape))
    if operation.text("activation") != "NONE":
        raise operation.reject(f"has the fused activation {operation.text('activation')}")
    rest = {part.shape[:axis] + part.shape[axis + 1 :] for part in parts}
    if len(rest) != 1 or len({len(part.shape) for part in parts}) != 1:
        raise operation.reject(f"joins shapes {[list(part.shape) for part in parts]}")
    total = sum(part.shape[axis] for part in parts)
    return (*parts[0].shape[:axis], total, *parts[0].shape[axis + 1 :])


def _packed(operation: Operation) -> Shape:
    parts = _sources(operation)
    require_unchanged(operation, *parts, operation.output)
    shapes = {part.shape for part in parts}
    axis = axis_of(operation, operation.number("axis"), len(parts[0].shape) + 1)
    if len(shapes) != 1 or len(parts) != operation.number("values_count"):
        raise operation.reject(
            f"stacks {operation.number('values_count')} of {[list(part.shape) for part in parts]}"
        )
    return (*parts[0].shape[:axis], len(parts), *parts[0].shape[axis:])


def _joined(operation: Operation) -> list[Copy]:
    """Each input is a column of the output, seen as [rows][length]."""
    target = operation.output
    axis = axis_of(operation, operation.number("axis"), len(target.shape))
    rows = math.prod(target.shape[:axis])
    lengths = [part.size // rows for part in _sources(operation)]
    offsets = itertools.accumulate(lengths, initial=0)
    return [
        Copy(
            (Stride(rows, length, target.size // rows), Stride(length, 1, 1)),
            target_offset=offset,
            source=position,
        )
        for position, (length, offset) in enumerate(zip(lengths, offsets, strict=False))
    ]


OPERATORS = (
    copying("CONCATENATION", _concatenated, _joined),
    copying("PACK", _packed, _joined, ("bool",)),
)
