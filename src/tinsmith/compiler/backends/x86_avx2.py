"""Kernels for vector instructions of x86-64, chosen at run time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tinsmith.compiler.backends import layout
from tinsmith.compiler.backends import x86_avx2_packing as packing
from tinsmith.compiler.backends.base import Backend
from tinsmith.compiler.backends.x86_avx2_sum import lower_sum
from tinsmith.compiler.operators import OPERATORS
from tinsmith.compiler.operators.base import SUFFIXES, KernelCall, Lowering, Operation
from tinsmith.compiler.operators.product import (
    float_bias,
    float_output_fields,
    int8_output_fields,
    requantization,
)
from tinsmith.compiler.operators.window import Axis, Window, window_of
from tinsmith.core.cvalue import Array, Struct, Value

_TYPES = ("int8", "float32")
_SLACK = 128  # values that kernels may skip before an image or read behind it
_SIMPLE = 16  # float32 channels in multiples of it need no copy
_TWINS = 8  # int8 outputs of a product that are there twice
_LONE_PIXEL = 40  # channels from which int8 pixels a stride apart are best taken one by one
_DISTANCES = 256  # of int8 values from each other
_SOFTMAX_DEPTH = 64  # as TIN_X86_SOFTMAX_DEPTH
_SOFTMAX_ROWS = 4  # from which it pays to take them together
_MAX_PERIOD = 8  # vectors until the channels of a row repeat; more: a pixel at a time


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


def _product(operation: Operation, window: Window) -> Lowering | None:
    """Windows times weights [outputs, ...depth...]."""
    is_int8 = operation.input().dtype == "int8"
    return _product_s8(operation, window) if is_int8 else _product_f32(operation, window)


def _product_s8(operation: Operation, window: Window) -> Lowering:
    weights = operation.constant(1, "weights")
    by_output = weights.reshape(len(weights), -1)
    image = layout.Image.of(window, phases=1, direct=False)
    runs = layout.runs(window, image)
    found = requantization(operation, by_output.astype(np.int64))
    records = packing.Records.of(found, by_output)
    twice = np.arange(len(weights))
    if len(weights) == _TWINS:  # two windows share a vector
        twice = np.tile(twice, 2)
    pixel_step = window.width.stride * window.channels
    row_step = window.height.stride * image.out_row
    num_pixels = window.height.output * window.width.output
    # Windows at one distance throughout count as one row.
    is_even = row_step == window.width.output * pixel_step
    windows = Struct(
        "tin_x86_windows",
        (
            ("runs", Array.i32(runs.starts)),
            ("num_runs", len(runs.starts)),
            ("run_length", -(-runs.length // 4) * 4),
            ("pixel_step", pixel_step),
            ("row_step", row_step),
            ("out_width", num_pixels if is_even else window.width.output),
            ("num_pixels", num_pixels),
        ),
    )
    fields: tuple[tuple[str, Value], ...] = (
        ("windows", windows),
        ("weights", Array(packing.product_s8(by_output[twice], len(runs.starts)), alignment=64)),
        ("records", records.array(layout.pad(twice, 16))),
        ("num_outputs", len(weights)),
        ("rounding", records.rounding),
        *int8_output_fields(operation),
    )
    macs = operation.output.size * by_output.shape[1]
    return _lowering(operation, "product", image, macs, fields)


def _product_f32(operation: Operation, window: Window) -> Lowering | None:
    """None where leaving out padding would show: infinity times 0 is not 0."""
    weights = operation.constant(1, "weights")
    if not np.isfinite(weights).all():
        return None
    by_output = weights.reshape(len(weights), -1)
    bias = np.zeros(-(-len(weights) // 16) * 16, np.float32)
    bias[: len(weights)] = float_bias(operation, len(weights)).values
    fields: tuple[tuple[str, Value], ...] = (
        ("window", window.struct(0)),
        ("weights", Array(packing.product_f32(by_output), alignment=64)),
        ("bias", Array.f32(bias)),
        ("num_outputs", len(weights)),
        *float_output_fields(operation),
    )
    return _direct(operation, "product", "product", fields, by_output.shape[1])


def _depthwise(operation: Operation) -> Lowering | None:
    weights = operation.constant(1, "weights")
    num_outputs = weights.shape[3]
    window = window_of(operation, weights.shape[1:3]).flattened()
    if operation.input().dtype not in _TYPES or num_outputs != window.channels:
        return None
    is_int8 = operation.input().dtype == "int8"
    if not is_int8 and num_outputs % _SIMPLE == 0:
        return _depthwise_direct(operation, window)
    stride = window.width.stride if window.width.output > 1 else 1
    # Columns a stride apart are sorted into neighbours, but where pixels nearly fill vectors.
    by_pixel = stride > 1 and window.channels >= _LONE_PIXEL
    image = layout.Image.of(window, phases=1 if by_pixel else stride, direct=False)
    stack = packing.stack_stride(window) if is_int8 else 0
    group = 4 if is_int8 else 1
    lanes, channels = _lanes(window, image, group, by_pixel=by_pixel, stack=stack)
    taps = weights.reshape(-1, num_outputs)
    fields: tuple[tuple[str, Value], ...]
    if is_int8:
        found = requantization(operation, taps.T.astype(np.int64))
        records = packing.Records.of(found, taps.T)
        by_group = packing.whole_rows(weights[0]) if stack else taps
        fields = (
            ("weights", Array(packing.depthwise_s8(by_group, channels), alignment=64)),
            ("records", records.array(packing.quarters(channels).ravel())),
            ("rounding", records.rounding),
            *int8_output_fields(operation),
        )
    else:
        bias = float_bias(operation, num_outputs).values
        by_vector = layout.take(taps, channels)
        fields = (
            ("weights", Array.f32(by_vector.transpose(1, 0, 2))),
            ("bias", Array.f32(layout.take(bias, channels))),
            *float_output_fields(operation),
        )
    macs = operation.output.size * len(taps)
    return _lowering(operation, "depthwise", image, macs, (("lanes", lanes), *fields))


def _depthwise_direct(operation: Operation, window: Window) -> Lowering:
    """float32 with channels in whole vectors."""
    weights = operation.constant(1, "weights")
    taps = weights.reshape(-1, window.channels)
    channels = layout.pad(np.arange(window.channels), packing.VECTOR).reshape(-1, packing.VECTOR)
    by_vector = layout.take(taps, channels).transpose(1, 0, 2)
    fields: tuple[tuple[str, Value], ...] = (
        ("window", window.struct(0)),
        ("weights", Array(by_vector.ravel(), alignment=64)),
        ("bias", Array.f32(layout.take(float_bias(operation, window.channels).values, channels))),
        *float_output_fields(operation),
    )
    return _direct(operation, "depthwise", "depthwise_direct", fields, len(taps))


def _direct(
    operation: Operation,
    stem: str,
    kernel: str,
    fields: tuple[tuple[str, Value], ...],
    depth: int,
) -> Lowering:
    """float32 kernels that need no copy of the input; `depth`: products of an output."""
    call = KernelCall(
        function=f"tin_x86_{kernel}_run_f32",
        header=f"tin/nn/x86_avx2/{stem}.h",
        params=Struct(f"tin_x86_{kernel}_f32", fields),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
    )
    sources = (f"nn/x86_avx2/tin_{stem}_f32.c", "nn/x86_avx2/tin_level.c")
    return Lowering((call,), sources, macs=operation.output.size * depth)


def _average(operation: Operation) -> Lowering | None:
    portable = OPERATORS["AVERAGE_POOL_2D"].lower
    source = operation.input()
    if portable is None or source.dtype != "float32" or source.shape[3] % _SIMPLE:
        return None
    call = KernelCall(
        function="tin_x86_average_run_f32",
        header="tin/nn/x86_avx2/average.h",
        params=portable(operation).calls[0].params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
    )
    return Lowering((call,), ("nn/x86_avx2/tin_average_f32.c", "nn/x86_avx2/tin_level.c"))


def _softmax(operation: Operation) -> Lowering | None:
    """int8 with many short rows."""
    portable = OPERATORS["SOFTMAX"].lower
    source = operation.input()
    depth = source.shape[-1]
    if portable is None or source.dtype != "int8":
        return None
    if depth > _SOFTMAX_DEPTH or source.size // depth < _SOFTMAX_ROWS:
        return None
    lowered = portable(operation)
    [call] = lowered.calls
    exponents = call.params["exponents"]
    assert isinstance(exponents, Array)
    filled = np.zeros(_DISTANCES, np.int32)
    filled[: len(exponents.values)] = exponents.values
    tuned_fields: dict[str, Value] = {
        "exponents": Array.i32(filled),
        "num_exponents": _DISTANCES,
    }
    fields = tuple((name, tuned_fields.get(name, value)) for name, value in call.params.fields)
    faster = replace(
        call,
        function="tin_x86_softmax_run_s8",
        header="tin/nn/x86_avx2/softmax.h",
        params=Struct(call.params.type, fields),
    )
    sources = ("nn/x86_avx2/tin_softmax_s8.c", "nn/x86_avx2/tin_level.c")
    return replace(lowered, calls=(faster,), sources=sources)


def _lanes(
    window: Window, image: layout.Image, group: int, *, by_pixel: bool, stack: int
) -> tuple[Struct, np.ndarray[tuple[int, int], np.dtype[np.int64]]]:
    """How rows are cut into vectors, and the channel of each lane [period][64] (-1: none).

    Args:
        group: Taps come in multiples of it.
        by_pixel: Each pixel begins a vector.
        stack: As `packing.stack_stride`; taps come in groups row by row then.
    """
    channels, width = window.channels, window.width.output
    period = math.lcm(channels, packing.VECTOR) // packing.VECTOR
    if period <= _MAX_PERIOD and not by_pixel:
        segments, lanes = 1, width * channels
        table = np.arange(period * packing.VECTOR) % channels
    else:
        segments, lanes = width, channels
        table = layout.pad(np.arange(channels), packing.VECTOR)
        period = len(table) // packing.VECTOR
    pieces = window.height.kernel if stack else 1
    rows = np.array(image.taps(window)).reshape(pieces, -1)
    more = -rows.shape[1] % group
    taps = np.concatenate([rows, np.repeat(rows[:, :1], more, axis=1)], axis=1).ravel()
    fields: tuple[tuple[str, Value], ...] = (
        ("taps", Array.i32(taps)),
        ("num_taps", len(taps)),
        ("period", period),
        ("out_height", window.height.output),
        ("segments", segments),
        ("lanes", lanes),
        ("segment_step", lanes * (window.width.stride if by_pixel else 1)),
        ("row_step", window.height.stride * image.out_row),
        ("stack", stack),
        ("image_row", image.out_row),
    )
    return Struct("tin_x86_lanes", fields), table.reshape(period, packing.VECTOR)


def _lowering(
    operation: Operation,
    stem: str,
    image: layout.Image,
    macs: int,
    fields: tuple[tuple[str, Value], ...],
) -> Lowering:
    source, target = operation.input(), operation.output
    suffix = SUFFIXES[source.dtype]
    fill = source.zero_point + 128 if suffix == "s8" else 0
    call = KernelCall(
        function=f"tin_x86_{stem}_run_{suffix}",
        header=f"tin/nn/x86_avx2/{stem}.h",
        params=Struct(
            f"tin_x86_{stem}_{suffix}", (("image", image.struct("tin_x86_image", fill)), *fields)
        ),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch=source.dtype,
    )
    # Once the input is copied its place is free, wherever the output begins.
    anywhere = {0: -(source.num_bytes + target.num_bytes)}
    value_bytes = source.num_bytes // source.size
    return Lowering(
        calls=(call,),
        sources=(f"nn/x86_avx2/tin_{stem}_{suffix}.c", "nn/x86_avx2/tin_level.c"),
        scratch_bytes=(image.size + _SLACK) * value_bytes if image.size else 0,
        macs=macs,
        distances=anywhere if image.size else {},
    )


X86_AVX2 = Backend(
    "x86_avx2",
    "x86-64: AVX2, AVX-VNNI or AVX-512 VNNI, found at run time",
    {
        "CONV_2D": _convolution,
        "DEPTHWISE_CONV_2D": _depthwise,
        "FULLY_CONNECTED": _dense,
        "AVERAGE_POOL_2D": _average,
        "SOFTMAX": _softmax,
        "ADD": lower_sum(1),
        "SUB": lower_sum(-1),
    },
    is_thrifty=False,
    types={
        "AVERAGE_POOL_2D": ("float32",),
        **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"), ("int8", "float32")),
    },
)
