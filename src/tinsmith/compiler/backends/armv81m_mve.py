"""Kernels for vector instructions of Cortex-M55 and M85: 16 int8 products an instruction."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.backends.base import Backend
from tinsmith.compiler.operators import OPERATORS
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation, RowKernel, RowWindow
from tinsmith.compiler.operators.conv2d import direct_columns
from tinsmith.compiler.operators.product import requantization
from tinsmith.compiler.operators.rows import MOST_ROWS, is_image, row_window, whole_rows
from tinsmith.compiler.operators.walk import raster_distance
from tinsmith.compiler.operators.window import Window, window_of
from tinsmith.core.cvalue import Array, Struct, Value

_GROUP = 4  # outputs summed together
_CHUNK = 16  # products of one instruction
_SLOTS = 4  # rows and columns of a depthwise window
_COLUMN_BYTES = 64  # of scratch, for 16 channels
_BAND_BYTES = 1024  # of gathered columns, where windows are small enough
_TOGETHER = 2  # rows whose outputs may be written while the first is still read
_MATMUL = ("nn/armv81m_mve/tin_mve_matmul.c", "nn/tin_requantize.c")


def _conv2d(operation: Operation) -> Lowering | None:
    source = operation.input()
    weights = operation.constant(1, "weights")
    image = window_of(operation, weights.shape[1:3])
    is_dense = image.width.kernel == 1 or image.width.dilation == 1
    if source.dtype != "int8" or image.height.kernel > MOST_ROWS or not is_dense:
        return None
    whole = _conv2d_call(operation, image.flattened())
    by_rows = _conv2d_call(operation, image)
    tile = whole.params["tile"]
    together = tile if isinstance(tile, int) and tile else _TOGETHER
    window = image.flattened()
    return Lowering(
        calls=(whole,),
        sources=("nn/armv81m_mve/tin_mve_conv2d.c", *_MATMUL),
        scratch_bytes=_band_bytes(window),
        macs=operation.output.size * weights[0].size,
        distances={0: raster_distance(window, len(weights), source, together=together)},
        rows=_row_kernel(image, by_rows, _band_bytes(image)),
    )


def _conv2d_call(operation: Operation, window: Window) -> KernelCall:
    weights = operation.constant(1, "weights")
    by_columns = weights.transpose(0, 2, 1, 3).reshape(len(weights), -1)
    fields = (
        ("window", window.struct(operation.input().zero_point)),
        ("tile", _tile(window)),
        ("places", Array(_places(window))),
        ("matmul", _matmul(operation, by_columns)),
    )
    return KernelCall(
        function="tin_mve_conv2d_run_s8",
        header="tin/nn/armv81m_mve/mve_conv2d.h",
        params=Struct("tin_mve_conv2d_s8", fields),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )


def _tile(window: Window) -> int:
    """Output columns whose windows are gathered together; 0: they are read in place."""
    across = window.width
    if direct_columns(window) == (0, across.output):
        return 0
    column_bytes = window.height.kernel * window.channels
    columns = (_BAND_BYTES // column_bytes - across.kernel) // across.stride + 1
    return min(max(columns, _TOGETHER), across.output)


def _band_bytes(window: Window) -> int:
    tile, across = _tile(window), window.width
    columns = (tile - 1) * across.stride + across.kernel
    return columns * window.height.kernel * window.channels if tile else 0


def _places(window: Window) -> npt.NDArray[np.uint8]:
    """Where the bytes of 16 / channels neighbouring pixels of a row go within a band."""
    byte = np.arange(_CHUNK)
    pixel, channel = byte // window.channels, byte % window.channels
    places = pixel * window.height.kernel * window.channels + channel
    reach = np.iinfo(np.uint8).max
    return np.array(np.minimum(places, reach), np.uint8)


def _row_kernel(image: Window, call: KernelCall, scratch_bytes: int) -> RowKernel:
    return RowKernel(
        function=call.function.replace("_run_", "_row_"),
        header=call.header,
        params=call.params,
        windows=(row_window(image),),
        scratch_bytes=scratch_bytes,
        scratch="int8",
    )


def _depthwise_conv2d(operation: Operation) -> Lowering | None:
    source = operation.input()
    weights = operation.constant(1, "weights")
    image = window_of(operation, weights.shape[1:3])
    window = _upright(image)
    fits = max(window.height.kernel, window.width.kernel) <= _SLOTS or _is_column(window)
    if source.dtype != "int8" or weights.shape[3] != window.channels or not fits:
        return None
    call = KernelCall(
        function="tin_mve_depthwise_conv2d_run_s8",
        header="tin/nn/armv81m_mve/mve_depthwise_conv2d.h",
        params=_depthwise_params(operation, window),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    scratch_bytes = _COLUMN_BYTES * _columns(window)
    whole_row = window.width.output
    return Lowering(
        calls=(call,),
        sources=("nn/armv81m_mve/tin_mve_depthwise_conv2d.c", "nn/tin_requantize.c"),
        scratch_bytes=scratch_bytes,
        macs=operation.output.size * weights.shape[1] * weights.shape[2],
        distances={0: raster_distance(window, window.channels, source, together=whole_row)},
        rows=_row_kernel(image, call, scratch_bytes) if window == image else None,
    )


def _upright(window: Window) -> Window:
    """An image of one row as one of one column: the same memory."""
    down, across = window.height, window.width
    is_row = (down.size, down.kernel, down.output) == (1, 1, 1)
    if is_row:
        return Window(across, dataclasses.replace(down, stride=1), window.channels)
    return window


def _is_column(window: Window) -> bool:
    across = window.width
    is_narrow = (across.size, across.kernel, across.output) == (1, 1, 1)
    return is_narrow and window.height.kernel <= _CHUNK


def _columns(window: Window) -> int:
    """Of scratch; the words of a column window lie where columns of an image would."""
    across = window.width
    return (across.output - 1) * across.stride + 1 + (_SLOTS - 1) * _dilation(window)


def _dilation(window: Window) -> int:
    return 1 if window.width.kernel == 1 else window.width.dilation


def _depthwise_params(operation: Operation, window: Window) -> Struct:
    weights = operation.constant(1, "weights")
    by_output = weights.reshape(-1, window.channels).T
    scaling = requantization(operation, by_output.astype(np.int64))
    across = dataclasses.replace(window.width, dilation=_dilation(window))
    window = dataclasses.replace(window, width=across)
    fields = (
        ("window", window.struct(operation.input().zero_point)),
        ("weights", Array(pack_windows(by_output, window.height.kernel))),
        ("is_column", int(_is_column(window))),
        ("columns", _columns(window)),
        ("requantize", by_groups(scaling)),
    )
    return Struct("tin_mve_depthwise_conv2d_s8", fields)


def pack_windows(weights: npt.NDArray[np.int8], height: int) -> npt.NDArray[np.int8]:
    """[channels][taps] to [channels, whole groups][16]: four rows of each of four columns, or one
    column of up to 16 rows."""
    channels, taps = weights.shape
    slots = _SLOTS if height <= _SLOTS else _CHUNK
    window = np.zeros((-(-channels // _GROUP) * _GROUP, _CHUNK // slots, slots), np.int8)
    by_column = weights.reshape(channels, height, -1).transpose(0, 2, 1)
    window[:channels, : taps // height, :height] = by_column
    return window.ravel()


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
            ("matmul", _matmul(operation, weights)),
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


def _add(operation: Operation) -> Lowering | None:
    first, second, target = operation.input(0), operation.input(1), operation.output
    if target.dtype != "int8" or not first.shape == second.shape == target.shape:
        return None
    shared = OPERATORS["ADD"].lower
    assert shared is not None
    (call,) = shared(operation).calls
    given = call.params
    is_first_coarse = given["shift1"] == 0
    coarse, fine = ("1", "2") if is_first_coarse else ("2", "1")
    fields = (
        ("count", target.size),
        ("coarse_offset", given[f"offset{coarse}"]),
        ("fine_offset", given[f"offset{fine}"]),
        ("fine_multiplier", given[f"multiplier{fine}"]),
        ("fine_shift", _negative(given[f"shift{fine}"])),
        ("multiplier", given["output_multiplier"]),
        ("shift", _negative(given["output_shift"])),
        *((name, given[name]) for name in ("zero_point", "minimum", "maximum")),
    )
    inputs = call.inputs if is_first_coarse else call.inputs[::-1]
    tuned = dataclasses.replace(
        call,
        function="tin_mve_add_run_s8",
        header="tin/nn/armv81m_mve/mve_add.h",
        params=Struct("tin_mve_add_s8", fields),
        inputs=inputs,
    )
    order = (0, 1) if is_first_coarse else (1, 0)
    return Lowering(
        calls=(tuned,),
        sources=("nn/armv81m_mve/tin_mve_add.c",),
        distances={0: 0, 1: 0},
        rows=_add_rows(operation, tuned, order),
    )


def _add_rows(operation: Operation, call: KernelCall, order: tuple[int, ...]) -> RowKernel | None:
    if not is_image(operation) or any(operation.input(at).is_constant for at in order):
        return None
    size, height = operation.output.size, operation.output.shape[1]
    fields = {**dict(call.params.fields), "count": size // height}
    params = Struct(call.params.type, tuple(fields.items()))
    return whole_rows(call, params, tuple(RowWindow(at) for at in order))


def _negative(value: Value) -> int:
    assert isinstance(value, int)
    return -value


def _matmul(operation: Operation, weights: npt.NDArray[Any]) -> Struct:
    """The C product of rows with int8 weights [num_outputs][depth]."""
    wide = weights.astype(np.int64)
    scaling = requantization(operation, wide)
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
        "ADD": _add,
        "CONV_2D": _conv2d,
        "DEPTHWISE_CONV_2D": _depthwise_conv2d,
        "FULLY_CONNECTED": _fully_connected,
    },
)
