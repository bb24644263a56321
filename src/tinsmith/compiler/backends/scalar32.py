"""Kernels for processors without vectors: Cortex-M0+, M3, RV32IM. Three sums share two words."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.backends.base import Backend
from tinsmith.compiler.backends.scaling import scaling_of
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation, RowKernel
from tinsmith.compiler.operators.product import requantization
from tinsmith.compiler.operators.rows import MOST_ROWS, row_window
from tinsmith.compiler.operators.walk import may_overwrite, walk_distance
from tinsmith.compiler.operators.window import Window, window_of
from tinsmith.core.cvalue import Array, Struct, Value

Ints = npt.NDArray[np.int64]

_WORDS = "nn/scalar32/tin_scalar_words.c"
_CONV2D = "tin/nn/scalar32/scalar_conv2d.h"
_DEPTHWISE = "tin/nn/scalar32/scalar_depthwise.h"
_PIXELS = 6  # TIN_SCALAR_PIXELS
_SHORT = 1 << 20  # sums within it can be taken apart
_NARROW = 1 << 30
_GAIN = 0.9  # of the portable kernel's cost: cores without shifted operands gain less than M3


def lower_conv2d(operation: Operation) -> Lowering | None:
    """Six pixels at a time; None for what this kernel does not do, or not faster."""
    if operation.input().dtype != "int8":
        return None
    weights = operation.constant(1, "weights").astype(np.int64)
    image = window_of(operation, weights.shape[1:3])
    flat = weights.reshape(len(weights), -1)
    scaled = narrow_scaling(requantization(operation, flat), flat)
    window = image.flattened()
    if scaled is None or window.height.output * window.width.output == 1:
        return None
    call = KernelCall(
        function="tin_scalar_conv2d_run_s8",
        header=_CONV2D,
        params=_params(operation, window, *scaled),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    rows = RowKernel(
        function="tin_scalar_conv2d_row_s8",
        header=_CONV2D,
        params=_params(operation, image, *scaled),
        windows=(row_window(image),),
        scratch_bytes=_scratch_bytes(image),
        scratch=call.scratch,
    )
    return Lowering(
        calls=(call,),
        sources=("nn/scalar32/tin_scalar_conv2d.c", _WORDS, "nn/tin_window2d.c"),
        scratch_bytes=_scratch_bytes(window),
        macs=operation.output.size * flat.shape[1],
        distances={0: group_distance(window, len(weights))},
        rows=rows if image.height.kernel <= MOST_ROWS else None,
    )


def lower_depthwise(operation: Operation) -> Lowering | None:
    """One channel after another; None for what this kernel does not do, or not faster."""
    if operation.input().dtype != "int8":
        return None
    weights = operation.constant(1, "weights")[0].astype(np.int64)
    image = window_of(operation, weights.shape[:2])
    axes = (image.height, image.width)
    if weights.shape[2] != image.channels or any(a.dilation > 1 and a.kernel > 1 for a in axes):
        return None
    flat = weights.reshape(-1, image.channels).T
    scaled = narrow_scaling(requantization(operation, flat), flat)
    if scaled is None or segment_of(scaled[1]) < flat.shape[1]:
        return None
    window = image.flattened()
    if depthwise_cost(window) > _GAIN * portable_depthwise_cost(window):
        return None
    params, scratch_bytes = _depthwise_params(operation, window, *scaled)
    call = KernelCall(
        function="tin_scalar_depthwise_run_s8",
        header=_DEPTHWISE,
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    rows = RowKernel(
        function="tin_scalar_depthwise_row_s8",
        header=_DEPTHWISE,
        params=params,
        windows=(row_window(image),),
        scratch_bytes=scratch_bytes,
        scratch=call.scratch,
    )
    return Lowering(
        calls=(call,),
        sources=("nn/scalar32/tin_scalar_depthwise.c", _WORDS),
        scratch_bytes=scratch_bytes,
        macs=operation.output.size * flat.shape[1],
        distances={0: 0} if may_overwrite(window, lines_are_columns=False) else {},
        rows=rows if image is window and image.height.kernel <= MOST_ROWS else None,
    )


def _depthwise_params(
    operation: Operation, window: Window, requantize: Struct, flat: Ints
) -> tuple[Struct, int]:
    """(the C struct, scratch bytes)."""
    down, across = window.height, window.width
    groups = -(-across.output // _PIXELS)
    line_bytes = (_PIXELS * groups - 1) * across.stride + across.kernel
    params = Struct(
        "tin_scalar_depthwise_s8",
        (
            ("window", window.struct(operation.input().zero_point)),
            ("weights", Array(np.ascontiguousarray(flat.astype(np.int8)).ravel())),
            ("groups", groups),
            ("line_bytes", line_bytes),
            ("is_short", is_short(requantize, flat)),
            ("requantize", requantize),
        ),
    )
    turned_bytes = (2 * down.kernel - 1) * across.kernel
    return params, 16 * groups * flat.shape[1] + line_bytes + turned_bytes


def depthwise_cost(window: Window) -> int:
    """Instructions for one channel, about as Cortex-M3 takes them."""
    down, across = window.height, window.width
    groups = -(-across.output // _PIXELS)
    lines = (down.output - 1) * down.stride + down.kernel
    packing = 90 + 5 * across.size + groups * (8 + 22 * across.kernel)
    multiplying = 45 + groups * (120 + 6 * down.kernel * across.kernel) + 13 * across.output
    return 150 + lines * packing + down.output * multiplying


def portable_depthwise_cost(window: Window) -> int:
    """The same for the portable kernel, which gathers windows that touch padding."""
    down, across = window.height, window.width
    outputs = down.output * across.output
    inside = (down.inside[1] - down.inside[0]) * (across.inside[1] - across.inside[0])
    return outputs * (32 + 8 * down.kernel * across.kernel) + 25 * (outputs - inside)


def narrow_scaling(requantize: Struct, weights: Ints) -> tuple[Struct, Ints] | None:
    """A scaling that takes the short way to outputs and the weights that go with it: channels that
    never depend on the input, whose biases may be large, become constants. None where others scale
    up, or sums reach 2^30.

    Args:
        weights: [outputs][depth].
    """
    if requantize["is_narrow"]:
        return requantize, weights
    scaled = scaling_of(requantize, weights)
    if scaled is None or _largest_sum(scaled[0].bias, scaled[1]) >= _NARROW:
        return None
    scaling, weights = scaled
    changed: dict[str, Value] = {
        "bias": Array.i32(scaling.bias),
        "multiplier": Array.i32(scaling.multiplier),
        "shift": Array((-scaling.shift).astype(np.int8)),
        "is_narrow": 1,
    }
    fields = tuple((name, changed.get(name, value)) for name, value in requantize.fields)
    return dataclasses.replace(requantize, fields=fields), weights


def _largest_sum(bias: Ints, weights: Ints) -> int:
    return int((np.abs(bias) + 128 * np.abs(weights).sum(axis=1)).max())


def is_short(requantize: Struct, weights: Ints) -> int:
    """1 where all biased sums lie within 2^20."""
    bias = requantize["bias"]
    assert isinstance(bias, Array)
    return int(_largest_sum(bias.values.astype(np.int64), weights) < _SHORT)


def segment_of(weights: Ints) -> int:
    """The most taps, in equal parts of the depth, whose sums lie within 2^20 for every output."""
    depth = weights.shape[1]
    reach = 128 * np.abs(weights)
    for parts in range(1, depth + 1):
        segment = -(-depth // parts)
        edges = np.arange(0, depth, segment)
        sums: Ints = np.add.reduceat(reach, edges, axis=1)
        if sums.max() < _SHORT:
            return int(segment)
    return 1


def _params(operation: Operation, window: Window, requantize: Struct, flat: Ints) -> Struct:
    return Struct(
        "tin_scalar_conv2d_s8",
        (
            ("window", window.struct(operation.input().zero_point)),
            ("weights", Array(flat.astype(np.int8).ravel())),
            ("depth", flat.shape[1]),
            ("segment", segment_of(flat)),
            ("num_outputs", len(flat)),
            ("is_short", is_short(requantize, flat)),
            ("requantize", requantize),
        ),
    )


def _scratch_bytes(window: Window) -> int:
    """The panel, and copies of windows where they do not lie in the image as they are."""
    axes = (window.height, window.width)
    run = window.width.kernel * window.channels
    panel = 16 * window.height.kernel * run
    in_place = all(axis.inside == (0, axis.output) for axis in axes)
    in_place = in_place and (window.width.dilation == 1 or window.width.kernel == 1)
    return panel if in_place else panel + _PIXELS * run


def group_distance(window: Window, channels: int) -> int:
    """See `Lowering.distances`: six pixels are read, then written, in the order of the image."""
    down, across = window.height, window.width
    top = np.maximum(np.arange(down.output) * down.stride - down.before, 0)
    left = np.maximum(np.arange(across.output) * across.stride - across.before, 0)
    read = (top[:, None] * across.size + left).ravel() * window.channels
    first = np.arange(0, len(read), _PIXELS)
    written = np.minimum(first + _PIXELS, len(read)) * channels
    return walk_distance(written, np.minimum.reduceat(read, first))


SCALAR32 = Backend(
    "scalar32",
    "processors without vectors: Cortex-M0+, M3, RV32IM",
    {
        "CONV_2D": lower_conv2d,
        "DEPTHWISE_CONV_2D": lower_depthwise,
    },
)
