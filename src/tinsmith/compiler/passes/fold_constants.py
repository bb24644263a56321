"""Computes at compile time what depends on constants only."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy.typing as npt

from tinsmith.compiler.ir import ABSENT, Graph, Node
from tinsmith.compiler.operators import OPERATORS, Operation

_READS_SHAPE_ONLY = ("SHAPE", "RANK", "ZEROS_LIKE")
_READS_FIRST_ONLY = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
_MOST_VALUES = 1 << 20  # that a constant may grow to


def fold_constants(graph: Graph) -> Graph:
    """Replaces nodes with constant inputs by their value, where the operator table knows how."""
    kept = []
    for node in graph.nodes:
        values = _values(graph, node)
        if values is None:
            kept.append(node)
            continue
        for index, value in zip(node.outputs, values, strict=True):
            tensor = dataclasses.replace(graph.tensors[index], data=value)
            graph = graph.with_tensor(index, tensor)
    return graph.with_nodes(tuple(kept))


def _values(graph: Graph, node: Node) -> list[npt.NDArray[Any]] | None:
    """Values of all outputs; None where they are not known, too large, or contradict the file,
    which is reported later."""
    operator = OPERATORS.get(node.operator)
    if operator is None or operator.evaluate is None or not _is_known(graph, node):
        return None
    operation = Operation(graph, node)
    targets = [graph.tensors[index] for index in node.outputs]
    shapes = operator.shapes(operation)
    sizes = [graph.tensors[index].size for index in node.inputs if index != ABSENT]
    too_large = sum(target.size for target in targets) > max(_MOST_VALUES, *sizes)
    if too_large or [target.shape for target in targets] != shapes:
        return None
    found = operator.evaluate(operation)
    values = found if isinstance(found, list) else [found]
    return [value.reshape(shape) for value, shape in zip(values, shapes, strict=True)]


def _is_known(graph: Graph, node: Node) -> bool:
    """All that the node's value depends on is known."""
    if not node.inputs or node.operator in _READS_SHAPE_ONLY:
        return bool(node.inputs)
    inputs = node.inputs[:1] if node.operator in _READS_FIRST_ONLY else node.inputs
    return all(index != ABSENT and graph.tensors[index].is_constant for index in inputs)
