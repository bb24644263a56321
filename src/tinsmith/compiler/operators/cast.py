"""CAST: values as another element type, without any scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.compiler.operators.copying import MOVABLE, dense, lower_copies
from tinsmith.core.cvalue import Struct

_CONSTANT = (*MOVABLE, "int64", "uint8")
"""Types of constants that a network may cast before it runs."""


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(source, types=_CONSTANT if source.is_constant else MOVABLE)
    operation.require_types(target, types=_CONSTANT if source.is_constant else MOVABLE)
    return source.shape


def _lower(operation: Operation) -> Lowering:
    source, target = operation.input(), operation.output
    if source.dtype == target.dtype:
        return lower_copies(operation, [dense((source.size,), (1,))])
    function = f"tin_cast_run_{SUFFIXES[source.dtype]}_{SUFFIXES[target.dtype]}"
    params = Struct("tin_cast", (("count", source.size),))
    return simple_lowering(operation, "cast", function, params, distances=_distances(operation))


def _distances(operation: Operation) -> dict[int, int]:
    """Values are converted one by one; wider ones run ahead of their source."""
    wide, narrow = (np.dtype(t.dtype).itemsize for t in (operation.output, operation.input()))
    return {0: max(wide - narrow, 0) * (operation.input().size - 1)}


def _evaluate(operation: Operation) -> npt.NDArray[Any]:
    value, kind = operation.constant(0, "input"), np.dtype(operation.output.dtype)
    if value.dtype.kind == "f" and kind.kind in "iu":
        limits = np.iinfo(kind)
        value = np.clip(np.trunc(value.astype(np.float64)), limits.min, limits.max)
    return value.astype(kind)


OPERATORS = (Operator("CAST", "cast", _shape, _lower, evaluate=_evaluate, types=MOVABLE),)
