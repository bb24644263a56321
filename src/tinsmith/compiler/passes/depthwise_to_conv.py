"""Turns a depthwise convolution of a single channel into the ordinary convolution it is."""

from __future__ import annotations

import dataclasses

import numpy as np

from tinsmith.compiler.ir import Graph, Node, Tensor


def depthwise_to_conv(graph: Graph) -> Graph:
    """With one input channel both compute the same sums; the ordinary kernel shares each window
    between the outputs."""
    nodes = []
    for node in graph.nodes:
        if _is_convolution(graph, node):
            weights = _transposed(graph.tensors[node.inputs[1]])
            graph = dataclasses.replace(graph, tensors=(*graph.tensors, weights))
            nodes.append(_as_conv(node, len(graph.tensors) - 1))
        else:
            nodes.append(node)
    return graph.with_nodes(tuple(nodes))


def _is_convolution(graph: Graph, node: Node) -> bool:
    source = graph.tensors[node.inputs[0]]
    # With int16 values the two round differently.
    return node.operator == "DEPTHWISE_CONV_2D" and source.shape[3] == 1 and source.dtype != "int16"


def _as_conv(node: Node, weights: int) -> Node:
    inputs = (node.inputs[0], weights, *node.inputs[2:])
    return dataclasses.replace(node, operator="CONV_2D", inputs=inputs)


def _transposed(tensor: Tensor) -> Tensor:
    """[1, height, width, outputs] to [outputs, height, width, 1]."""
    data = np.ascontiguousarray(np.asarray(tensor.data).transpose(3, 1, 2, 0))
    quantization = tensor.quantization
    if quantization is not None:
        quantization = dataclasses.replace(quantization, axis=0)
    return dataclasses.replace(tensor, shape=data.shape, data=data, quantization=quantization)
