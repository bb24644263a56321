"""Kernels for vector instructions of Cortex-M55 and M85: 16 int8 products an instruction."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.backends.base import Backend
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation, RowKernel
from tinsmith.compiler.operators.conv2d import direct_columns
from tinsmith.compiler.operators.product import requantization
from tinsmith.compiler.operators.rows import MOST_ROWS, is_image, row_window
from tinsmith.compiler.operators.walk import raster_distance
from tinsmith.compiler.operators.window import Window, window_of
from tinsmith.core.cvalue import Array, Struct

_GROUP = 4  # outputs summed together
_CHUNK = 16  # products of one instruction
_SLOTS = 4  # rows and columns of a depthwise window
_COLUMN_BYTES = 64  # of scratch, for 16 channels
_TOGETHER = 2  # rows whose outputs may be written while the first is still read
_MATMUL = ("nn/armv81m_mve/tin_mve_matmul.c", "nn/tin_requantize.c")


def _conv2d(operation: Operation) -> Lowering | None:
    source = operation.input()
    weights = operation.constant(1, "weights")
    image = window_of(operation, weights.shape[1:3])
    if source.dtype != "int8" or image.height.kernel > MOST_ROWS:
        return None
    product = _matmul(operation, weights.reshape(len(weights), -1), single_product=False)
    window = image.flattened()
    params = _conv2d_params(operation, window, product)
    call = KernelCall(
        function="tin_mve_conv2d_run_s8",
        header="tin/nn/armv81m_mve/mve_conv2d.h",
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    depth = weights[0].size
    return Lowering(
        calls=(call,),
        sources=("nn/armv81m_mve/tin_mve_conv2d.c", *_MATMUL),
        scratch_bytes=_gathered_bytes(window, depth),
        macs=operation.output.size * depth,
        distances={0: raster_distance(window, len(weights), source, together=_TOGETHER)},
        rows=_rows(operation, image, call, _conv2d_params(operation, image, product), depth),
    )


def _conv2d_params(operation: Operation, window: Window, product: Struct) -> Struct:
    first, last = direct_columns(window)
    fields = (
        ("window", window.struct(operation.input().zero_point)),
        ("direct_first", first),
        ("direct_last", last),
        ("matmul", product),
    )
    return Struct("tin_mve_conv2d_s8", fields)


def _gathered_bytes(window: Window, depth: int) -> int:
    first, last = direct_columns(window)
    return 0 if last - first == window.width.output else _TOGETHER * depth


def _rows(
    operation: Operation, image: Window, call: KernelCall, params: Struct, depth: int
) -> RowKernel | None:
    if not is_image(operation):
        return None
    return RowKernel(
        function=call.function.replace("_run_", "_row_"),
        header=call.header,
        params=params,
        windows=(row_window(image),),
        scratch_bytes=_gathered_bytes(image, depth),
        scratch="int8",
    )


def _depthwise_conv2d(operation: Operation) -> Lowering | None:
    source = operation.input()
    weights = operation.constant(1, "weights")
    image = window_of(operation, weights.shape[1:3])
    window = image.flattened()
    is_line = _is_line(window)
    fits = is_line or max(window.height.kernel, window.width.kernel) <= _SLOTS
    if source.dtype != "int8" or weights.shape[3] != window.channels or not fits:
        return None
    params = _depthwise_params(operation, window, is_line=is_line)
    call = KernelCall(
        function="tin_mve_depthwise_conv2d_run_s8",
        header="tin/nn/armv81m_mve/mve_depthwise_conv2d.h",
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    scratch_bytes = _COLUMN_BYTES * _columns(window, is_line=is_line)
    row_kernel = RowKernel(
        function="tin_mve_depthwise_conv2d_row_s8",
        header=call.header,
        params=params,
        windows=(row_window(image),),
        scratch_bytes=scratch_bytes,
        scratch="int8",
    )
    whole_row = window.width.output
    return Lowering(
        calls=(call,),
        sources=("nn/armv81m_mve/tin_mve_depthwise_conv2d.c", "nn/tin_requantize.c"),
        scratch_bytes=scratch_bytes,
        macs=operation.output.size * weights.shape[1] * weights.shape[2],
        distances={0: raster_distance(window, window.channels, source, together=whole_row)},
        rows=row_kernel if is_image(operation) and window == image else None,
    )


def _is_line(window: Window) -> bool:
    """One row of neighbours that never covers padding above or below."""
    down, across = window.height, window.width
    return (
        down.kernel == 1
        and down.inside == (0, down.output)
        and across.dilation == 1
        and across.kernel <= _CHUNK
    )


def _columns(window: Window, *, is_line: bool) -> int:
    across = window.width
    step = _SLOTS if is_line else across.dilation
    return (across.output - 1) * across.stride + 1 + (_SLOTS - 1) * step


def _depthwise_params(operation: Operation, window: Window, *, is_line: bool) -> Struct:
    weights = operation.constant(1, "weights")
    by_output = weights.reshape(-1, window.channels).T
    scaling = requantization(operation, by_output.astype(np.int64), single_product=False)
    fields = (
        ("window", window.struct(operation.input().zero_point)),
        ("weights", Array(pack_windows(by_output, window.height.kernel, is_line=is_line))),
        ("is_line", int(is_line)),
        ("columns", _columns(window, is_line=is_line)),
        ("requantize", by_groups(scaling)),
    )
    return Struct("tin_mve_depthwise_conv2d_s8", fields)


def pack_windows(
    weights: npt.NDArray[np.int8], height: int, *, is_line: bool
) -> npt.NDArray[np.int8]:
    """[channels][taps] to [channels, whole groups][16]: columns of four rows, or a line."""
    channels, taps = weights.shape
    packed = np.zeros((-(-channels // _GROUP) * _GROUP, _CHUNK), np.int8)
    if is_line:
        packed[:channels, :taps] = weights
    else:
        by_column = weights.reshape(channels, height, -1).transpose(0, 2, 1)
        window = np.zeros((channels, _SLOTS, _SLOTS), np.int8)
        window[:, : by_column.shape[1], :height] = by_column
        packed[:channels] = window.reshape(channels, _CHUNK)
    return packed.ravel()


def _fully_connected(operation: Operation) -> Lowering | None:
    source = operation.input()
    if source.dtype != "int8" or operation.input(1).dtype != "int8":
        return None
    weights = operation.constant(1, "weights")
    depth = weights.shape[1]
    params = Struct(
        "tin_mve_fully_connected_s8",
        (
            ("num_rows", source.size // depth),
            ("matmul", _matmul(operation, weights, single_product=True)),
        ),
    )
    call = KernelCall(
        function="tin_mve_fully_connected_run_s8",
        header="tin/nn/armv81m_mve/mve_fully_connected.h",
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
    )
    sources = ("nn/armv81m_mve/tin_mve_fully_connected.c", *_MATMUL)
    return Lowering((call,), sources, macs=operation.output.size * depth)


def _matmul(operation: Operation, weights: npt.NDArray[Any], *, single_product: bool) -> Struct:
    """The C product of rows with int8 weights [num_outputs][depth]."""
    wide = weights.astype(np.int64)
    scaling = requantization(operation, wide, single_product=single_product)
    fields = (
        ("weights", Array(pack_weights(weights))),
        ("depth", weights.shape[1]),
        ("num_outputs", len(weights)),
        ("requantize", by_groups(scaling)),
    )
    return Struct("tin_mve_matmul_s8", fields)


def pack_weights(weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """[num_outputs][depth] to [groups][chunks][4][16], filled up with zeros."""
    num_outputs, depth = weights.shape
    fill = ((0, -num_outputs % _GROUP), (0, -depth % _CHUNK))
    whole = np.pad(weights, fill)
    packed = whole.reshape(len(whole) // _GROUP, _GROUP, -1, _CHUNK).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(packed.ravel())


def by_groups(scaling: Struct) -> Struct:
    """The same scaling with a factor for each output, filled up to whole groups."""
    bias = _values(scaling, "bias")
    count = -(-len(bias) // _GROUP) * _GROUP
    fields = dict(scaling.fields)
    for name in ("bias", "multiplier", "shift"):
        values = _values(scaling, name)
        wide = values if name == "bias" or len(values) > 1 else np.repeat(values, len(bias))
        fields[name] = Array(np.pad(wide, (0, count - len(wide))))
    fields["per_channel"] = 1
    return Struct(scaling.type, tuple(fields.items()))


def _values(struct: Struct, name: str) -> npt.NDArray[Any]:
    array = struct[name]
    assert isinstance(array, Array)
    return array.values


ARMV81M_MVE = Backend(
    "armv81m_mve",
    "Cortex-M with vector instructions: M55, M85",
    {
        "CONV_2D": _conv2d,
        "DEPTHWISE_CONV_2D": _depthwise_conv2d,
        "FULLY_CONNECTED": _fully_connected,
    },
)
