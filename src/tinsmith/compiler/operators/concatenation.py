"""CONCATENATION along one axis."""

from __future__ import annotations

import math

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import SUFFIXES, KernelCall, Lowering, Operation, Operator
from tinsmith.core.cvalue import Struct


def _axis(operation: Operation) -> int:
    rank, axis = len(operation.input().shape), operation.number("axis")
    if not -rank <= axis < rank:
        raise operation.reject(f"joins along axis {axis} of an input with {rank} axes")
    return axis % rank


def _shape(operation: Operation) -> Shape:
    parts = [operation.input(position) for position in range(len(operation.node.inputs))]
    target, axis = operation.output, _axis(operation)
    operation.require_types(*parts, target)
    operation.require_same_quantization(*parts, target)
    if operation.text("activation") != "NONE":
        raise operation.reject(f"has the fused activation {operation.text('activation')}")
    rest = {part.shape[:axis] + part.shape[axis + 1 :] for part in parts}
    if len(rest) != 1 or len({len(part.shape) for part in parts}) != 1:
        raise operation.reject(f"joins shapes {[list(part.shape) for part in parts]}")
    total = sum(part.shape[axis] for part in parts)
    return (*parts[0].shape[:axis], total, *parts[0].shape[axis + 1 :])


def _lower(operation: Operation) -> Lowering:
    axis, target = _axis(operation), operation.output
    suffix = SUFFIXES[target.dtype]
    rows = math.prod(target.shape[:axis])
    calls, offset = [], 0
    for position, index in enumerate(operation.node.inputs):
        length = operation.input(position).size // rows
        fields = (
            ("rows", rows),
            ("length", length),
            ("output_step", target.size // rows),
            ("offset", offset),
        )
        calls.append(
            KernelCall(
                function=f"tin_concatenation_run_{suffix}",
                header="tin/nn/concatenation.h",
                params=Struct("tin_concatenation", fields),
                inputs=(index,),
                outputs=operation.node.outputs,
            )
        )
        offset += length
    return Lowering(tuple(calls), ("nn/tin_concatenation.c",))


OPERATORS = (Operator("CONCATENATION", "concatenation", _shape, _lower),)
