"""Turns a chain of reshapes into one."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.ir import Graph, Node

_RESHAPES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")


def merge_reshapes(graph: Graph) -> Graph:
    """Exact: a reshape changes no value, so the last one may start from the first one's input."""
    makers: dict[int, Node] = {}
    nodes = []
    for node in graph.nodes:
        if node.operator in _RESHAPES:
            before = makers.get(node.inputs[0])
            source = before.inputs[0] if before else node.inputs[0]
            node = dataclasses.replace(node, operator="RESHAPE", inputs=(source,), attributes={})
            makers[node.outputs[0]] = node
        nodes.append(node)
    return graph.with_nodes(tuple(nodes))
