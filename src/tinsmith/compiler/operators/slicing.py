"""SLICE, STRIDED_SLICE, SPLIT, SPLIT_V and UNPACK: parts of a tensor."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.base import Operation
from tinsmith.compiler.operators.copying import (
    Copy,
    axis_of,
    copying,
    dense,
    require_unchanged,
    steps_of,
)


def _integers(operation: Operation, position: int, what: str) -> list[int]:
    return [int(value) for value in operation.constant(position, what).ravel()]


def _slice_bounds(operation: Operation) -> tuple[list[int], list[int]]:
    """(begin, size) along each axis."""
    shape = operation.input().shape
    begins, sizes = _integers(operation, 1, "begin"), _integers(operation, 2, "size")
    if len(begins) != len(shape) or len(sizes) != len(shape):
        raise operation.reject(f"has begin {begins} and size {sizes} for shape {list(shape)}")
    found = []
    for dim, begin, size in zip(shape, begins, sizes, strict=True):
        length = dim - begin if size == -1 else size
        if begin < 0 or length < 1 or begin + length > dim:
            raise operation.reject(f"cuts {begins} to size {sizes} out of shape {list(shape)}")
        found.append(length)
    return begins, found


def _slice_shape(operation: Operation) -> Shape:
    require_unchanged(operation, operation.input(), operation.output)
    return tuple(_slice_bounds(operation)[1])


def _slice(operation: Operation) -> list[Copy]:
    begins, sizes = _slice_bounds(operation)
    steps = steps_of(operation.input().shape)
    return [dense(sizes, steps, _offset(begins, steps))]


def _offset(begins: Sequence[int], steps: Sequence[int]) -> int:
    return sum(begin * step for begin, step in zip(begins, steps, strict=True))


def _ranges(operation: Operation) -> list[range]:
    """The indices a strided slice takes along each axis; one for an axis that is dropped."""
    shape = operation.input().shape
    for name in ("ellipsis_mask", "new_axis_mask", "offset"):
        if operation.number(name):
            raise operation.reject(f"has {name} {operation.number(name)}; expected 0")
    words = ("begin", "end", "strides")
    lists = [_integers(operation, position, word) for position, word in enumerate(words, 1)]
    if any(len(values) != len(shape) for values in lists):
        raise operation.reject(f"has begin, end and strides {lists} for shape {list(shape)}")
    found = []
    for axis, (dim, begin, end, stride) in enumerate(zip(shape, *lists, strict=True)):
        begins_open = operation.number("begin_mask") >> axis & 1
        ends_open = operation.number("end_mask") >> axis & 1
        if stride == 0:
            raise operation.reject(f"has stride 0 along axis {axis}")
        if operation.number("shrink_axis_mask") >> axis & 1:
            start = 0 if begins_open else begin
            if not -dim <= start < dim:
                raise operation.reject(f"takes index {start} of {dim} along axis {axis}")
            found.append(range(start % dim, start % dim + 1))
            continue
        part = slice(None if begins_open else begin, None if ends_open else end, stride)
        found.append(range(*part.indices(dim)))
        if not found[-1]:
            raise operation.reject(f"takes nothing along axis {axis} of shape {list(shape)}")
    return found


def _strided_shape(operation: Operation) -> Shape:
    require_unchanged(operation, operation.input(), operation.output)
    dropped = operation.number("shrink_axis_mask")
    ranges = enumerate(_ranges(operation))
    return tuple(len(indices) for axis, indices in ranges if not dropped >> axis & 1)


def _strided(operation: Operation) -> list[Copy]:
    ranges = _ranges(operation)
    steps = steps_of(operation.input().shape)
    sources = [indices.step * step for indices, step in zip(ranges, steps, strict=True)]
    offset = _offset([indices.start for indices in ranges], steps)
    return [dense([len(indices) for indices in ranges], sources, offset)]


def _targets(operation: Operation) -> list[Tensor]:
    return [operation.graph.tensors[index] for index in operation.node.outputs]


def _parts(operation: Operation, data: int, axis: int, lengths: Sequence[int]) -> list[Copy]:
    """One copy for each part of input `data`, cut along an axis."""
    shape = operation.input(data).shape
    row, step = math.prod(shape[axis:]), math.prod(shape[axis + 1 :])
    outer = math.prod(shape[:axis])
    starts = itertools.accumulate(lengths, initial=0)
    return [
        dense((outer, length * step), (row, 1), start * step, source=data, target=number)
        for number, (start, length) in enumerate(zip(starts, lengths, strict=False))
    ]


def _with(shape: Shape, axis: int, length: int) -> Shape:
    return (*shape[:axis], length, *shape[axis + 1 :])


def _axis(operation: Operation, position: int, data: int) -> int:
    values = _integers(operation, position, "axis")
    if len(values) != 1:
        raise operation.reject(f"has axes {values}; expected one")
    return axis_of(operation, values[0], len(operation.input(data).shape))


def _split_lengths(operation: Operation) -> tuple[int, list[int]]:
    """(axis, equal lengths along it)."""
    axis, count = _axis(operation, 0, 1), operation.number("num_splits")
    dim = operation.input(1).shape[axis]
    if count < 1 or dim % count:
        raise operation.reject(f"splits {dim} along axis {axis} into {count} parts")
    return axis, [dim // count] * count


def _split_shapes(operation: Operation) -> list[Shape]:
    source = operation.input(1)
    require_unchanged(operation, source, *_targets(operation))
    axis, lengths = _split_lengths(operation)
    return [_with(source.shape, axis, length) for length in lengths]


def _split(operation: Operation) -> list[Copy]:
    axis, lengths = _split_lengths(operation)
    return _parts(operation, 1, axis, lengths)


def _given_lengths(operation: Operation) -> tuple[int, list[int]]:
    """(axis, lengths along it); one length may be -1: what the others leave."""
    axis, sizes = _axis(operation, 2, 0), _integers(operation, 1, "sizes")
    dim = operation.input().shape[axis]
    rest = dim - sum(size for size in sizes if size != -1)
    lengths = [rest if size == -1 else size for size in sizes]
    if sizes.count(-1) > 1 or min(lengths, default=0) < 1 or sum(lengths) != dim:
        raise operation.reject(f"splits {dim} along axis {axis} into {sizes}")
    return axis, lengths


def _split_v_shapes(operation: Operation) -> list[Shape]:
    source = operation.input()
    require_unchanged(operation, source, *_targets(operation))
    axis, lengths = _given_lengths(operation)
    return [_with(source.shape, axis, length) for length in lengths]


def _split_v(operation: Operation) -> list[Copy]:
    axis, lengths = _given_lengths(operation)
    return _parts(operation, 0, axis, lengths)


def _unpacked_axis(operation: Operation) -> int:
    source = operation.input()
    axis = axis_of(operation, operation.number("axis"), len(source.shape))
    if source.shape[axis] != operation.number("num"):
        raise operation.reject(
            f"takes {operation.number('num')} parts of {source.shape[axis]} along axis {axis}"
        )
    return axis


def _unpack_shapes(operation: Operation) -> list[Shape]:
    source = operation.input()
    require_unchanged(operation, source, *_targets(operation))
    axis = _unpacked_axis(operation)
    return [source.shape[:axis] + source.shape[axis + 1 :]] * operation.number("num")


def _unpack(operation: Operation) -> list[Copy]:
    return _parts(operation, 0, _unpacked_axis(operation), [1] * operation.number("num"))


OPERATORS = (
    copying("SLICE", _slice_shape, _slice),
    copying("STRIDED_SLICE", _strided_shape, _strided),
    copying("SPLIT", _split_shapes, _split, ("bool",)),
    copying("SPLIT_V", _split_v_shapes, _split_v, ("bool",)),
    copying("UNPACK", _unpack_shapes, _unpack, ("bool",)),
)
