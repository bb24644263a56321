"""Graphs to look inside a network: every layer's result as an output, every layer by itself."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import OPERATORS

_TYPES = ("float32", "int8", "int16")


def layers(graph: Graph) -> tuple[Node, ...]:
    """The nodes whose result can be looked at: one tensor of numbers, computed, not reshaped."""
    return tuple(
        node
        for node in graph.nodes
        if OPERATORS[node.operator].lower is not None
        and len(node.outputs) == 1
        and graph.tensors[node.outputs[0]].dtype in _TYPES
    )


def tap_layers(graph: Graph) -> Graph:
    """The outputs are what the layers compute, in order."""
    return dataclasses.replace(graph, outputs=tuple(node.outputs[0] for node in layers(graph)))


def cut_layers(graph: Graph) -> Graph:
    """Every layer reads inputs of its own instead of what another layer computes.

    Inputs are those of the graph, then one for each layer of `fed_layers`, in that order; outputs
    are those of `tap_layers`.
    """
    tensors = list(graph.tensors)
    instead: dict[int, int] = {}
    for node in fed_layers(graph):
        instead[node.outputs[0]] = len(tensors)
        tensors.append(graph.tensors[node.outputs[0]])
    nodes = tuple(
        dataclasses.replace(node, inputs=tuple(instead.get(index, index) for index in node.inputs))
        for node in graph.nodes
    )
    return dataclasses.replace(
        tap_layers(graph),
        tensors=tuple(tensors),
        nodes=nodes,
        inputs=(*graph.inputs, *instead.values()),
    )


def fed_layers(graph: Graph) -> tuple[Node, ...]:
    """The layers whose result another node reads."""
    return tuple(node for node in layers(graph) if graph.consumers(node.outputs[0]))
