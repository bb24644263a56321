"""Turns two paddings with one value into one."""

from __future__ import annotations

import dataclasses

import numpy as np

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import Operation
from tinsmith.compiler.operators.pad import borders
from tinsmith.compiler.passes.analysis.padding import PADS, fill_of, same_number


def merge_pads(graph: Graph) -> Graph:
    """Exact: the borders add up."""
    makers: dict[int, Node] = {}
    nodes = []
    for node in graph.nodes:
        if node.operator in PADS:
            before = makers.get(node.inputs[0])
            if before is not None and _same_fill(graph, before, node):
                graph, node = _added(graph, before, node)
            makers[node.outputs[0]] = node
        nodes.append(node)
    return graph.with_nodes(tuple(nodes))


def _same_fill(graph: Graph, first: Node, second: Node) -> bool:
    fills = (fill_of(Operation(graph, node)) for node in (first, second))
    return same_number(*fills)


def _added(graph: Graph, first: Node, second: Node) -> tuple[Graph, Node]:
    inner, outer = (np.array(borders(Operation(graph, node))) for node in (first, second))
    data = (inner + outer).astype(np.int32)
    like = graph.tensors[second.inputs[1]]
    paddings = dataclasses.replace(like, shape=data.shape, dtype="int32", data=data)
    wider = dataclasses.replace(graph, tensors=(*graph.tensors, paddings))
    inputs = (first.inputs[0], len(graph.tensors), *second.inputs[2:])
    return wider, dataclasses.replace(second, inputs=inputs)
