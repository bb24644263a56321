"""Kernels for 128-bit vectors, shared by the instruction sets that have them.

The layouts are those of the headers in `tin/nn/simd128`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.backends.layout import Image, Indices, pad, runs, take
from tinsmith.compiler.operators import OPERATORS
from tinsmith.compiler.operators.base import SUFFIXES, KernelCall, Lowering, Operation
from tinsmith.compiler.operators.product import float_bias, float_output_fields, requantization
from tinsmith.compiler.operators.window import Axis, Window, window_of
from tinsmith.core.cvalue import Array, Struct, Value

_TYPES = ("int8", "float32")
_GROUP = 8  # outputs that are summed together
_QUAD = 4  # int8 values of depth that are multiplied at once
_LANES = 16  # values of a row that are summed together
_TOGETHER = 8  # windows of a tile
_SLACK = 16  # values that kernels may read behind an image
_MAX_PERIOD = 32  # groups of lanes until the channels of a row repeat; more: a pixel at a time
_LIMITS = ("zero_point", "minimum", "maximum")
_EXACT_HALF = (1 << 30, 0)  # multiplier and right shift of the larger scale in sums

Fields = tuple[tuple[str, Value], ...]


def _convolution(operation: Operation) -> Lowering | None:
    weights = operation.constant(1, "weights")
    if operation.input().dtype not in _TYPES:
        return None
    window = window_of(operation, weights.shape[1:3]).flattened()
    return _product(operation, window)


def _dense(operation: Operation) -> Lowering | None:
    source, weights = operation.input(), operation.constant(1, "weights")
    if source.dtype not in _TYPES:
        return None
    rows = source.size // weights.shape[1]
    one = Axis(1, 1, 1, 1, 0, 0)
    window = Window(one, Axis(rows, 1, 1, 1, 0, 0), weights.shape[1])
    return _product(operation, window)


def _product(operation: Operation, window: Window) -> Lowering:
    """Windows times weights [outputs, ...depth...]."""
    source, weights = operation.input(), operation.constant(1, "weights")
    by_output = weights.reshape(len(weights), -1)
    multiple = _QUAD if source.dtype == "int8" else 1
    image = Image.of(window, phases=1, direct=True)
    if not image.size and runs(window, image).length % multiple:
        image = Image.of(window, phases=1, direct=False)
    pieces = runs(window, image)
    windows: Fields = (
        ("runs", Array.i32(pieces.starts)),
        ("num_runs", len(pieces.starts)),
        ("run_length", -(-pieces.length // multiple) * multiple),
        ("pixel_step", window.width.stride * window.channels),
        ("row_step", window.height.stride * image.out_row),
        ("out_width", window.width.output),
        ("num_pixels", window.height.output * window.width.output),
    )
    outputs = pad(np.arange(len(weights)), _GROUP)
    fields: Fields
    if source.dtype == "int8":
        found = requantization(operation, by_output.astype(np.int64))
        fields = (
            ("weights", Array(pack_product(by_output, len(pieces.starts)), alignment=16)),
            ("num_outputs", len(weights)),
            ("outputs", _outputs(found, outputs)),
        )
    else:
        bias = float_bias(operation, len(weights)).values
        fields = (
            ("weights", Array(pack_product_f32(by_output), alignment=16)),
            ("bias", Array.f32(take(bias, outputs))),
            ("num_outputs", len(weights)),
            *float_output_fields(operation),
        )
    fields = (("windows", Struct("tin_simd_windows", windows)), *fields)
    in_place = tile_distance(window, len(weights)) * (source.num_bytes // source.size)
    macs = operation.output.size * by_output.shape[1]
    return _lowering(operation, "product", image, fields, macs=macs, in_place=in_place)


def tile_distance(window: Window, channels: int) -> int:
    """See `Lowering.distances`, in values: outputs of a tile of windows, which may span rows, are
    written while all of its windows are still read."""
    down, across = window.height, window.width
    top = np.maximum(np.arange(down.output) * down.stride - down.before, 0)
    left = np.maximum(np.arange(across.output) * across.stride - across.before, 0)
    read = (top[:, None] * across.size + left).ravel() * window.channels
    needed = np.minimum.accumulate(read[::-1])[::-1]
    written = np.minimum(np.arange(len(read)) + _TOGETHER, len(read)) * channels
    return max(int((written - needed).max()), 0)


def _depthwise(operation: Operation) -> Lowering | None:
    source, weights = operation.input(), operation.constant(1, "weights")
    num_outputs = weights.shape[3]
    taps = weights.reshape(-1, num_outputs)
    if source.dtype not in _TYPES or num_outputs != source.shape[-1]:
        return None
    is_int8 = source.dtype == "int8"
    if is_int8 and not sums_fit(taps):
        return None
    window = window_of(operation, weights.shape[1:3]).flattened()
    across = window.width
    image = Image.of(window, phases=across.stride if across.output > 1 else 1, direct=False)
    lanes, channels = _lanes(window, image, 2 if is_int8 else 1)
    fields: Fields
    if is_int8:
        found = requantization(operation, taps.T.astype(np.int64))
        fields = (
            ("weights", Array(pack_depthwise(taps, channels), alignment=16)),
            ("outputs", _outputs(found, channels.ravel())),
        )
    else:
        by_lane = np.ascontiguousarray(take(taps, channels).transpose(1, 0, 2))
        fields = (
            ("weights", Array(by_lane.ravel(), alignment=16)),
            ("bias", Array.f32(take(float_bias(operation, num_outputs).values, channels))),
            *float_output_fields(operation),
        )
    macs = operation.output.size * len(taps)
    return _lowering(operation, "depthwise", image, (("lanes", lanes), *fields), macs=macs)


def _lanes(window: Window, image: Image, group: int) -> tuple[Struct, Indices]:
    """How rows are cut into groups of lanes, and the channel of each lane [period][16] (-1: none).

    Args:
        group: Taps come in multiples of it.
    """
    channels, width = window.channels, window.width.output
    period = math.lcm(channels, _LANES) // _LANES
    if period <= _MAX_PERIOD:
        segments, table = 1, np.arange(period * _LANES) % channels
    else:
        segments, table = width, pad(np.arange(channels), _LANES)
    taps = image.taps(window)
    taps += taps[: -len(taps) % group]
    fields: Fields = (
        ("taps", Array.i32(taps)),
        ("num_taps", len(taps)),
        ("period", len(table) // _LANES),
        ("out_height", window.height.output),
        ("segments", segments),
        ("lanes", width * channels // segments),
        ("row_step", window.height.stride * image.out_row),
    )
    return Struct("tin_simd_lanes", fields), table.reshape(-1, _LANES)


def _add(operation: Operation) -> Lowering | None:
    """Sums of two int8 tensors of one shape."""
    shapes = {tensor.shape for tensor in (operation.input(0), operation.input(1), operation.output)}
    if operation.output.dtype != "int8" or len(shapes) != 1:
        return None
    if operation.input(0).is_constant or operation.input(1).is_constant:
        return None
    portable = OPERATORS["ADD"].lower
    assert portable is not None
    given = portable(operation).calls[0].params
    names = ("multiplier", "shift", "offset")
    sides = [tuple(_int(given[f"{name}{side}"]) for name in names) for side in (1, 2)]
    order = (0, 1) if sides[0][:2] == _EXACT_HALF else (1, 0)
    coarse, fine = (sides[side] for side in order)
    # Of two equal scales: a shift by 1 after 2^31 - 1 halves the second input exactly, too.
    multiplier, shift = ((1 << 31) - 1, 1) if fine[:2] == _EXACT_HALF else fine[:2]
    output_shift = _int(given["output_shift"])
    if coarse[:2] != _EXACT_HALF or not {shift, output_shift} <= set(range(1, 32)):
        return None
    outputs: Fields = (
        ("records", _record(_int(given["output_multiplier"]), -output_shift)),
        ("is_narrow", 1),
        *((name, given[name]) for name in _LIMITS),
    )
    fields = (
        ("coarse_offset", coarse[2] << 19),
        ("fine_offset", fine[2] << 20),
        ("count", operation.output.size),
        ("fine", _record(multiplier, -shift)),
        ("outputs", Struct("tin_simd_outputs", outputs)),
    )
    call = KernelCall(
        function="tin_simd_add_run_s8",
        header="tin/nn/simd128/add.h",
        params=Struct("tin_simd_add_s8", fields),
        inputs=tuple(operation.node.inputs[side] for side in order),
        outputs=operation.node.outputs,
    )
    return Lowering((call,), ("nn/simd128/tin_simd_add_s8.c",), distances={0: 0, 1: 0})


def _record(multiplier: int, shift: int) -> Array:
    """The same for four values."""
    return Array.i32(np.repeat([0, multiplier, shift, 1 << (31 + shift)], 4))


def _int(value: Value) -> int:
    assert isinstance(value, int)
    return value


def sums_fit(taps: npt.NDArray[np.int8]) -> bool:
    """Whether two products of neighbouring taps fit 16 bits together.

    Args:
        taps: Weights [taps][channels].
    """
    first, second = taps[0 : len(taps) - 1 : 2], taps[1::2]
    return not bool(((first == -128) & (second == -128)).any())


def pack_product(by_output: npt.NDArray[np.int8], num_runs: int) -> npt.NDArray[np.int8]:
    """[outputs][depth] to [outputs / 8][depth / 4][8][4], each run filled up with zeros."""
    by_run = by_output.reshape(len(by_output), num_runs, -1)
    by_run = np.pad(by_run, ((0, -len(by_run) % _GROUP), (0, 0), (0, -by_run.shape[2] % _QUAD)))
    quads = by_run.reshape(len(by_run) // _GROUP, _GROUP, -1, _QUAD)
    return np.ascontiguousarray(quads.transpose(0, 2, 1, 3)).ravel()


def pack_product_f32(by_output: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """[outputs][depth] to [outputs / 8][depth][8], filled up with zeros."""
    padded = np.pad(by_output, ((0, -len(by_output) % _GROUP), (0, 0)))
    groups = padded.reshape(-1, _GROUP, by_output.shape[1])
    return np.ascontiguousarray(groups.transpose(0, 2, 1)).ravel()


def pack_depthwise(taps: npt.NDArray[np.int8], channels: Indices) -> npt.NDArray[np.int8]:
    """[taps][channels] to [period][even number of taps][16], filled up with zeros.

    Args:
        channels: Channel of each lane, [period][16]; -1 where there is none.
    """
    padded = np.pad(taps, ((0, len(taps) % 2), (0, 0)))
    return np.ascontiguousarray(take(padded, channels).transpose(1, 0, 2)).ravel()


def _outputs(found: Struct, outputs: Indices) -> Struct:
    """A `tin_requantize_s8` in the form of these kernels, for outputs in this order (-1: none)."""
    bias, multiplier, shift = (_values(found, name) for name in ("bias", "multiplier", "shift"))
    multiplier, shift = (np.broadcast_to(each, bias.shape) for each in (multiplier, shift))
    is_narrow = found["is_narrow"]
    scale = 1 << (31 + shift) if is_narrow else np.zeros_like(bias)
    lists = (bias, multiplier, shift, scale)
    records = [take(values, outputs).reshape(-1, 4) for values in lists]
    if is_narrow:
        records[2] = np.minimum(records[2], -1)
    fields = (
        ("records", Array.i32(np.stack(records, axis=1))),
        ("is_narrow", is_narrow),
        *((name, found[name]) for name in _LIMITS),
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
    fields: Fields,
    *,
    macs: int,
    in_place: int = 0,
) -> Lowering:
    """One call.

    Args:
        in_place: Distance where the input is used in place.
    """
    source, target = operation.input(), operation.output
    suffix = SUFFIXES[source.dtype]
    name = f"tin_simd_{stem}_{suffix}"
    copy = image.struct("tin_simd_image", source.zero_point if suffix == "s8" else 0)
    call = KernelCall(
        function=f"tin_simd_{stem}_run_{suffix}",
        header=f"tin/nn/simd128/{stem}.h",
        params=Struct(name, (("image", copy), *fields)),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch=source.dtype,
    )
    # Once the input is copied its place is free, wherever the output begins.
    anywhere = -(source.num_bytes + target.num_bytes)
    value_bytes = source.num_bytes // source.size
    return Lowering(
        calls=(call,),
        sources=(f"nn/simd128/{name}.c",),
        scratch_bytes=(image.size + _SLACK) * value_bytes if image.size else 0,
        macs=macs,
        distances={0: anywhere if image.size else in_place},
    )


LOWERINGS: Mapping[str, Callable[[Operation], Lowering | None]] = {
    "ADD": _add,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
}

TUNED_TYPES = dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"), _TYPES)
"""See `Backend.types`."""
