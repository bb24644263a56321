"""Turns operators that would copy a tensor as it lies into reshapes, which cost nothing."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import OPERATORS, Operation

_COPIES = (
    "BROADCAST_TO",
    "CAST",
    "CONCATENATION",
    "DEPTH_TO_SPACE",
    "GATHER",
    "PACK",
    "RESIZE_NEAREST_NEIGHBOR",
    "SLICE",
    "SPACE_TO_DEPTH",
    "SPLIT",
    "SPLIT_V",
    "STRIDED_SLICE",
    "TRANSPOSE",
    "UNPACK",
)


def view_copies(graph: Graph) -> Graph:
    """Transposes of axes of size 1, slices of everything, joins and splits of one part, ..."""
    nodes = []
    for node in graph.nodes:
        source = _copied(graph, node)
        if source is not None:
            node = dataclasses.replace(node, operator="RESHAPE", inputs=(source,), attributes={})
        nodes.append(node)
    return graph.with_nodes(tuple(nodes))


def _copied(graph: Graph, node: Node) -> int | None:
    """The input that the only output repeats byte for byte, if there is one."""
    lower = OPERATORS[node.operator].lower
    if node.operator not in _COPIES or lower is None or len(node.outputs) != 1:
        return None
    calls = lower(Operation(graph, node)).calls
    if len(calls) != 1 or calls[0].function != "tin_strided_copy_run":
        return None
    source, target = graph.tensors[calls[0].inputs[0]], graph.tensors[node.outputs[0]]
    is_whole = calls[0].params["run"] == source.num_bytes == target.num_bytes
    same = (source.dtype, source.quantization) == (target.dtype, target.quantization)
    return calls[0].inputs[0] if is_whole and same and not source.is_constant else None
