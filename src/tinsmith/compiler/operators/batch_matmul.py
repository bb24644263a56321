"""BATCH_MATMUL: products of two tensors of matrices, either of them transposed on request."""

from __future__ import annotations

import math

import numpy as np

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import SUFFIXES, KernelCall, Lowering, Operation, Operator
from tinsmith.core.cvalue import Array, Struct, Value

_MAX_BATCHES = 1 << 16
_MAX_DEPTH = 1 << 15  # of products of 9 and 9 bits whose sums surely fit 32


def _shape(operation: Operation) -> Shape:
    left, right, target = operation.input(0), operation.input(1), operation.output
    dtype = operation.require_types(left, right, target)
    operation.require_quantized(left, right, target)
    if min(len(left.shape), len(right.shape)) < 2:
        raise operation.reject(f"multiplies shapes {list(left.shape)} and {list(right.shape)}")
    rows, depth = _matrix(left.shape, transposed=bool(operation.number("adj_x")))
    right_depth, columns = _matrix(right.shape, transposed=bool(operation.number("adj_y")))
    try:
        batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    except ValueError:
        batch = None
    if depth != right_depth or batch is None or math.prod(batch) > _MAX_BATCHES:
        raise operation.reject(
            f"multiplies {rows} x {depth} by {right_depth} x {columns} matrices of the shapes "
            f"{list(left.shape)} and {list(right.shape)}, which do not go together"
        )
    if dtype == "int8" and depth > _MAX_DEPTH:
        raise operation.reject(f"sums {depth} products; at most {_MAX_DEPTH} fit 32 bits")
    return (*batch, rows, columns)


def _matrix(shape: Shape, *, transposed: bool) -> tuple[int, int]:
    """(rows, columns) as the product sees them."""
    rows, columns = shape[-2:]
    return (columns, rows) if transposed else (rows, columns)


def _starts(shape: Shape, batch: Shape) -> Array:
    """Index of the first value of the matrix that each batch uses."""
    own = shape[:-2]
    size = shape[-2] * shape[-1]
    starts = np.arange(math.prod(own)).reshape(own) * size
    return Array.i32(np.broadcast_to(starts, batch))


def _matrices(operation: Operation) -> Struct:
    left, right, target = operation.input(0), operation.input(1), operation.output
    rows, columns = target.shape[-2:]
    adj_x, adj_y = operation.number("adj_x"), operation.number("adj_y")
    batch = target.shape[:-2]
    fields: tuple[tuple[str, Value], ...] = (
        ("left", _starts(left.shape, batch)),
        ("right", _starts(right.shape, batch)),
        ("batches", math.prod(batch)),
        ("rows", rows),
        ("columns", columns),
        ("depth", left.shape[-2 if adj_x else -1]),
        ("left_row", 1 if adj_x else left.shape[-1]),
        ("left_k", left.shape[-1] if adj_x else 1),
        ("right_k", 1 if adj_y else right.shape[-1]),
        ("right_column", right.shape[-1] if adj_y else 1),
    )
    return Struct("tin_matrices", fields)


def _lower(operation: Operation) -> Lowering:
    left, right, target = operation.input(0), operation.input(1), operation.output
    suffix = SUFFIXES[left.dtype]
    fields: tuple[tuple[str, Value], ...] = (("matrices", _matrices(operation)),)
    if suffix == "s8":
        with np.errstate(all="ignore"):
            product = float(np.float32(left.scale) * np.float32(right.scale))
        multiplier, shift = fixedpoint.quantize_multiplier(product / target.scale)
        if not math.isfinite(product) or shift > 30:
            raise operation.reject(f"scales its sums up by 2^30 (output {target.scale:g})")
        fields += (
            ("left_offset", -left.zero_point),
            ("right_offset", -right.zero_point),
            ("multiplier", multiplier),
            ("shift", shift),
            ("zero_point", target.zero_point),
        )
    call = KernelCall(
        function=f"tin_batch_matmul_run_{suffix}",
        header="tin/nn/batch_matmul.h",
        params=Struct(f"tin_batch_matmul_{suffix}", fields),
        inputs=operation.node.inputs[:2],
        outputs=operation.node.outputs,
    )
    depth = left.shape[-2 if operation.number("adj_x") else -1]
    return Lowering((call,), ("nn/tin_batch_matmul.c",), macs=target.size * depth)


OPERATORS = (Operator("BATCH_MATMUL", "batch_matmul", _shape, _lower),)
