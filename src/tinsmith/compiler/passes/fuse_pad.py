"""Moves padding of height and width into the convolution or pooling that follows."""

from __future__ import annotations

import dataclasses

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import Operation
from tinsmith.compiler.operators.pad import borders
from tinsmith.compiler.operators.window import window_of
from tinsmith.compiler.passes.analysis.padding import PADS, fill_of, fills_with_zero
from tinsmith.compiler.passes.analysis.ranges import Ranges, channel_ranges

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")

Pads = tuple[int, int, int, int]


def fuse_pad(graph: Graph) -> Graph:
    """Exact: convolutions pad with the zero point, and the largest of a window stays the largest
    without values that are no larger than any other.

    An average does not: it divides by the number of pixels inside the image.
    """
    ranges = channel_ranges(graph)
    for node in graph.nodes:
        consumer = _only_consumer(graph, node)
        pads = None if consumer is None else _image_pads(graph, node)
        if consumer is None or pads is None:
            continue
        inputs = (node.inputs[0], *consumer.inputs[1:])
        attributes = {**consumer.attributes, "pads": pads}
        fused = dataclasses.replace(consumer, inputs=inputs, attributes=attributes)
        if not _is_exact(graph, node, fused, ranges):
            continue
        graph = graph.with_nodes(
            tuple(
                fused if other is consumer else other for other in graph.nodes if other is not node
            )
        )
    return graph


def _only_consumer(graph: Graph, node: Node) -> Node | None:
    """The window operator without padding of its own that alone reads a padding's output."""
    if node.operator not in PADS:
        return None
    output = node.outputs[0]
    consumers = graph.consumers(output)
    if len(consumers) != 1 or output in graph.outputs:
        return None
    consumer = consumers[0]
    if consumer.operator not in (*_CONVOLUTIONS, "MAX_POOL_2D") or "pads" in consumer.attributes:
        return None
    is_plain = consumer.attributes["padding"] == "VALID" and consumer.inputs[0] == output
    return consumer if is_plain else None


def _is_exact(graph: Graph, node: Node, fused: Node, ranges: Ranges) -> bool:
    operation = Operation(graph, node)
    if fused.operator in _CONVOLUTIONS:
        return fills_with_zero(operation)
    values = ranges.get(node.inputs[0])
    if values is None or values.low.min() < int(fill_of(operation)):
        return False
    after = Operation(graph, fused)
    kernel = after.number("kernel_height"), after.number("kernel_width")
    window = window_of(after, kernel)
    axes = (window.height, window.width)
    return all(max(axis.before, axis.after) < axis.kernel for axis in axes)


def _image_pads(graph: Graph, node: Node) -> Pads | None:
    """(top, bottom, left, right), or None when batch or channels are padded too."""
    pairs = borders(Operation(graph, node))
    if len(pairs) != 4 or pairs[0] != (0, 0) or pairs[3] != (0, 0):
        return None
    return (*pairs[1], *pairs[2])
