"""PAD and PADV2: a border of zeros or of a given value."""

from __future__ import annotations

import numpy as np

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.core.cvalue import Array, Struct

_AXES = 4


def borders(operation: Operation) -> tuple[tuple[int, int], ...]:
    """(before, after) of every axis."""
    values = operation.constant(1, "paddings")
    rank = len(operation.input().shape)
    if values.shape != (rank, 2) or values.min(initial=0) < 0 or values.max(initial=0) > 1 << 16:
        raise operation.reject(f"has paddings {values.tolist()} for an input with {rank} axes")
    return tuple((int(before), int(after)) for before, after in values)


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(source, target)
    operation.require_same_quantization(source, target)
    if len(source.shape) > _AXES:
        raise operation.reject(f"has {len(source.shape)} axes; at most {_AXES} are supported")
    if operation.optional_input(2) is not None:
        operation.require_types(source, operation.input(2))
        if operation.constant(2, "value").size != 1:
            raise operation.reject("has more than one padding value")
    pairs = zip(source.shape, borders(operation), strict=True)
    return tuple(before + size + after for size, (before, after) in pairs)


def _lower(operation: Operation) -> Lowering:
    source = operation.input()
    suffix = SUFFIXES[source.dtype]
    missing = _AXES - len(source.shape)
    pairs = ((0, 0),) * missing + borders(operation)
    value: int | float = 0.0 if suffix == "f32" else source.zero_point
    if operation.optional_input(2) is not None:
        given = np.asarray(operation.constant(2, "value")).ravel()[0]
        value = float(given) if suffix == "f32" else int(given)
    fields = (
        ("shape", Array.i32((1,) * missing + source.shape)),
        ("before", Array.i32([before for before, _ in pairs])),
        ("after", Array.i32([after for _, after in pairs])),
        ("value", value),
    )
    params = Struct(f"tin_pad_{suffix}", fields)
    return simple_lowering(operation, "pad", f"tin_pad_run_{suffix}", params)


OPERATORS = (
    Operator("PAD", "pad", _shape, _lower),
    Operator("PADV2", "padv2", _shape, _lower),
)
