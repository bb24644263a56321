"""RESHAPE, SQUEEZE and EXPAND_DIMS: the same values under another shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import SUFFIXES, Operation, Operator
from tinsmith.compiler.operators.copying import require_unchanged


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    if source.dtype != target.dtype or source.size != target.size:
        raise operation.reject(
            f"turns {source.dtype} {list(source.shape)} into {target.dtype} {list(target.shape)}; "
            "expected the same type and number of values"
        )
    if not target.is_constant and target.dtype == "int8":
        require_unchanged(operation, source, target)
    return target.shape


def _evaluate(operation: Operation) -> npt.NDArray[Any]:
    return np.asarray(operation.constant(0, "input")).reshape(operation.output.shape)


OPERATORS = tuple(
    Operator(
        name,
        name.lower(),
        _shape,
        None,
        evaluate=_evaluate,
        types=tuple(SUFFIXES),
        moves=True,
        defined_here=gaps,
    )
    for name, gaps in (("RESHAPE", ()), ("SQUEEZE", ()), ("EXPAND_DIMS", ("int32", "bool")))
)
