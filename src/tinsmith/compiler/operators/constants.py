"""SHAPE, RANK, FILL and ZEROS_LIKE: known before the network runs, since its shapes are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import Lowering, Operation, Operator
from tinsmith.compiler.operators.copying import require_unchanged


def _like_shape(operation: Operation) -> Shape:
    require_unchanged(operation, operation.input(), operation.output)
    return operation.input().shape


def _shape_shape(operation: Operation) -> Shape:
    operation.require_types(operation.output, types=("int32", "int64"))
    return (len(operation.input().shape),)


def _shape(operation: Operation) -> npt.NDArray[Any]:
    return np.array(operation.input().shape, operation.output.dtype)


def _rank_shape(operation: Operation) -> Shape:
    operation.require_types(operation.output, types=("int32",))
    return ()


def _rank(operation: Operation) -> npt.NDArray[Any]:
    return np.array(len(operation.input().shape), operation.output.dtype)


def _zeros(operation: Operation) -> npt.NDArray[Any]:
    target = operation.output
    zero = 0 if target.quantization is None else target.zero_point
    return np.full(target.shape, zero, target.dtype)


def _filled_shape(operation: Operation) -> Shape:
    value = operation.constant(1, "value")
    if value.size != 1 or value.dtype != operation.output.dtype:
        raise operation.reject(f"repeats {value.size} values of type {value.dtype}; expected 1")
    return tuple(int(size) for size in operation.constant(0, "shape").ravel())


def _fill(operation: Operation) -> npt.NDArray[Any]:
    value = operation.constant(1, "value").ravel()[0]
    return np.full(_filled_shape(operation), value, operation.output.dtype)


def _refuse(operation: Operation) -> Lowering:
    raise operation.reject(f"makes {operation.output.size} constant values, which is too many")


# Constants are folded before operators are lowered: no type of theirs meets a kernel.
OPERATORS = (
    Operator("SHAPE", "shape", _shape_shape, _refuse, evaluate=_shape, types=()),
    Operator("RANK", "rank", _rank_shape, _refuse, evaluate=_rank, types=()),
    Operator("FILL", "fill", _filled_shape, _refuse, evaluate=_fill, types=()),
    Operator("ZEROS_LIKE", "zeros_like", _like_shape, _refuse, evaluate=_zeros, types=()),
)
