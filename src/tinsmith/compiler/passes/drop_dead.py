"""Removes operators whose results nobody uses."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.ir import ABSENT, Graph, Node


def drop_dead(graph: Graph) -> Graph:
    """Keeps what outputs and variables depend on. The shape operand of RESHAPE is no dependency:
    shapes are fixed, so the operators that compute it die here."""
    needed = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if node.outputs and needed.isdisjoint(node.outputs):
            continue
        if node.operator in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"):
            node = dataclasses.replace(node, inputs=node.inputs[:1])
        needed.update(index for index in node.inputs if index != ABSENT)
        kept.append(node)
    return graph.with_nodes(tuple(reversed(kept)))
