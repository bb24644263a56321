"""Computes at compile time what depends on constants only."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.ir import Graph
from tinsmith.compiler.operators import OPERATORS, Operation


def fold_constants(graph: Graph) -> Graph:
    """Replaces nodes with constant inputs by their value, where the operator table knows how."""
    kept = []
    for node in graph.nodes:
        operator = OPERATORS.get(node.operator)
        foldable = operator is not None and operator.evaluate is not None and node.inputs
        if not foldable or not graph.tensors[node.inputs[0]].is_constant:
            kept.append(node)
            continue
        assert operator is not None
        assert operator.evaluate is not None
        operation = Operation(graph, node)
        operator.shape(operation)
        value = operator.evaluate(operation).reshape(operation.output.shape)
        graph = graph.with_tensor(
            node.outputs[0], dataclasses.replace(operation.output, data=value)
        )
    return graph.with_nodes(tuple(kept))
