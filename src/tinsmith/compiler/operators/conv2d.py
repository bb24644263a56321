"""CONV_2D: products of gathered windows with the weight matrix."""

from __future__ import annotations

from tinsmith.compiler.ir import Shape, Tensor
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
from tinsmith.compiler.operators.product import MATMUL_SOURCES, matmul, require_product
from tinsmith.compiler.operators.rows import MOST_ROWS, one_row, row_window, whole_rows
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
    image = window_of(operation, weights.shape[1:3])
    window = image.flattened()
    if suffix == "s16":
        return product16.convolution(operation, window, direct_columns(window))
    product = matmul(operation, weights.reshape(len(weights), -1))
    call = KernelCall(
        function=f"tin_conv2d_run_{suffix}",
        header="tin/nn/conv2d.h",
        params=_params(window, product, source),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
        scratch=source.dtype,
    )
    depth = weights[0].size
    return Lowering(
        calls=(call,),
        sources=("nn/tin_conv2d.c", *MATMUL_SOURCES, "nn/tin_window2d.c"),
        scratch_bytes=_scratch_bytes(window, depth, suffix),
        macs=operation.output.size * depth,
        distances={0: raster_distance(window, len(weights), source, together=2)},
        rows=_rows(image, call, product, source, depth),
    )


def _params(window: Window, product: Struct, source: Tensor) -> Struct:
    first, last = direct_columns(window)
    fields = (
        ("window", window.struct(source.zero_point if source.dtype == "int8" else 0)),
        ("direct_first", first),
        ("direct_last", last),
        ("matmul", product),
    )
    return Struct(f"tin_conv2d_{SUFFIXES[source.dtype]}", fields)


def _scratch_bytes(window: Window, depth: int, suffix: str) -> int:
    """Nothing where all windows are read in place."""
    first, last = direct_columns(window)
    if last - first == window.width.output:
        return 0
    return 2 * depth if suffix == "s8" else 4 * depth


def _rows(
    image: Window, call: KernelCall, product: Struct, source: Tensor, depth: int
) -> RowKernel | None:
    if image.height.kernel > MOST_ROWS:
        return None
    suffix = SUFFIXES[source.dtype]
    row = one_row(image)
    if row is not None:
        scratch_bytes = _scratch_bytes(row, depth, suffix)
        params = _params(row, product, source)
        return whole_rows(call, params, (row_window(image),), scratch_bytes)
    return RowKernel(
        function=f"tin_conv2d_row_{suffix}",
        header=call.header,
        params=_params(image, product, source),
        windows=(row_window(image),),
        scratch_bytes=2 * depth if suffix == "s8" else 4 * depth,
        scratch=call.scratch,
    )


OPERATORS = (Operator("CONV_2D", "conv2d", _shape, _lower, types=TYPES_16),)
