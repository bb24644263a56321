"""MAX_POOL_2D and AVERAGE_POOL_2D."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    Lowering,
    Operation,
    Operator,
    RowKernel,
    RowWindow,
    simple_lowering,
)
from tinsmith.compiler.operators.product import float_output_fields, int8_output_fields
from tinsmith.compiler.operators.rows import MOST_ROWS, row_window
from tinsmith.compiler.operators.walk import raster_distance
from tinsmith.compiler.operators.window import Window, window_of, window_shape
from tinsmith.core.cvalue import Struct


def _window(operation: Operation) -> Window:
    kernel = (operation.number("kernel_height"), operation.number("kernel_width"))
    return window_of(operation, kernel)


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(source, target)
    operation.require_same_quantization(source, target)
    window = _window(operation)
    if any(
        axis.kernel > axis.size + max(axis.before, axis.after)
        for axis in (window.height, window.width)
    ):
        raise operation.reject(f"has a window larger than its input {list(source.shape)}")
    if window.height.kernel * window.width.kernel >= 1 << 23:
        raise operation.reject("has a window of more than 2^23 values")
    return window_shape(window, window.channels)


def _lower(name: str) -> Callable[[Operation], Lowering]:
    def lower(operation: Operation) -> Lowering:
        suffix = SUFFIXES[operation.input().dtype]
        if suffix == "s8":
            limits = int8_output_fields(operation)[1:]
        else:
            limits = float_output_fields(operation)
        window = _window(operation)
        params = Struct(f"tin_pool2d_{suffix}", (("window", window.struct(0)), *limits))
        distances = {0: raster_distance(window, window.channels, operation.input())}
        function = f"tin_{name}_run_{suffix}"
        lowering = simple_lowering(operation, "pool2d", function, params, distances=distances)
        return dataclasses.replace(lowering, rows=_rows(name, window, params))

    return lower


def _rows(name: str, window: Window, params: Struct) -> RowKernel | None:
    """An average over the whole image is summed up row by row."""
    suffix = params.type.removeprefix("tin_pool2d_")
    header, sources = "tin/nn/pool2d_row.h", ("nn/tin_pool2d_row.c",)
    axes = (window.height, window.width)
    if name == "average_pool2d" and all(
        (axis.kernel, axis.before, axis.after) == (axis.size, 0, 0) for axis in axes
    ):
        return RowKernel(
            function=f"tin_average_pool2d_add_{suffix}",
            header=header,
            params=params,
            windows=(RowWindow(0),),
            scratch_bytes=4 * (window.channels + 1),
            scratch="int32" if suffix == "s8" else "float32",
            is_sum=True,
            sources=sources,
        )
    if window.height.kernel > MOST_ROWS:
        return None
    function = f"tin_{name}_row_{suffix}"
    return RowKernel(function, header, params, (row_window(window),), sources=sources)


OPERATORS = (
    Operator("MAX_POOL_2D", "max_pool2d", _shape, _lower("max_pool2d")),
    Operator("AVERAGE_POOL_2D", "average_pool2d", _shape, _lower("average_pool2d")),
)
