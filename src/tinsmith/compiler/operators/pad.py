"""PAD, PADV2 and MIRROR_PAD: a border of zeros, of a given value, or of the values inside."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.compiler.operators.copying import (
    MOVABLE,
    indexed_copy,
    require_unchanged,
    steps_of,
    unit_of,
)
from tinsmith.core.cvalue import Array, Struct


def borders(operation: Operation) -> tuple[tuple[int, int], ...]:
    """(before, after) of every axis."""
    values = operation.constant(1, "paddings")
    rank = len(operation.input().shape)
    whole = values.dtype.kind == "i" and values.shape == (rank, 2)
    if not whole or values.min(initial=0) < 0 or values.max(initial=0) > 1 << 16:
        raise operation.reject(f"has paddings {values.tolist()} for an input with {rank} axes")
    return tuple((int(before), int(after)) for before, after in values)


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    require_unchanged(operation, source, target)
    if operation.optional_input(2) is not None:
        require_unchanged(operation, source, operation.input(2))
        if operation.constant(2, "value").size != 1:
            raise operation.reject("has more than one padding value")
    pairs = zip(source.shape, borders(operation), strict=True)
    return tuple(before + size + after for size, (before, after) in pairs)


@dataclass(frozen=True)
class _Border:
    """One axis: values added in front, size of the input, values added behind."""

    before: int
    size: int
    after: int

    @property
    def is_empty(self) -> bool:
        return self.before == 0 and self.after == 0


def _merged(operation: Operation) -> list[_Border]:
    """As few axes as possible: one without a border belongs to the axis around it."""
    merged: list[_Border] = []
    pairs = borders(operation)
    for size, (before, after) in zip(operation.input().shape, pairs, strict=True):
        border = _Border(before, size, after)
        if merged and (border.is_empty or (merged[-1].is_empty and merged[-1].size == 1)):
            outer = merged.pop()
            if border.is_empty:
                border = _Border(outer.before * size, outer.size * size, outer.after * size)
        merged.append(border)
    return merged or [_Border(0, 1, 0)]


def _lower(operation: Operation) -> Lowering:
    source = operation.input()
    item = np.dtype(source.dtype).itemsize
    axes = _merged(operation)
    inner = axes.pop()
    axes.append(_Border(inner.before * item, inner.size * item, inner.after * item))
    rows = [(axis.before, axis.size, axis.after) for axis in axes]
    fields = (
        ("axes", len(axes)),
        ("unit", unit_of(source, *rows[-1])),
        ("borders", Array.i32(rows)),
        ("value", _pattern(operation)),
    )
    return simple_lowering(
        operation,
        "pad",
        "tin_pad_run",
        Struct("tin_pad", fields),
        distances={0: _distance(axes)},
    )


def _pattern(operation: Operation) -> int:
    """The border's value, repeated to four bytes, as a 32-bit integer."""
    source = operation.input()
    value = np.zeros(1, source.dtype)
    if operation.optional_input(2) is not None:
        value[0] = operation.constant(2, "value").ravel()[0]
    elif source.quantization is not None:
        value[0] = source.zero_point
    return int(np.repeat(value, 4 // value.itemsize).view(np.int32)[0])


def _distance(axes: list[_Border]) -> int:
    """Rows move towards the back, the last one furthest, and nothing behind a row is written
    before it."""
    inner = axes[-1]
    width = inner.before + inner.size + inner.after
    sizes = [axis.before + axis.size + axis.after for axis in axes[:-1]]
    last = [axis.before + axis.size - 1 for axis in axes[:-1]]
    row = sum(index * step for index, step in zip(last, steps_of(sizes), strict=True))
    rows_before = math.prod(axis.size for axis in axes[:-1]) - 1
    return row * width + inner.before - rows_before * inner.size


def _mirrored_shape(operation: Operation) -> Shape:
    source = operation.input()
    require_unchanged(operation, source, operation.output)
    lost = _lost(operation)
    pairs = list(zip(source.shape, borders(operation), strict=True))
    if any(max(before, after) > size - lost for size, (before, after) in pairs):
        raise operation.reject(
            f"mirrors {list(borders(operation))} of shape {list(source.shape)}; "
            f"expected at most the size{' less 1' if lost else ''}"
        )
    return tuple(before + size + after for size, (before, after) in pairs)


def _lost(operation: Operation) -> int:
    """Values at an edge that the mirror does not repeat: reflect 1, symmetric 0."""
    mode = operation.number("mode")
    if mode not in (0, 1):
        raise operation.reject(f"has mode {mode}; expected 0 (reflect) or 1 (symmetric)")
    return 1 - mode


def _lower_mirror(operation: Operation) -> Lowering:
    lost = _lost(operation)
    picks = []
    for size, (before, after) in zip(operation.input().shape, borders(operation), strict=True):
        place = np.arange(-before, size + after, dtype=np.int64)
        place = np.where(place < 0, -place - 1 + lost, place)
        picks.append(np.where(place >= size, 2 * size - 1 - lost - place, place))
    return indexed_copy(operation, picks)


OPERATORS = (
    Operator("PAD", "pad", _shape, _lower, types=MOVABLE, moves=True, defined_here=("bool",)),
    Operator("PADV2", "padv2", _shape, _lower, types=MOVABLE, moves=True, defined_here=("bool",)),
    Operator(
        "MIRROR_PAD",
        "mirror_pad",
        _mirrored_shape,
        _lower_mirror,
        types=MOVABLE,
        moves=True,
        defined_here=("int16", "int32", "bool"),
    ),
)
