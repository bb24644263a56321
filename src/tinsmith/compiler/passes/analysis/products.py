"""Convolutions and dense layers of int8 by outputs, taps and input channels."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from tinsmith.compiler.ir import ABSENT, Graph, Node
from tinsmith.compiler.operators import Operation
from tinsmith.compiler.operators.window import window_of

PRODUCTS = ("CONV_2D", "FULLY_CONNECTED")
"""Operators whose outputs each read all input channels."""


def is_int8(graph: Graph, node: Node) -> bool:
    """First input, first output and, where there are any, weights are int8."""
    if not node.outputs or node.inputs[:1] in ((), (ABSENT,)):
        return False
    operation = Operation(graph, node)
    tensors = [operation.input(), operation.output]
    if node.operator in (*PRODUCTS, "DEPTHWISE_CONV_2D"):
        tensors.append(operation.input(1))
    return all(tensor.dtype == "int8" for tensor in tensors)


def product_view(graph: Graph, node: Node) -> npt.NDArray[Any] | None:
    """Weights of an int8 convolution or dense layer as [outputs, taps, input channels].

    A dense layer that reads a flattened image has one tap for each pixel. None for any other
    operator, for convolutions in groups, and where rows of weights and channels do not line up.
    """
    if node.operator not in PRODUCTS or not is_int8(graph, node):
        return None
    operation = Operation(graph, node)
    weights, source = operation.constant(1, "weights"), operation.input()
    channels = source.shape[-1] if source.shape else 1
    num_outputs, depth = weights.shape[0], weights[0].size
    is_grouped = node.operator == "CONV_2D" and weights.shape[3] != channels
    fits = depth % channels == 0 and operation.output.shape[-1:] == (num_outputs,)
    fits = fits and not is_grouped
    return weights.reshape(num_outputs, depth // channels, channels) if fits else None


def has_padding(graph: Graph, node: Node) -> bool:
    """Some window of the (depthwise) convolution reaches over the border."""
    if node.operator == "FULLY_CONNECTED":
        return False
    operation = Operation(graph, node)
    window = window_of(operation, operation.constant(1, "weights").shape[1:3])
    return any(axis.before or axis.after for axis in (window.height, window.width))
