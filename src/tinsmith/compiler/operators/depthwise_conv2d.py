"""DEPTHWISE_CONV_2D: every input channel with its own kernels."""

from __future__ import annotations

import numpy as np

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators import product16
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    TYPES_16,
    KernelCall,
    Lowering,
    Operation,
    Operator,
    RowKernel,
)
from tinsmith.compiler.operators.product import (
    float_bias,
    float_output_fields,
    requantization,
    require_product,
)
from tinsmith.compiler.operators.rows import MOST_ROWS, row_window
from tinsmith.compiler.operators.walk import raster_distance
from tinsmith.compiler.operators.window import window_of, window_shape
from tinsmith.core.cvalue import Array, Struct, Value


def _shape(operation: Operation) -> Shape:
    weights = require_product(operation, axis=3)
    if weights.ndim != 4 or weights.shape[0] != 1:
        raise operation.reject(
            f"has weights of shape {list(weights.shape)}; expected [1, height, width, channels]"
        )
    window = window_of(operation, weights.shape[1:3])
    if weights.shape[3] % window.channels:
        raise operation.reject(
            f"has {weights.shape[3]} outputs, no multiple of its {window.channels} input channels"
        )
    return window_shape(window, weights.shape[3])


def _lower(operation: Operation) -> Lowering:
    source = operation.input()
    weights = operation.constant(1, "weights")
    suffix = SUFFIXES[source.dtype]
    window = window_of(operation, weights.shape[1:3])
    num_outputs = weights.shape[3]
    if suffix == "s16":
        return product16.depthwise(operation, window, weights)
    fill = source.zero_point if suffix == "s8" else 0
    fields: tuple[tuple[str, Value], ...] = (
        ("window", window.struct(fill)),
        ("weights", Array(np.ascontiguousarray(weights.ravel()))),
        ("depth_multiplier", num_outputs // window.channels),
        ("num_outputs", num_outputs),
    )
    if suffix == "s8":
        by_output = weights.reshape(-1, num_outputs).T.astype(np.int64)
        fields += (("requantize", requantization(operation, by_output)),)
    else:
        bias = ("bias", float_bias(operation, num_outputs))
        fields += (bias, *float_output_fields(operation))
    call = KernelCall(
        function=f"tin_depthwise_conv2d_run_{suffix}",
        header="tin/nn/depthwise_conv2d.h",
        params=Struct(f"tin_depthwise_conv2d_{suffix}", fields),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch=source.dtype,
    )
    taps = weights.shape[1] * weights.shape[2]
    axes = (window.height, window.width)
    all_inside = all(axis.inside == (0, axis.output) for axis in axes)
    row_bytes = taps * window.channels * (1 if suffix == "s8" else 4)
    rows = RowKernel(
        function=f"tin_depthwise_conv2d_row_{suffix}",
        header=call.header,
        params=call.params,
        windows=(row_window(window),),
        scratch_bytes=row_bytes,
        scratch=source.dtype,
    )
    return Lowering(
        calls=(call,),
        sources=("nn/tin_depthwise_conv2d.c", "nn/tin_requantize.c", "nn/tin_window2d.c"),
        scratch_bytes=0 if all_inside else row_bytes,
        macs=operation.output.size * taps,
        distances={0: raster_distance(window, num_outputs, source)},
        rows=rows if window.height.kernel <= MOST_ROWS else None,
    )


OPERATORS = (Operator("DEPTHWISE_CONV_2D", "depthwise_conv2d", _shape, _lower, types=TYPES_16),)
