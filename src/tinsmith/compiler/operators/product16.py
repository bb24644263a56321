"""Layers with weights on int16 activations: int8 weights, 64-bit sums, zero points 0."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.operators.activations import int8_limits
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation
from tinsmith.compiler.operators.window import Window
from tinsmith.core.cvalue import Array, Struct, Value

_MAX_BIAS = 1 << 46
_SOURCES = ("nn/tin_matmul_s16.c",)


def require_int16(operation: Operation, num_outputs: int) -> None:
    """Checks zero points, weights and bias of a layer on int16 activations."""
    for tensor in (operation.input(), operation.output):
        if tensor.quantization is None or tensor.quantization.is_per_channel:
            raise operation.reject(f"needs one scale for {tensor.name!r}")
        if tensor.zero_point:
            raise operation.reject(
                f"has zero point {tensor.zero_point} on {tensor.name!r}; int16 requires 0"
            )
    weights, bias = operation.input(1), operation.optional_input(2)
    if weights.dtype != "int8":
        raise operation.reject(f"has {weights.dtype} weights on int16 values; expected int8")
    if bias is None:
        return
    data = operation.constant(2, "bias")
    kinds = ("int32", "int64") if operation.node.operator == "CONV_2D" else ("int64",)
    if bias.dtype not in kinds or bias.size != num_outputs:
        raise operation.reject(
            f"has bias {bias.name!r} of type {bias.dtype} and {bias.size} values; "
            f"expected {' or '.join(kinds)} and {num_outputs}"
        )
    if any(abs(int(value)) >= _MAX_BIAS for value in data.ravel()):
        raise operation.reject(f"has a bias {bias.name!r} of 2^46 or more")


def requantization(operation: Operation, num_outputs: int) -> Struct:
    """How the sums become int16 outputs.

    With 64-bit biases the format's reference scales 64-bit sums by multipliers of 15 bits and
    rounds once; a convolution with an int32 bias sums in 32 bits and rounds twice.
    """
    target, bias = operation.output, operation.optional_input(2)
    given = np.zeros(num_outputs, np.int64) if bias is None else np.asarray(bias.data, np.int64)
    is_short = bias is not None and bias.dtype == "int32"
    factors = _factors(operation)
    highest = 30 if is_short else 14
    if any(shift > highest for _, shift in factors):
        raise operation.reject(f"scales its sums up by 2^{highest} (output {target.scale:g})")
    multipliers = [m if is_short else _reduced(m) for m, _ in factors]
    low, high = int8_limits(operation.text("activation"), target)
    fields: tuple[tuple[str, Value], ...] = (
        ("bias", Array(np.ascontiguousarray(given.ravel()))),
        ("multiplier", Array.i32(multipliers)),
        ("shift", Array(np.array([shift for _, shift in factors], np.int8))),
        ("per_channel", int(len(factors) > 1)),
        ("is_wide", int(not is_short)),
        ("minimum", low),
        ("maximum", high),
    )
    return Struct("tin_requantize_s16", fields)


def _factors(operation: Operation) -> list[tuple[int, int]]:
    source, weights, target = operation.input(), operation.input(1), operation.output
    assert weights.quantization is not None
    scales = weights.quantization.scale
    products = [source.scale * scale for scale in scales]
    factors = [fixedpoint.quantize_multiplier(value / target.scale) for value in products]
    return [factor if factor[0] else (0, -1) for factor in factors]


def _reduced(multiplier: int) -> int:
    """A 31-bit multiplier rounded to 15 bits."""
    return (multiplier + (1 << 15)) >> 16 if multiplier < 0x7FFF0000 else 0x7FFF


def matmul(operation: Operation, num_rows: int) -> Struct:
    """The C product of rows with the weights [num_outputs, ...]."""
    weights = operation.constant(1, "weights")
    num_outputs = len(weights)
    fields: tuple[tuple[str, Value], ...] = (
        ("weights", Array(np.ascontiguousarray(weights.ravel()))),
        ("depth", weights.size // num_outputs),
        ("num_rows", num_rows),
        ("num_outputs", num_outputs),
        ("requantize", requantization(operation, num_outputs)),
    )
    return Struct("tin_matmul_s16", fields)


def dense(operation: Operation) -> Lowering:
    """A dense layer."""
    weights = operation.constant(1, "weights")
    rows = operation.input().size // weights.shape[1]
    params = matmul(operation, rows)
    call = _call(operation, "matmul", params)
    return Lowering((call,), _SOURCES, macs=operation.output.size * weights.shape[1])


def convolution(operation: Operation, window: Window, direct: tuple[int, int]) -> Lowering:
    """A convolution whose output columns in `direct` read their windows in place."""
    weights = operation.constant(1, "weights")
    in_bytes = dataclasses.replace(window, channels=2 * window.channels)
    fields: tuple[tuple[str, Value], ...] = (
        ("window", in_bytes.struct(0)),
        ("direct_first", direct[0]),
        ("direct_last", direct[1]),
        ("matmul", matmul(operation, 1)),
    )
    depth = weights[0].size
    call = _call(operation, "conv2d", Struct("tin_conv2d_s16", fields), scratch="int16")
    return Lowering(
        calls=(call,),
        sources=("nn/tin_conv2d_s16.c", "nn/tin_window2d.c", *_SOURCES),
        scratch_bytes=0 if direct[1] - direct[0] == window.width.output else 2 * depth,
        macs=operation.output.size * depth,
    )


def depthwise(operation: Operation, window: Window, weights: npt.NDArray[np.int8]) -> Lowering:
    """A depthwise convolution."""
    num_outputs = weights.shape[3]
    fields: tuple[tuple[str, Value], ...] = (
        ("window", window.struct(0)),
        ("weights", Array(np.ascontiguousarray(weights.ravel()))),
        ("depth_multiplier", num_outputs // window.channels),
        ("num_outputs", num_outputs),
        ("requantize", requantization(operation, num_outputs)),
    )
    call = _call(operation, "depthwise_conv2d", Struct("tin_depthwise_conv2d_s16", fields))
    taps = weights.shape[1] * weights.shape[2]
    sources = ("nn/tin_depthwise_conv2d_s16.c", *_SOURCES)
    return Lowering((call,), sources, macs=operation.output.size * taps)


def _call(
    operation: Operation, stem: str, params: Struct, scratch: str | None = None
) -> KernelCall:
    return KernelCall(
        function=f"tin_{stem}_run_s16",
        header=f"tin/nn/{stem}_s16.h",
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch=scratch,
    )
