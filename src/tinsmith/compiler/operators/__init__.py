"""The operator table. A new operator is one file here and one C file in `runtime/src/nn`."""

from tinsmith.compiler.operators import (
    activations,
    arithmetic,
    concatenation,
    conv2d,
    depthwise_conv2d,
    fully_connected,
    mean,
    pad,
    pool2d,
    quantize,
    reshape,
    softmax,
)
from tinsmith.compiler.operators.base import (
    KernelCall,
    Lowering,
    Operation,
    Operator,
)

_FAMILIES = (
    activations,
    arithmetic,
    concatenation,
    conv2d,
    depthwise_conv2d,
    fully_connected,
    mean,
    pad,
    pool2d,
    quantize,
    reshape,
    softmax,
)

OPERATORS: dict[str, Operator] = {
    operator.name: operator for family in _FAMILIES for operator in family.OPERATORS
}

__all__ = ["OPERATORS", "KernelCall", "Lowering", "Operation", "Operator"]
