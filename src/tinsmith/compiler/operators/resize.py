"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR: images of another size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.compiler.operators.copying import (
    MOVABLE,
    dense,
    indexed_copy,
    lower_copies,
    require_unchanged,
    steps_of,
)
from tinsmith.core.cvalue import Array, Struct

_ONE = 1 << 10  # of the fixed-point coordinates of int8 images

Taps = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]
"""For each output: the input before it, the one behind it, and the weight of the latter."""


def _shape(operation: Operation) -> Shape:
    image = operation.input().shape
    require_unchanged(operation, operation.input(), operation.output)
    if len(image) != 4:
        raise operation.reject(f"has an input with {len(image)} axes; expected 4")
    size = [int(value) for value in operation.constant(1, "size").ravel()]
    if len(size) != 2 or min(size) < 1 or max(size) > 1 << 16:
        raise operation.reject(f"resizes to {size}; expected a height and a width")
    if operation.number("align_corners") and operation.number("half_pixel_centers"):
        raise operation.reject("has align_corners and half_pixel_centers; expected at most one")
    return image[0], size[0], size[1], image[3]


def _bilinear_shape(operation: Operation) -> Shape:
    operation.require_types(operation.input(), operation.output)
    return _shape(operation)


def _nearest(operation: Operation) -> Lowering:
    source, target = operation.input().shape, operation.output.shape
    rows, columns = (_nearest_indices(operation, axis) for axis in (1, 2))
    steps = steps_of(source)
    walks = [(np.arange(source[0]), steps[0]), (rows, steps[1]), (columns, steps[2])]
    sizes, sources = [], []
    for picked, step in walks:
        repeat, stride = _evenness(picked)
        if repeat == 0:
            channels = np.arange(target[3])
            return indexed_copy(operation, [walks[0][0], rows, columns, channels])
        sizes += [picked.size // repeat, repeat]
        sources += [stride * step, 0]
    return lower_copies(operation, [dense((*sizes, target[3]), (*sources, 1))])


def _evenness(picked: npt.NDArray[np.int64]) -> tuple[int, int]:
    """(n, s) of indices 0, 0, ..., s, s, ..., 2s, ..., each n times; n is 0 for others."""
    repeat = int((picked == 0).sum())
    if repeat == 0 or picked.size % repeat:
        return 0, 0
    stride = int(picked[repeat]) if picked.size > repeat else 0
    even = np.repeat(np.arange(picked.size // repeat) * stride, repeat)
    return (repeat, stride) if np.array_equal(even, picked) else (0, 0)


def _nearest_indices(operation: Operation, axis: int) -> npt.NDArray[np.int64]:
    """Input index of each output, computed in float32 as the format's reference does."""
    size, count = operation.input().shape[axis], operation.output.shape[axis]
    aligned = operation.number("align_corners") and count > 1
    scale = np.float32(size - 1) / np.float32(count - 1) if aligned else _ratio(size, count)
    centre = np.float32(0.5 if operation.number("half_pixel_centers") else 0.0)
    place = (np.arange(count).astype(np.float32) + centre) * scale
    if operation.number("align_corners"):
        place += np.float32(0.5)
    index: npt.NDArray[np.int64] = np.clip(np.floor(place).astype(np.int64), 0, size - 1)
    return index


def _ratio(size: int, count: int) -> np.float32:
    return np.float32(size) / np.float32(count)


def _bilinear(operation: Operation) -> Lowering:
    source, target = operation.input(), operation.output
    suffix = SUFFIXES[source.dtype]
    find: Callable[[Operation, int], Taps] = _taps_s8 if suffix == "s8" else _taps_f32
    batch, height, width, channels = target.shape
    rows, columns = find(operation, 1), find(operation, 2)
    line = source.shape[2] * channels
    fields = (
        ("batches", batch),
        ("image", source.shape[1] * line),
        ("height", height),
        ("width", width),
        ("channels", channels),
        ("rows", _pairs(rows, line)),
        ("columns", _pairs(columns, channels)),
        ("row_weights", _weights(rows)),
        ("column_weights", _weights(columns)),
    )
    params = Struct(f"tin_resize_bilinear_{suffix}", fields)
    return simple_lowering(
        operation, "resize_bilinear", f"tin_resize_bilinear_run_{suffix}", params
    )


def _pairs(taps: Taps, step: int) -> Array:
    """[outputs][2]: elements to the two inputs."""
    return Array.i32(np.stack(taps[:2], axis=1) * step)


def _weights(taps: Taps) -> Array:
    return Array(np.ascontiguousarray(taps[2]))


def _taps_s8(operation: Operation, axis: int) -> Taps:
    """Places in 1/1024 of a pixel, rounded as the format's reference rounds them."""
    size, count = operation.input().shape[axis], operation.output.shape[axis]
    scale = (_ONE * size + count // 2) // count
    if operation.number("align_corners") and count > 1:
        scale = (_ONE * (size - 1) + (count - 1) // 2) // (count - 1)
    place = np.arange(count, dtype=np.int64) * scale
    if operation.number("half_pixel_centers"):
        place += scale // 2 - _ONE // 2
    first = np.maximum(place // _ONE, 0)
    second = np.minimum(-(-place // _ONE), size - 1)
    if first.max() >= size:
        raise operation.reject(f"resizes {size} to {count} pixels; rounding leaves the image")
    second = np.maximum(second, first)
    # Beside the image both inputs are the same pixel, and no weight matters.
    weight = np.where(first == second, 0, place - first * _ONE)
    return first, second, weight.astype(np.int16)


def _taps_f32(operation: Operation, axis: int) -> Taps:
    size, count = operation.input().shape[axis], operation.output.shape[axis]
    aligned = operation.number("align_corners") and count > 1
    scale = np.float32(size - 1) / np.float32(count - 1) if aligned else _ratio(size, count)
    place = np.arange(count).astype(np.float32)
    if operation.number("half_pixel_centers"):
        place = (place + np.float32(0.5)) * scale - np.float32(0.5)
    else:
        place = place * scale
    first = np.clip(np.floor(place), 0, size - 1).astype(np.int64)
    second = np.clip(np.ceil(place), first, size - 1).astype(np.int64)
    weight = np.where(first == second, np.float32(0.0), place - first.astype(np.float32))
    return first, second, weight.astype(np.float32)


OPERATORS = (
    Operator(
        "RESIZE_NEAREST_NEIGHBOR",
        "resize_nearest",
        _shape,
        _nearest,
        types=MOVABLE,
        moves=True,
        defined_here=("int32", "bool"),
    ),
    Operator("RESIZE_BILINEAR", "resize_bilinear", _bilinear_shape, _bilinear),
)
