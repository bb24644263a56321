"""CONV_2D on DSP instructions."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.backends import armv7em_dsp_costs as costs
from tinsmith.compiler.backends.armv7em_dsp_dense import dense_lowering
from tinsmith.compiler.backends.armv7em_dsp_linear import lines_of
from tinsmith.compiler.backends.armv7em_dsp_packing import (
    clamp_fields,
    fits_mixed,
    pack_mixed,
    window_order,
)
from tinsmith.compiler.backends.armv7em_dsp_winograd import winograd
from tinsmith.compiler.backends.scaling import Ints, Scaling, scaling_of
from tinsmith.compiler.operators.base import (
    KernelCall,
    Lowering,
    Operation,
    RowKernel,
)
from tinsmith.compiler.operators.product import requantization
from tinsmith.compiler.operators.rows import MOST_ROWS, one_row, row_window, whole_rows
from tinsmith.compiler.operators.window import Window, window_of
from tinsmith.core.cvalue import Array, Struct, Value

_SOURCES = ("nn/armv7em_dsp/tin_dsp_conv2d.c", "nn/armv7em_dsp/tin_dsp_gemm.c")
_HEADER = "tin/nn/armv7em_dsp/dsp_conv2d.h"
_PIXELS = 4  # whose windows are gathered together
# Of rows, in bytes: line buffers of a network are worth little when one row of it needs more.
_MOST_ROW_SCRATCH = 4096


def lower_conv2d(operation: Operation) -> Lowering | None:
    """Windows of four pixels at a time; None for what these kernels do not do, or not faster."""
    lowering = tuned_conv2d(operation)
    if lowering is None:
        return None
    weights = operation.constant(1, "weights")
    window = window_of(operation, weights.shape[1:3]).flattened()
    estimate = costs.convolution(window, len(weights), is_linear=is_linear(lowering))
    if estimate > costs.portable_convolution(window, len(weights)):
        return None
    tiled = winograd(operation)
    return dataclasses.replace(
        lowering,
        algorithm=lowering.algorithm or ("pointwise" if window.is_pointwise else "gathered"),
        instructions=round(estimate),
        faster=(tiled,) if tiled else (),
    )


def is_linear(lowering: Lowering) -> bool:
    """Its sums become outputs by one multiplication."""
    gemm = dict(lowering.calls[0].params.fields).get("gemm")
    return isinstance(gemm, Struct) and bool(dict(gemm.fields).get("is_linear"))


def tuned_conv2d(operation: Operation) -> Lowering | None:
    """Windows of four pixels at a time, whether that pays or not."""
    if operation.input().dtype != "int8":
        return None
    image = window_of(operation, operation.constant(1, "weights").shape[1:3])
    window = image.flattened()
    if window.is_pointwise and window.width.size == 1:
        weights = operation.constant(1, "weights").astype(np.int64)
        return dense_lowering(operation, weights.reshape(len(weights), -1))
    params = _params(operation, window)
    if params is None:
        return None
    call = KernelCall(
        function="tin_dsp_conv2d_run_s8",
        header=_HEADER,
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    return Lowering(
        calls=(call,),
        sources=_SOURCES,
        scratch_bytes=_scratch_bytes(params),
        macs=operation.output.size * operation.constant(1, "weights")[0].size,
        distances={0: group_distance(window, operation.output.shape[3])},
        rows=_rows(operation, call, image),
    )


def _params(operation: Operation, window: Window) -> Struct | None:
    weights = operation.constant(1, "weights").astype(np.int64)
    flat = weights.reshape(len(weights), -1)
    requantize = requantization(operation, flat)
    scaled = scaling_of(requantize, flat)
    if scaled is None or not fits_mixed(scaled[1], scaled[0].bias):
        return None
    scaling, flat = scaled
    order = window_order(window.height.kernel, window.width.kernel * window.channels)
    packed, is_linear = _pack(scaling, flat, order)
    gemm = Struct(
        "tin_dsp_gemm",
        (
            ("weights", Array(packed)),
            ("pairs", len(order) // 2),
            ("num_outputs", len(weights)),
            ("is_linear", int(is_linear)),
        ),
    )
    fields: tuple[tuple[str, Value], ...] = (
        ("window", window.struct(operation.input().zero_point)),
        ("gemm", gemm),
        ("is_pointwise", int(window.is_pointwise)),
        *clamp_fields(requantize),
    )
    return Struct("tin_dsp_conv2d_s8", fields)


def _pack(scaling: Scaling, weights: Ints, order: list[int]) -> tuple[npt.NDArray[np.uint32], bool]:
    """(what `tin_dsp_gemm` calls weights, whether it is for lines)."""
    lines = lines_of(scaling, weights, np.where(np.arange(len(weights)) % 2, 256, 1))
    bias = np.stack([scaling.bias, scaling.bias << 8], axis=1)
    if lines is not None:
        bias += lines.offset[:, None]
        ends = np.stack([lines.factor, lines.constant], axis=1)
    else:
        parts = (scaling.factors, scaling.shift)
        ends = np.stack([np.broadcast_to(part, len(weights)) for part in parts], axis=1)
    odd = ((0, len(weights) % 2), (0, 0))
    bias, ends = np.pad(bias, odd).reshape(-1, 2, 2), np.pad(ends, odd).reshape(-1, 2, 2)
    starts = np.stack([bias[:, 0, 0], bias[:, 0, 0] + bias[:, 1, 1]], axis=1)
    last = ends[:, :, 1]
    if lines is None:
        shifts = last[:, 0] | last[:, 1] << 8
        last = np.stack([np.full_like(shifts, scaling.zero_point), shifts], axis=1)
    taps = pack_mixed(weights, order).reshape(len(starts), -1)
    words = np.concatenate([starts, taps, ends[:, :, 0], last], axis=1)
    return (words & 0xFFFFFFFF).astype(np.uint32).ravel(), lines is not None


def _scratch_bytes(params: Struct) -> int:
    gemm, window = params["gemm"], params["window"]
    assert isinstance(gemm, Struct)
    assert isinstance(window, Struct)
    panel = 16 * _int(gemm["pairs"])
    run = _int(window["kernel_width"]) * _int(window["in_channels"])
    return panel if params["is_pointwise"] else panel + 5 * run


def _int(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _rows(operation: Operation, call: KernelCall, image: Window) -> RowKernel | None:
    if image.height.kernel > MOST_ROWS:
        return None
    row = one_row(image)
    params = _params(operation, row or image)
    assert params is not None
    scratch_bytes = _scratch_bytes(params)
    if row is not None:
        return whole_rows(call, params, (row_window(image),), scratch_bytes)
    if scratch_bytes > _MOST_ROW_SCRATCH:
        thrifty = _pixel_by_pixel(operation, image)
        if thrifty is not None:
            return thrifty
    return RowKernel(
        function="tin_dsp_conv2d_row_s8",
        header=_HEADER,
        params=params,
        windows=(row_window(image),),
        scratch_bytes=scratch_bytes,
        scratch="int8",
    )


def _pixel_by_pixel(operation: Operation, image: Window) -> RowKernel | None:
    """Rows with a window of scratch; None where the dense kernel does not do these weights."""
    weights = operation.constant(1, "weights").astype(np.int64)
    flat = weights.reshape(len(weights), -1)
    dense = dense_lowering(operation, flat)
    if dense is None:
        return None
    fields = dense.calls[0].params.fields
    one = tuple((name, 1 if name == "num_rows" else value) for name, value in fields)
    params = Struct(
        "tin_dsp_window_dense_s8",
        (
            ("window", image.struct(operation.input().zero_point)),
            ("dense", Struct("tin_dsp_dense_s8", one)),
        ),
    )
    return RowKernel(
        function="tin_dsp_window_dense_row_s8",
        header="tin/nn/armv7em_dsp/dsp_window_dense.h",
        params=params,
        windows=(row_window(image),),
        scratch_bytes=flat.shape[1],
        scratch="int8",
        sources=(*dense.sources, "nn/armv7em_dsp/tin_dsp_window_dense.c", "nn/tin_window2d.c"),
    )


def group_distance(window: Window, channels: int) -> int:
    """See `Lowering.distances`: four pixels are read, then written, in the order of the image."""
    down, across = window.height, window.width
    top = np.clip(np.arange(down.output) * down.stride - down.before, 0, down.size)
    left = np.clip(np.arange(across.output) * across.stride - across.before, 0, across.size)
    first_read = (top[:, None] * across.size + left).ravel() * window.channels
    unread = np.minimum.accumulate(first_read[::-1])[::-1]
    groups = np.arange(_PIXELS, len(unread), _PIXELS)
    lead = groups * channels - unread[groups]
    return int(lead.max()) if len(lead) else -down.size * across.size * window.channels
