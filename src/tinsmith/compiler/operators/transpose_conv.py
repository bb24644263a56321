"""TRANSPOSE_CONV: the gradient of a convolution, which enlarges images."""

from __future__ import annotations

import dataclasses

import numpy as np

from tinsmith.compiler.ir import ABSENT, Shape
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    TYPES,
    KernelCall,
    Lowering,
    Operation,
    Operator,
)
from tinsmith.compiler.operators.product import (
    float_bias,
    float_output_fields,
    requantization,
    require_product,
)
from tinsmith.core.cvalue import Array, Struct, Value


def _as_product(operation: Operation) -> Operation:
    """The operands in the order of other products: input, weights, bias. The output's shape, which
    comes first in the file, is fixed and left out."""
    operation.input(2)
    _, weights, source, *bias = operation.node.inputs
    inputs = (source, weights, bias[0] if bias else ABSENT)
    return Operation(operation.graph, dataclasses.replace(operation.node, inputs=inputs))


def _shape(operation: Operation) -> Shape:
    given = tuple(int(value) for value in operation.constant(0, "output shape").ravel())
    product = _as_product(operation)
    weights = require_product(product, axis=0)
    source = product.input()
    product.require_types(source, types=TYPES)
    if weights.ndim != 4 or len(source.shape) != 4 or source.shape[0] != 1 or len(given) != 4:
        raise operation.reject(
            f"has an input of shape {list(source.shape)}, weights of shape {list(weights.shape)} "
            f"and the output shape {list(given)}; expected images [1, height, width, channels]"
        )
    if weights.shape[3] != source.shape[3]:
        raise operation.reject(
            f"has {source.shape[3]} input channels and weights for {weights.shape[3]}"
        )
    for name, axis in (("height", 1), ("width", 2)):
        stride, size, kernel = operation.number(f"stride_{name}"), source.shape[axis], given[axis]
        if not 1 <= stride <= 1 << 12:
            raise operation.reject(f"has stride {stride} along {name}; expected 1 to 4096")
        if size != _extent(operation, kernel, weights.shape[axis], stride):
            raise operation.reject(
                f"makes {kernel} from {size} along {name} with stride {stride} and a kernel of "
                f"{weights.shape[axis]}, which a convolution would not take back"
            )
    return (1, given[1], given[2], weights.shape[0])


def _extent(operation: Operation, size: int, kernel: int, stride: int) -> int:
    """How many windows a convolution finds along an axis of the output."""
    if operation.text("padding") == "SAME":
        return -(-size // stride)
    return (size - kernel) // stride + 1


def _pad(operation: Operation, size: int, kernel: int, stride: int) -> int:
    """Padding before the first pixel of the output, as the convolution back would have it."""
    windows = _extent(operation, size, kernel, stride)
    return max((windows - 1) * stride + kernel - size, 0) // 2


def _window(operation: Operation, product: Operation) -> Struct:
    source, target = product.input(), operation.output
    weights = product.constant(1, "weights")
    down, across = operation.number("stride_height"), operation.number("stride_width")
    fields = (
        ("in_height", source.shape[1]),
        ("in_width", source.shape[2]),
        ("in_channels", source.shape[3]),
        ("out_height", target.shape[1]),
        ("out_width", target.shape[2]),
        ("num_outputs", target.shape[3]),
        ("kernel_height", weights.shape[1]),
        ("kernel_width", weights.shape[2]),
        ("stride_height", down),
        ("stride_width", across),
        ("pad_top", _pad(operation, target.shape[1], weights.shape[1], down)),
        ("pad_left", _pad(operation, target.shape[2], weights.shape[2], across)),
    )
    return Struct("tin_transpose_window", fields)


def _lower(operation: Operation) -> Lowering:
    product = _as_product(operation)
    source = product.input()
    weights = product.constant(1, "weights")
    suffix = SUFFIXES[source.dtype]
    fields: tuple[tuple[str, Value], ...] = (
        ("window", _window(operation, product)),
        ("weights", Array(np.ascontiguousarray(weights.ravel()))),
    )
    if suffix == "s8":
        by_output = weights.reshape(len(weights), -1).astype(np.int64)
        scaling = requantization(product, by_output, fold_zero_point=False)
        fields += (("input_offset", -source.zero_point), ("requantize", scaling))
    else:
        fields += (("bias", float_bias(product, len(weights))), *float_output_fields(product))
    call = KernelCall(
        function=f"tin_transpose_conv_run_{suffix}",
        header="tin/nn/transpose_conv.h",
        params=Struct(f"tin_transpose_conv_{suffix}", fields),
        inputs=product.node.inputs[:1],
        outputs=operation.node.outputs,
    )
    return Lowering(
        calls=(call,),
        sources=("nn/tin_transpose_conv.c", "nn/tin_requantize.c"),
        macs=source.size * weights[..., 0].size,
    )


OPERATORS = (Operator("TRANSPOSE_CONV", "transpose_conv", _shape, _lower),)
