"""Turns a chain of transposes into one, and those that move no value into reshapes."""

from __future__ import annotations

import dataclasses

import numpy as np

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import Operation

Axes = tuple[int, ...]


def merge_transposes(graph: Graph) -> Graph:
    """Exact. A transpose that only moves axes of size 1 keeps the order of values in memory."""
    makers: dict[int, tuple[int, Axes]] = {}
    nodes = []
    for node in graph.nodes:
        if node.operator == "TRANSPOSE" and graph.tensors[node.inputs[1]].is_constant:
            source, axes = _merged(graph, node, makers)
            makers[node.outputs[0]] = source, axes
            graph, node = _rewritten(graph, node, source, axes)
        nodes.append(node)
    return graph.with_nodes(tuple(nodes))


def _merged(graph: Graph, node: Node, makers: dict[int, tuple[int, Axes]]) -> tuple[int, Axes]:
    """Where the values come from, and the axis of it that each output axis is."""
    operation = Operation(graph, node)
    rank = len(operation.input().shape)
    permutation = operation.constant(1, "permutation").ravel()
    axes = tuple(int(axis) % rank for axis in permutation)
    if node.inputs[0] not in makers:
        return node.inputs[0], axes
    source, before = makers[node.inputs[0]]
    return source, tuple(before[axis] for axis in axes)


def _rewritten(graph: Graph, node: Node, source: int, axes: Axes) -> tuple[Graph, Node]:
    shape = graph.tensors[source].shape
    moved = [axis for axis in axes if shape[axis] > 1]
    if moved == sorted(moved):
        reshape = dataclasses.replace(node, operator="RESHAPE", inputs=(source,), attributes={})
        return graph, reshape
    if source == node.inputs[0]:
        return graph, node
    data = np.array(axes, np.int32)
    permutation = dataclasses.replace(
        graph.tensors[node.inputs[1]], shape=data.shape, dtype="int32", data=data
    )
    wider = dataclasses.replace(graph, tensors=(*graph.tensors, permutation))
    return wider, dataclasses.replace(node, inputs=(source, len(graph.tensors)))
