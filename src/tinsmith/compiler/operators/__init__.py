"""The operator table. A new operator is one file here and one C file in `runtime/src/nn`."""

from tinsmith.compiler.operators import (
    activations,
    arithmetic,
    batch_matmul,
    cast,
    concatenation,
    constants,
    conv2d,
    depthwise_conv2d,
    detection,
    elementwise,
    fully_connected,
    functions,
    gather,
    grouped_conv2d,
    lstm,
    mean,
    normalization,
    pad,
    pool2d,
    quantize,
    reduce,
    reshape,
    resize,
    slicing,
    softmax,
    svdf,
    transpose,
    transpose_conv,
    trees,
    variables,
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
    batch_matmul,
    cast,
    concatenation,
    constants,
    conv2d,
    depthwise_conv2d,
    detection,
    elementwise,
    fully_connected,
    functions,
    gather,
    grouped_conv2d,
    lstm,
    mean,
    normalization,
    pad,
    pool2d,
    quantize,
    reduce,
    reshape,
    resize,
    slicing,
    softmax,
    svdf,
    transpose,
    transpose_conv,
    trees,
    variables,
)

OPERATORS: dict[str, Operator] = {
    operator.name: operator for family in _FAMILIES for operator in family.OPERATORS
}

__all__ = ["OPERATORS", "KernelCall", "Lowering", "Operation", "Operator"]
