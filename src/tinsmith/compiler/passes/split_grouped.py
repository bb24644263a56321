"""Tells grouped convolutions from ordinary ones, which have kernels of their own."""

from __future__ import annotations

import dataclasses

import numpy as np

from tinsmith.compiler.ir import ABSENT, Graph, Node, Tensor


def split_grouped(graph: Graph) -> Graph:
    """A CONV_2D with fewer weight channels than input channels becomes a GROUPED_CONV_2D, or a
    DEPTHWISE_CONV_2D where each group has one channel."""
    nodes = []
    for node in graph.nodes:
        if not _is_grouped(graph, node):
            nodes.append(node)
            continue
        if graph.tensors[node.inputs[1]].shape[3] > 1:
            nodes.append(dataclasses.replace(node, operator="GROUPED_CONV_2D"))
            continue
        weights = _transposed(graph.tensors[node.inputs[1]])
        graph = dataclasses.replace(graph, tensors=(*graph.tensors, weights))
        inputs = (node.inputs[0], len(graph.tensors) - 1, *node.inputs[2:])
        nodes.append(dataclasses.replace(node, operator="DEPTHWISE_CONV_2D", inputs=inputs))
    return graph.with_nodes(tuple(nodes))


def _is_grouped(graph: Graph, node: Node) -> bool:
    if node.operator != "CONV_2D" or len(node.inputs) < 2 or ABSENT in node.inputs[:2]:
        return False
    source, weights = (graph.tensors[index] for index in node.inputs[:2])
    if not weights.is_constant or (len(source.shape), len(weights.shape)) != (4, 4):
        return False
    if source.dtype not in ("float32", "int8"):
        return False
    groups, rest = divmod(source.shape[3], weights.shape[3])
    return groups > 1 and rest == 0 and weights.shape[0] % groups == 0


def _transposed(tensor: Tensor) -> Tensor:
    """[outputs, height, width, 1] to [1, height, width, outputs]."""
    data = np.ascontiguousarray(np.asarray(tensor.data).transpose(3, 1, 2, 0))
    quantization = tensor.quantization
    if quantization is not None and quantization.is_per_channel:
        quantization = dataclasses.replace(quantization, axis=3)
    return dataclasses.replace(tensor, shape=data.shape, data=data, quantization=quantization)
