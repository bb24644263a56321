"""Row kernels of the portable C core: how operators on images run one row at a time."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation, RowKernel, RowWindow
from tinsmith.compiler.operators.window import Axis, Window
from tinsmith.core.cvalue import Struct

MOST_ROWS = 32
"""Rows that one call may read (TIN_STREAM_ROWS)."""


def row_window(window: Window, position: int = 0) -> RowWindow:
    """The walk of a window down its image."""
    down = window.height
    return RowWindow(position, down.kernel, down.stride, down.dilation, down.before)


def one_row(window: Window) -> Window | None:
    """The window on an image of one row, where it covers one row and never padding above or below;
    there the kernel of whole images makes a row."""
    down = window.height
    if down.kernel > 1 or down.inside != (0, down.output):
        return None
    return Window(Axis(1, 1, 1, 1, 0, 0), window.width, window.channels)


def is_image(operation: Operation) -> bool:
    """Output and input 0 are images of several rows."""
    shapes = (operation.input().shape, operation.output.shape)
    return all(len(shape) == 4 and shape[0] == 1 for shape in shapes) and shapes[0][1] > 1


def with_elementwise_rows(operation: Operation, lowering: Lowering) -> Lowering:
    """A lowering of one call that walks `count` values, and its row kernel."""
    if not is_image(operation):
        return lowering
    (call,) = lowering.calls
    height = operation.output.shape[1]
    fields = tuple(
        (name, operation.output.size // height if name == "count" else value)
        for name, value in call.params.fields
    )
    rows = whole_rows(call, Struct(call.params.type, fields), (RowWindow(0),))
    return dataclasses.replace(lowering, rows=rows)


def whole_rows(
    call: KernelCall, params: Struct, windows: tuple[RowWindow, ...], scratch_bytes: int = 0
) -> RowKernel:
    """The kernel of whole images on images of one row."""
    return RowKernel(
        function=call.function,
        header=call.header,
        params=params,
        windows=windows,
        scratch_bytes=scratch_bytes,
        scratch=call.scratch,
        is_whole=True,
    )
