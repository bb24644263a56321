"""Moves zero padding of height and width into the convolution that follows."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import Operation
from tinsmith.compiler.operators.pad import borders

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def fuse_pad(graph: Graph) -> Graph:
    """Exact: the border is the zero point, which convolutions pad with too."""
    for node in graph.nodes:
        if node.operator != "PAD":
            continue
        convolution = _only_consumer(graph, node)
        pads = _image_pads(graph, node)
        if convolution is None or pads is None:
            continue
        inputs = (node.inputs[0], *convolution.inputs[1:])
        attributes = {**convolution.attributes, "pads": pads}
        fused = dataclasses.replace(convolution, inputs=inputs, attributes=attributes)
        graph = graph.with_nodes(
            tuple(
                fused if other is convolution else other
                for other in graph.nodes
                if other is not node
            )
        )
    return graph


def _only_consumer(graph: Graph, node: Node) -> Node | None:
    """The convolution without padding of its own that alone reads the node's output."""
    output = node.outputs[0]
    consumers = graph.consumers(output)
    if len(consumers) != 1 or output in graph.outputs:
        return None
    consumer = consumers[0]
    if consumer.operator not in _CONVOLUTIONS or "pads" in consumer.attributes:
        return None
    is_plain = consumer.attributes["padding"] == "VALID" and consumer.inputs[0] == output
    return consumer if is_plain else None


def _image_pads(graph: Graph, node: Node) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right), or None when batch or channels are padded too."""
    pairs = borders(Operation(graph, node))
    if len(pairs) != 4 or pairs[0] != (0, 0) or pairs[3] != (0, 0):
        return None
    return (*pairs[1], *pairs[2])
