"""Moves a RELU into the operator that feeds it."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.ir import Graph, Node, Tensor

_ACTIVATIONS = ("RELU", "RELU6", "RELU_N1_TO_1")


def fuse_activation(graph: Graph) -> Graph:
    """Exact: only where the activation changes neither scale nor zero point."""
    for node in graph.nodes:
        producer = _fusable(graph, node)
        if producer is None:
            continue
        attributes = {**producer.attributes, "activation": node.operator}
        fused = dataclasses.replace(producer, outputs=node.outputs, attributes=attributes)
        graph = graph.with_nodes(
            tuple(
                fused if other is producer else other for other in graph.nodes if other is not node
            )
        )
    return graph


def _fusable(graph: Graph, node: Node) -> Node | None:
    if node.operator not in _ACTIVATIONS:
        return None
    source = node.inputs[0]
    producer = graph.producer(source)
    if producer is None or producer.attributes.get("activation") != "NONE":
        return None
    if producer.operator == "CONCATENATION":
        return None
    if len(graph.consumers(source)) != 1 or source in graph.outputs:
        return None
    same = _meaning(graph.tensors[source]) == _meaning(graph.tensors[node.outputs[0]])
    return producer if same else None


def _meaning(tensor: Tensor) -> tuple[object, ...]:
    if tensor.dtype == "float32":
        return ("float32",)
    return (tensor.dtype, tensor.scale, tensor.zero_point)
