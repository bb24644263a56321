"""GROUPED_CONV_2D: a CONV_2D whose weights see a part of the input channels only.

The file format has no operator of this name; the pass `split_grouped` gives it.
"""

from __future__ import annotations

import numpy as np

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    TYPES,
    KernelCall,
    Lowering,
    Operation,
    Operator,
)
from tinsmith.compiler.operators.product import (
    float_bias,
    float_output_fields,
    requantization,
    require_product,
)
from tinsmith.compiler.operators.window import window_of, window_shape
from tinsmith.core.cvalue import Array, Struct, Value


def _shape(operation: Operation) -> Shape:
    weights = require_product(operation, axis=0)
    operation.require_types(operation.input(), types=TYPES)
    if weights.ndim != 4:
        raise operation.reject(f"has weights of shape {list(weights.shape)}; expected 4 axes")
    window = window_of(operation, weights.shape[1:3])
    groups, rest = divmod(window.channels, weights.shape[3])
    if rest or weights.shape[0] % groups:
        raise operation.reject(
            f"has {window.channels} input channels, weights for {weights.shape[3]} and "
            f"{weights.shape[0]} outputs; expected whole groups"
        )
    return window_shape(window, weights.shape[0])


def _lower(operation: Operation) -> Lowering:
    source = operation.input()
    weights = operation.constant(1, "weights")
    suffix = SUFFIXES[source.dtype]
    window = window_of(operation, weights.shape[1:3])
    num_outputs, *_, channels = weights.shape
    fields: tuple[tuple[str, Value], ...] = (
        ("window", window.struct(source.zero_point if suffix == "s8" else 0)),
        ("weights", Array(np.ascontiguousarray(weights.ravel()))),
        ("group_channels", channels),
        ("group_outputs", num_outputs // (window.channels // channels)),
        ("num_outputs", num_outputs),
    )
    if suffix == "s8":
        by_output = weights.reshape(num_outputs, -1).astype(np.int64)
        fields += (("requantize", requantization(operation, by_output)),)
    else:
        bias = ("bias", float_bias(operation, num_outputs))
        fields += (bias, *float_output_fields(operation))
    call = KernelCall(
        function=f"tin_grouped_conv2d_run_{suffix}",
        header="tin/nn/grouped_conv2d.h",
        params=Struct(f"tin_grouped_conv2d_{suffix}", fields),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch=source.dtype,
    )
    taps = weights.shape[1] * weights.shape[2]
    return Lowering(
        calls=(call,),
        sources=("nn/tin_grouped_conv2d.c", "nn/tin_requantize.c", "nn/tin_window2d.c"),
        scratch_bytes=taps * window.channels * np.dtype(source.dtype).itemsize,
        macs=operation.output.size * weights[0].size,
    )


OPERATORS = (Operator("GROUPED_CONV_2D", "grouped_conv2d", _shape, _lower),)
