"""CONV_2D with 3 x 3 windows by Winograd's algorithm: fewer products for larger weights."""

from __future__ import annotations

import numpy as np

from tinsmith.compiler.backends import armv7em_dsp_costs as costs
from tinsmith.compiler.backends.armv7em_dsp_packing import clamp_fields, pack_scales, run_order
from tinsmith.compiler.backends.scaling import Ints, scaling_of
from tinsmith.compiler.operators.base import KernelCall, Lowering, Operation
from tinsmith.compiler.operators.product import requantization
from tinsmith.compiler.operators.window import Window, window_of
from tinsmith.core.cvalue import Array, Struct

_SOURCES = (
    "nn/armv7em_dsp/tin_dsp_winograd.c",
    "nn/armv7em_dsp/tin_dsp_winograd_products.c",
)
_TILES = 4  # together
_DOUBLED = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]])
"""Twice the weights' transform G."""
_ORDER = [1, 2, 0, 3]
"""Rows and columns of points as the kernel sums them up; the last ones are negated."""
_NARROW = 1 << 29
"""Four times a sum below this fits 32 bits."""


def winograd(operation: Operation) -> Lowering | None:
    """Four tiles of 2 x 2 outputs at a time; None for what this kernel does not do."""
    weights = operation.constant(1, "weights").astype(np.int64)
    if operation.input().dtype != "int8" or weights.shape[1:3] != (3, 3):
        return None
    window = window_of(operation, (3, 3))
    steps = {(axis.stride, axis.dilation) for axis in (window.height, window.width)}
    if steps != {(1, 1)} or window.channels % 4 or len(weights) % 2:
        return None
    params = _params(operation, window, weights)
    if params is None:
        return None
    call = KernelCall(
        function="tin_dsp_winograd_run_s8",
        header="tin/nn/armv7em_dsp/dsp_winograd.h",
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    return Lowering(
        calls=(call,),
        sources=_SOURCES,
        scratch_bytes=128 * window.channels + 512 + 16 * max(window.channels, len(weights)),
        macs=operation.output.size * weights[0].size,
        distances={0: tile_distance(window, len(weights))},
        algorithm="Winograd",
        instructions=round(costs.winograd(window, len(weights))),
    )


def _params(operation: Operation, window: Window, weights: Ints) -> Struct | None:
    flat = weights.reshape(len(weights), -1)
    requantize = requantization(operation, flat)
    scaled = scaling_of(requantize, flat)
    if scaled is None:
        return None
    scaling, flat = scaled
    if int((128 * np.abs(flat).sum(axis=1) + np.abs(scaling.bias)).max()) >= _NARROW:
        return None
    scales, scale_step = pack_scales(scaling)
    return Struct(
        "tin_dsp_winograd_s8",
        (
            ("window", window.struct(operation.input().zero_point)),
            ("weights", Array(pack_points(flat.reshape(weights.shape)))),
            ("bias", Array.i32(4 * scaling.bias)),
            ("scales", scales),
            ("scale_step", scale_step),
            ("num_outputs", len(weights)),
            ("zero_point", scaling.zero_point),
            *clamp_fields(requantize),
        ),
    )


def pack_points(weights: Ints) -> np.typing.NDArray[np.uint32]:
    """Transformed weights in the order in which the kernel reads them: [outputs / 2][16 points]
    [channels / 2][2 outputs], pairs of int16.

    Args:
        weights: [outputs][3][3][channels].
    """
    points = np.einsum("iy,jx,oyxc->oijc", _DOUBLED, _DOUBLED, weights)[:, _ORDER][:, :, _ORDER]
    points[:, 3] *= -1
    points[:, :, 3] *= -1
    outputs, channels = len(weights), weights.shape[3]
    halves = points[..., run_order(channels)].reshape(outputs // 2, 2, 16, channels // 2, 2)
    words = (halves[..., 0] & 0xFFFF) | (halves[..., 1] & 0xFFFF) << 16
    return np.ascontiguousarray(words.transpose(0, 2, 3, 1).astype(np.uint32)).ravel()


def tile_distance(window: Window, channels: int) -> int:
    """See `Lowering.distances`: four tiles are read, then written, in the order of tiles."""
    down, across = window.height, window.width
    tiles_across = -(-across.output // 2)
    y, x = np.divmod(np.arange(-(-down.output // 2) * tiles_across), tiles_across)
    top = np.clip(2 * y - down.before, 0, down.size)
    left = np.clip(2 * x - across.before, 0, across.size)
    first_read = (top * across.size + left) * window.channels
    last = np.minimum(2 * y + 1, down.output - 1) * across.output
    written = (last + np.minimum(2 * x + 2, across.output)) * channels
    unread = np.minimum.accumulate(first_read[::-1])[::-1]
    groups = np.arange(_TILES, len(unread), _TILES)
    if not len(groups):
        return -down.size * across.size * window.channels
    return int((np.maximum.accumulate(written)[groups - 1] - unread[groups]).max())
