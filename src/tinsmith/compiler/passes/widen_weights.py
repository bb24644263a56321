"""Turns the int8 weights of float32 layers ("dynamic range" models) into float32."""

from __future__ import annotations

import dataclasses

import numpy as np

from tinsmith.compiler.ir import ABSENT, Graph, Node, Tensor

_PRODUCTS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def widen_weights(graph: Graph) -> Graph:
    """The layer then computes with exactly the weights the file stores. (LiteRT also rounds the
    activations of such layers while it runs; here they stay float32.)"""
    nodes = []
    for node in graph.nodes:
        if not _is_hybrid(graph, node):
            nodes.append(node)
            continue
        wide = _widened(graph.tensors[node.inputs[1]])
        graph = dataclasses.replace(graph, tensors=(*graph.tensors, wide))
        inputs = (node.inputs[0], len(graph.tensors) - 1, *node.inputs[2:])
        nodes.append(dataclasses.replace(node, inputs=inputs))
    return graph.with_nodes(tuple(nodes))


def _is_hybrid(graph: Graph, node: Node) -> bool:
    if node.operator not in _PRODUCTS or len(node.inputs) < 2 or ABSENT in node.inputs[:2]:
        return False
    source, weights = (graph.tensors[index] for index in node.inputs[:2])
    return (
        source.dtype == "float32"
        and weights.dtype == "int8"
        and weights.is_constant
        and weights.quantization is not None
    )


def _widened(tensor: Tensor) -> Tensor:
    assert tensor.quantization is not None
    shape = [1] * len(tensor.shape)
    if tensor.quantization.is_per_channel:
        shape[tensor.quantization.axis] = len(tensor.quantization.scale)
    scale = np.array(tensor.quantization.scale, np.float32).reshape(shape)
    zero_point = np.array(tensor.quantization.zero_point, np.int32).reshape(shape)
    steps = np.asarray(tensor.data, np.int32) - zero_point
    data = (steps.astype(np.float32) * scale).astype(np.float32)
    return dataclasses.replace(tensor, dtype="float32", data=data, quantization=None)
