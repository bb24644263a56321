"""Removes operators that hand on their input unchanged."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from tinsmith.compiler.ir import Graph, Node, Tensor
from tinsmith.compiler.operators import Operation
from tinsmith.compiler.operators.pad import borders
from tinsmith.compiler.passes.analysis.padding import PADS
from tinsmith.compiler.passes.analysis.ranges import lookup_table

_CLAMPING = (
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "ADD",
    "SUB",
    "MUL",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
)


def drop_identities(graph: Graph) -> Graph:
    """Exact, for every input; what is a model's input and its output at once stays."""
    step = 0
    while step < len(graph.nodes):
        shorter = _without(graph, graph.nodes[step])
        step += 1 if shorter is graph else 0
        graph = shorter
    return graph


def _handed_on(graph: Graph, node: Node) -> int | None:
    """The input that the only output equals, or None."""
    rule = _RULES.get(node.operator, _is_plain_table)
    if len(node.outputs) != 1 or not node.inputs:
        return None
    position = rule(Operation(graph, node))
    if position is None:
        return None
    source = node.inputs[position]
    same = _meaning(graph.tensors[source]) == _meaning(graph.tensors[node.outputs[0]])
    return source if same and not graph.tensors[source].is_constant else None


def _meaning(tensor: Tensor) -> tuple[object, ...]:
    kind = tensor.quantization if tensor.dtype != "float32" else None
    return tensor.shape, tensor.dtype, kind and (kind.scale, kind.zero_point)


def _without(graph: Graph, node: Node) -> Graph:
    """The same graph where the node has to stay."""
    source = _handed_on(graph, node)
    if source is None:
        return graph
    target = node.outputs[0]
    rest = graph.with_nodes(tuple(other for other in graph.nodes if other is not node))
    if target not in graph.outputs:
        return _renamed(rest, target, source)
    if graph.producer(source) is None or source in graph.outputs:
        return graph
    return _renamed(rest, source, target)


def _renamed(graph: Graph, old: int, new: int) -> Graph:
    def rename(indices: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(new if index == old else index for index in indices)

    return graph.with_nodes(
        tuple(
            dataclasses.replace(node, inputs=rename(node.inputs), outputs=rename(node.outputs))
            for node in graph.nodes
        )
    )


def _is_plain_table(operation: Operation) -> int | None:
    """Activations and requantisations of int8 whose table says 'as it was' 256 times."""
    table = lookup_table(operation)
    plain = table is not None and np.array_equal(table, np.arange(-128, 128))
    return 0 if plain else None


def _is_empty_border(operation: Operation) -> int | None:
    return 0 if not np.any(borders(operation)) else None


def _is_single(operation: Operation) -> int | None:
    return 0 if len(operation.node.inputs) == 1 else None


def _neutral(value: float, *, either_side: bool) -> Callable[[Operation], int | None]:
    """float32 arithmetic with a constant that changes no bit.

    The operators limit their results to finite numbers; that changes nothing either where what
    made the input has done so already.
    """
    neutral = np.float32(value).tobytes()

    def rule(operation: Operation) -> int | None:
        if operation.output.dtype != "float32" or operation.text("activation") != "NONE":
            return None
        for position in (0, 1) if either_side else (0,):
            producer = operation.graph.producer(operation.node.inputs[position])
            other = operation.input(1 - position).data
            if producer is None or producer.operator not in _CLAMPING or other is None:
                continue
            if all(item.tobytes() == neutral for item in other.ravel()):
                return position
        return None

    return rule


_RULES: dict[str, Callable[[Operation], int | None]] = {
    "RESHAPE": lambda _: 0,
    **dict.fromkeys(PADS, _is_empty_border),
    "CONCATENATION": _is_single,
    "MUL": _neutral(1.0, either_side=True),
    "ADD": _neutral(-0.0, either_side=True),  # -0 + 0 would be 0
    "SUB": _neutral(0.0, either_side=False),
}
