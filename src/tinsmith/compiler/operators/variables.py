"""READ_VARIABLE and ASSIGN_VARIABLE: values that are kept from one run to the next."""

from __future__ import annotations

from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.base import SUFFIXES, KernelCall, Lowering, Operation, Operator
from tinsmith.core.cvalue import Struct


def _variable(operation: Operation) -> Tensor:
    """The first input, which the reader made a variable."""
    variable = operation.input(0)
    operation.require_types(variable, types=tuple(SUFFIXES))
    if not variable.is_variable:
        raise operation.reject(f"works on {variable.name!r}, which is no variable")
    return variable


def _read_shape(operation: Operation) -> Shape:
    variable = _variable(operation)
    operation.require_types(variable, operation.output, types=tuple(SUFFIXES))
    return variable.shape


def _assign_shape(operation: Operation) -> list[Shape]:
    variable, value = _variable(operation), operation.input(1)
    operation.require_types(variable, value, types=tuple(SUFFIXES))
    if variable.shape != value.shape:
        raise operation.reject(
            f"assigns a value of shape {list(value.shape)} to a variable of shape "
            f"{list(variable.shape)}"
        )
    return []


def _copy(operation: Operation, source: int, target: int) -> Lowering:
    num_bytes = operation.graph.tensors[source].num_bytes
    call = KernelCall(
        function="tin_variable_copy",
        header="tin/nn/variable.h",
        params=Struct("tin_variable", (("num_bytes", num_bytes),)),
        inputs=(source,),
        outputs=(target,),
    )
    return Lowering((call,), ("nn/tin_variable.c",))


def _lower_read(operation: Operation) -> Lowering:
    return _copy(operation, operation.node.inputs[0], operation.node.outputs[0])


def _lower_assign(operation: Operation) -> Lowering:
    return _copy(operation, operation.node.inputs[1], operation.node.inputs[0])


OPERATORS = (
    Operator(
        "READ_VARIABLE",
        "read_variable",
        _read_shape,
        _lower_read,
        types=tuple(SUFFIXES),
        moves=True,
    ),
    Operator(
        "ASSIGN_VARIABLE",
        "assign_variable",
        _assign_shape,
        _lower_assign,
        types=tuple(SUFFIXES),
        moves=True,
    ),
)
