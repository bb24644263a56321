"""Kernels for 128-bit vectors, shared by the instruction sets that have them.

The layouts are those of the headers in `tin/nn/simd128`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.backends.x86_avx2_packing import Image, Indices, pad, runs, take
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation
from tinsmith.compiler.operators.product import int8_output_fields, requantization
from tinsmith.compiler.operators.walk import raster_distance
from tinsmith.compiler.operators.window import Axis, Window, window_of
from tinsmith.core.cvalue import Array, Struct, Value

_GROUP = 8  # outputs that are summed together
_QUAD = 4  # values of depth that are multiplied at once
_LANES = 16  # int8 values of a vector
_TOGETHER = 8  # windows whose outputs are written before later windows are read
_SLACK = 16  # bytes that kernels may read behind an image
_MAX_PERIOD = 32  # vectors until the channels of a row repeat; more: a pixel at a time


def _convolution(operation: Operation) -> Lowering | None:
    weights = operation.constant(1, "weights")
    if operation.input().dtype != "int8":
        return None
    window = window_of(operation, weights.shape[1:3]).flattened()
    return _product(operation, window, single_product=False)


def _dense(operation: Operation) -> Lowering | None:
    source, weights = operation.input(), operation.constant(1, "weights")
    if source.dtype != "int8":
        return None
    rows = source.size // weights.shape[1]
    one = Axis(1, 1, 1, 1, 0, 0)
    window = Window(one, Axis(rows, 1, 1, 1, 0, 0), weights.shape[1])
    return _product(operation, window, single_product=True)


def _product(operation: Operation, window: Window, *, single_product: bool) -> Lowering:
    """Windows times weights [outputs, ...depth...]."""
    source, weights = operation.input(), operation.constant(1, "weights")
    by_output = weights.reshape(len(weights), -1)
    image = Image.of(window, phases=1, direct=True)
    if not image.size and runs(window, image).length % _QUAD:
        image = Image.of(window, phases=1, direct=False)
    pieces = runs(window, image)
    fields: tuple[tuple[str, Value], ...] = (
        ("runs", Array.i32(pieces.starts)),
        ("num_runs", len(pieces.starts)),
        ("run_length", -(-pieces.length // _QUAD) * _QUAD),
        ("pixel_step", window.width.stride * window.channels),
        ("row_step", window.height.stride * image.out_row),
        ("out_width", window.width.output),
        ("num_pixels", window.height.output * window.width.output),
    )
    found = requantization(operation, by_output.astype(np.int64), single_product=single_product)
    params = (
        ("image", _image(image, source.zero_point)),
        ("windows", Struct("tin_simd_windows", fields)),
        ("weights", Array(pack_product(by_output, len(pieces.starts)), alignment=16)),
        ("num_outputs", len(weights)),
        ("outputs", _outputs(operation, found, pad(np.arange(len(weights)), _GROUP))),
    )
    in_place = raster_distance(window, len(weights), source, together=_TOGETHER)
    macs = operation.output.size * by_output.shape[1]
    return _lowering(operation, "product", image, params, macs, in_place)


def _depthwise(operation: Operation) -> Lowering | None:
    weights = operation.constant(1, "weights")
    num_outputs = weights.shape[3]
    if operation.input().dtype != "int8" or num_outputs != operation.input().shape[-1]:
        return None
    window = window_of(operation, weights.shape[1:3]).flattened()
    taps = weights.reshape(-1, num_outputs)
    if not sums_fit(taps):
        return None
    across = window.width
    image = Image.of(window, phases=across.stride if across.output > 1 else 1, direct=False)
    offsets = image.taps(window)
    offsets += offsets[: len(offsets) % 2]
    segments, channels = _lanes(window)
    found = requantization(operation, taps.T.astype(np.int64), single_product=False)
    params: tuple[tuple[str, Value], ...] = (
        ("image", _image(image, operation.input().zero_point)),
        ("taps", Array.i32(offsets)),
        ("num_taps", len(offsets)),
        ("period", len(channels)),
        ("out_height", window.height.output),
        ("segments", segments),
        ("lanes", across.output * window.channels // segments),
        ("row_step", window.height.stride * image.out_row),
        ("weights", Array(pack_depthwise(taps, channels), alignment=16)),
        ("outputs", _outputs(operation, found, channels.ravel())),
    )
    return _lowering(operation, "depthwise", image, params, operation.output.size * len(taps), 0)


def _lanes(window: Window) -> tuple[int, Indices]:
    """Pieces that a row is cut into, and the channel of each lane [period][16] (-1: none)."""
    channels = window.channels
    period = math.lcm(channels, _LANES) // _LANES
    if period <= _MAX_PERIOD:
        return 1, (np.arange(period * _LANES) % channels).reshape(period, _LANES)
    return window.width.output, pad(np.arange(channels), _LANES).reshape(-1, _LANES)


def sums_fit(taps: npt.NDArray[np.int8]) -> bool:
    """Whether two products of neighbouring taps fit 16 bits together.

    Args:
        taps: Weights [taps][channels].
    """
    first, second = taps[0 : len(taps) - 1 : 2], taps[1::2]
    return not bool(((first == -128) & (second == -128)).any())


def _image(image: Image, fill: int) -> Struct:
    return Struct("tin_simd_image", image.struct(fill).fields)


def pack_product(by_output: npt.NDArray[np.int8], num_runs: int) -> npt.NDArray[np.int8]:
    """[outputs][depth] to [outputs / 8][depth / 4][8][4], each run filled up with zeros."""
    by_run = by_output.reshape(len(by_output), num_runs, -1)
    by_run = np.pad(by_run, ((0, -len(by_run) % _GROUP), (0, 0), (0, -by_run.shape[2] % _QUAD)))
    quads = by_run.reshape(len(by_run) // _GROUP, _GROUP, -1, _QUAD)
    return np.ascontiguousarray(quads.transpose(0, 2, 1, 3)).ravel()


def pack_depthwise(taps: npt.NDArray[np.int8], channels: Indices) -> npt.NDArray[np.int8]:
    """[taps][channels] to [period][even number of taps][16], filled up with zeros.

    Args:
        channels: Channel of each lane, [period][16]; -1 where there is none.
    """
    padded = np.pad(taps, ((0, len(taps) % 2), (0, 0)))
    return np.ascontiguousarray(take(padded, channels).transpose(1, 0, 2)).ravel()


def _outputs(operation: Operation, found: Struct, outputs: Indices) -> Struct:
    """A `tin_requantize_s8` in the form of these kernels, for outputs in this order (-1: none)."""
    bias, multiplier, shift = (_values(found, name) for name in ("bias", "multiplier", "shift"))
    multiplier, shift = (np.broadcast_to(each, bias.shape) for each in (multiplier, shift))
    is_narrow = found["is_narrow"]
    scale = 1 << (31 + shift) if is_narrow else np.zeros_like(bias)
    lists = (bias, multiplier, np.where(multiplier, shift, -1), scale)
    records = [take(values, outputs).reshape(-1, 4) for values in lists]
    if is_narrow:
        records[2] = np.minimum(records[2], -1)
    fields = (
        ("records", Array.i32(np.stack(records, axis=1))),
        ("is_narrow", is_narrow),
        *int8_output_fields(operation),
    )
    return Struct("tin_simd_outputs", fields)


def _values(struct: Struct, name: str) -> npt.NDArray[Any]:
    array = struct[name]
    assert isinstance(array, Array)
    return array.values.astype(np.int64)


def _lowering(
    operation: Operation,
    stem: str,
    image: Image,
    params: tuple[tuple[str, Value], ...],
    macs: int,
    in_place: int,
) -> Lowering:
    """One call.

    Args:
        in_place: Distance where the input is used in place.
    """
    source, target = operation.input(), operation.output
    call = KernelCall(
        function=f"tin_simd_{stem}_run_s8",
        header=f"tin/nn/simd128/{stem}.h",
        params=Struct(f"tin_simd_{stem}_s8", params),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    # Once the input is copied its place is free, wherever the output begins.
    anywhere = -(source.num_bytes + target.num_bytes)
    return Lowering(
        calls=(call,),
        sources=(f"nn/simd128/tin_simd_{stem}_s8.c",),
        scratch_bytes=image.size + _SLACK if image.size else 0,
        macs=macs,
        distances={0: anywhere if image.size else in_place},
    )


LOWERINGS: Mapping[str, Callable[[Operation], Lowering | None]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
}
