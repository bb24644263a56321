"""Lets operators read a variable where it lies, without a copy."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import OPERATORS


def read_in_place(graph: Graph) -> Graph:
    """Exact: only where all who need the value run before the variable changes."""
    for node in graph.nodes:
        if node.operator == "READ_VARIABLE" and _is_removable(graph, node):
            graph = _without(graph, node)
    return graph


def _is_removable(graph: Graph, node: Node) -> bool:
    variable, value = node.inputs[0], node.outputs[0]
    if value in graph.outputs:
        return False
    if graph.tensors[variable].quantization != graph.tensors[value].quantization:
        return False
    users = [index for index, other in enumerate(graph.nodes) if value in other.inputs]
    # A reshape lives in the memory of its input, which a variable has not among the tensors.
    if any(OPERATORS[graph.nodes[index].operator].lower is None for index in users):
        return False
    position = graph.nodes.index(node)
    last = max(users, default=position)
    between = graph.nodes[position + 1 : last + 1]
    return not any(_changes(other, variable) for other in between)


def _changes(node: Node, variable: int) -> bool:
    return node.operator != "READ_VARIABLE" and variable in node.inputs


def _without(graph: Graph, node: Node) -> Graph:
    variable, value = node.inputs[0], node.outputs[0]
    return graph.with_nodes(
        tuple(
            dataclasses.replace(
                other, inputs=tuple(variable if i == value else i for i in other.inputs)
            )
            for other in graph.nodes
            if other is not node
        )
    )
