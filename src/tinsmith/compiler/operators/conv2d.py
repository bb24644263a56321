"""CONV_2D: products of gathered windows with the weight matrix."""

from __future__ import annotations

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators import product16
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    KernelCall,
    Lowering,
    Operation,
    Operator,
)
from tinsmith.compiler.operators.product import MATMUL_SOURCES, matmul, require_product
from tinsmith.compiler.operators.walk import raster_distance
from tinsmith.compiler.operators.window import Window, window_of, window_shape
from tinsmith.core.cvalue import Struct


def _shape(operation: Operation) -> Shape:
    weights = require_product(operation, axis=0)
    if weights.ndim != 4:
        raise operation.reject(f"has weights of shape {list(weights.shape)}; expected 4 axes")
    window = window_of(operation, weights.shape[1:3])
    if window.channels != weights.shape[3]:
        raise operation.reject(
            f"has {window.channels} input channels and weights for {weights.shape[3]}",
            hint="grouped convolutions need whole groups, and float32 or int8 values",
        )
    return window_shape(window, weights.shape[0])


def direct_columns(window: Window) -> tuple[int, int]:
    """Output columns (first, last exclusive) whose windows lie contiguous in the image."""
    down, across = window.height, window.width
    one_row = down.kernel == 1 and down.inside == (0, down.output)
    contiguous = across.kernel == 1 or across.dilation == 1
    return across.inside if one_row and contiguous else (0, 0)


def _lower(operation: Operation) -> Lowering:
    source = operation.input()
    weights = operation.constant(1, "weights")
    suffix = SUFFIXES[source.dtype]
    window = window_of(operation, weights.shape[1:3]).flattened()
    first, last = direct_columns(window)
    if suffix == "s16":
        return product16.convolution(operation, window, (first, last))
    product = matmul(operation, weights.reshape(len(weights), -1), single_product=False)
    fill = source.zero_point if suffix == "s8" else 0
    params = Struct(
        f"tin_conv2d_{suffix}",
        (
            ("window", window.struct(fill)),
            ("direct_first", first),
            ("direct_last", last),
            ("matmul", product),
        ),
    )
    call = KernelCall(
        function=f"tin_conv2d_run_{suffix}",
        header="tin/nn/conv2d.h",
        params=params,
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch=source.dtype,
    )
    depth = weights[0].size
    all_direct = last - first == window.width.output
    row_bytes = 2 * depth if suffix == "s8" else 4 * depth
    return Lowering(
        calls=(call,),
        sources=("nn/tin_conv2d.c", *MATMUL_SOURCES, "nn/tin_window2d.c"),
        scratch_bytes=0 if all_direct else row_bytes,
        macs=operation.output.size * depth,
        distances={0: raster_distance(window, len(weights), source, together=2)},
    )


OPERATORS = (Operator("CONV_2D", "conv2d", _shape, _lower),)
