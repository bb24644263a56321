"""FULLY_CONNECTED: dense layers."""

from __future__ import annotations

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators import product16
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    TYPES_16,
    KernelCall,
    Lowering,
    Operation,
    Operator,
)
from tinsmith.compiler.operators.product import MATMUL_SOURCES, matmul, require_product
from tinsmith.compiler.operators.walk import raster_distance
from tinsmith.compiler.operators.window import Axis, Window
from tinsmith.core.cvalue import Struct


def _shape(operation: Operation) -> Shape:
    weights = require_product(operation, axis=0)
    source, target = operation.input(), operation.output
    if weights.ndim != 2 or source.size % weights.shape[1]:
        raise operation.reject(
            f"multiplies an input of shape {list(source.shape)} by weights of shape "
            f"{list(weights.shape)}; expected [outputs, inputs]"
        )
    if operation.number("weights_format"):
        raise operation.reject("has shuffled weights; expected the default format")
    rows, num_outputs = source.size // weights.shape[1], weights.shape[0]
    # Leading axes may be kept, merged or dropped: the values are the same.
    if target.size == rows * num_outputs and target.shape[-1:] == (num_outputs,):
        return target.shape
    return (rows, num_outputs)


def _lower(operation: Operation) -> Lowering:
    source, target = operation.input(), operation.output
    weights = operation.constant(1, "weights")
    suffix = SUFFIXES[source.dtype]
    if suffix == "s16":
        return product16.dense(operation)
    product = matmul(operation, weights)
    rows = source.size // weights.shape[1]
    call = KernelCall(
        function=f"tin_fully_connected_run_{suffix}",
        header="tin/nn/fully_connected.h",
        params=Struct(f"tin_fully_connected_{suffix}", (("num_rows", rows), ("matmul", product))),
        inputs=operation.node.inputs[:1],
        outputs=operation.node.outputs,
    )
    sources = ("nn/tin_fully_connected.c", *MATMUL_SOURCES)
    rows_as_image = Window(Axis(1, 1, 1, 1, 0, 0), Axis(rows, 1, 1, 1, 0, 0), weights.shape[1])
    distance = raster_distance(rows_as_image, len(weights), source, together=2)
    macs = target.size * weights.shape[1]
    return Lowering((call,), sources, macs=macs, distances={0: distance})


OPERATORS = (Operator("FULLY_CONNECTED", "fully_connected", _shape, _lower, types=TYPES_16),)
