"""Which channels must stay: those something reads, found backwards from the outputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import ABSENT, Graph, Node, Tensor
from tinsmith.compiler.operators import Operation
from tinsmith.compiler.operators.pad import borders
from tinsmith.compiler.passes.analysis.padding import PADS
from tinsmith.compiler.passes.analysis.products import has_padding, is_int8, product_view
from tinsmith.compiler.passes.analysis.ranges import Ranges, lookup_table

Mask = npt.NDArray[np.bool_]
Kept = dict[int, Mask]
Groups = dict[int, npt.NDArray[np.int64]]
"""By tensor, a number for each channel; channels with one number stay or go together."""


def kept_channels(graph: Graph, ranges: Ranges, granule: int) -> Kept:
    """By tensor index, the channels (last axis) that stay.

    Grows from what must stay until nothing changes, so that what is left out is read by nobody.
    At least one channel of a tensor stays.

    Args:
        ranges: Of the same graph.
        granule: Convolutions keep a multiple of so many outputs, or all.
    """
    kept = {index: np.zeros(_channels(graph.tensors[index]), np.bool_) for index in graph.inputs}
    for node in graph.nodes:
        for index in node.outputs:
            kept[index] = np.zeros(_channels(graph.tensors[index]), np.bool_)
    for index in (*graph.inputs, *graph.outputs):
        kept[index][:] = True
    links = [_link(graph, node, ranges) for node in graph.nodes]
    while True:
        _grow(links, kept)
        if not _round_up(graph, kept, granule):
            return kept


def _channels(tensor: Tensor) -> int:
    return tensor.shape[-1] if tensor.shape else 1


Link = Callable[[Kept], None]
"""Marks more channels of one node's tensors as kept."""


def _grow(links: list[Link], kept: Kept) -> None:
    count = -1
    while count != (count := sum(int(mask.sum()) for mask in kept.values())):
        for link in reversed(links):
            link(kept)


def _link(graph: Graph, node: Node, ranges: Ranges) -> Link:
    view = product_view(graph, node)
    if view is not None and node.inputs[0] in ranges:
        foldable = _foldable(graph, node, ranges)
        reads = np.count_nonzero(view, axis=1) > 0
        return lambda kept: _read(kept, node, reads, foldable)
    groups = channel_groups(graph, node)
    if groups is not None:
        return lambda kept: _unite(kept, groups)
    return lambda kept: _keep_all(kept, node)


def _read(kept: Kept, node: Node, reads: Mask, foldable: Mask) -> None:
    source, target = node.inputs[0], node.outputs[0]
    kept[source] |= reads[kept[target]].any(axis=0) & ~foldable


def _unite(kept: Kept, groups: Groups) -> None:
    stays = np.zeros(1 + max(int(numbers.max()) for numbers in groups.values()), np.bool_)
    for index, numbers in groups.items():
        if index in kept:
            stays[numbers[kept[index]]] = True
    for index, numbers in groups.items():
        if index in kept:
            kept[index] |= stays[numbers]


def _keep_all(kept: Kept, node: Node) -> None:
    for index in (*node.inputs, *node.outputs):
        if index in kept:
            kept[index][:] = True


def _foldable(graph: Graph, node: Node, ranges: Ranges) -> Mask:
    """Input channels whose contribution is one number for every output pixel.

    A border is at the zero point, so a window over it sees a constant channel twice: folding is
    exact only where the constant is the zero point too.
    """
    source = node.inputs[0]
    values = ranges[source]
    if not has_padding(graph, node):
        return values.is_constant
    at_zero: Mask = values.low == graph.tensors[source].zero_point
    return values.is_constant & at_zero


def _round_up(graph: Graph, kept: Kept, granule: int) -> bool:
    """Keeps more outputs of the first layer with an odd number of them; whether there was one."""
    for node in graph.nodes:
        view = product_view(graph, node)
        if view is None:
            continue
        mask = kept[node.outputs[0]]
        count = int(mask.sum())
        missing = min(_fewest(graph, node, count, granule), len(mask)) - count
        if missing > 0:
            dead = np.flatnonzero(~mask)
            cheapest = np.argsort(np.count_nonzero(view[dead], axis=(1, 2)), kind="stable")
            mask[dead[cheapest[:missing]]] = True
            return True
    return False


def _fewest(graph: Graph, node: Node, count: int, granule: int) -> int:
    """Smallest allowed number of outputs from `count` on.

    The format computes the factor of a dense layer in another way when there is a single scale, so
    one with a scale for each output keeps two.
    """
    quantization = graph.tensors[node.inputs[1]].quantization
    is_dense = node.operator == "FULLY_CONNECTED"
    least = 2 if is_dense and quantization is not None and quantization.is_per_channel else 1
    return max(-(-count // granule) * granule, granule, least)


def channel_groups(graph: Graph, node: Node) -> Groups | None:
    """Which channels of a node's tensors belong together; None where all of them must stay.

    Constants are included where they have a value for each channel.
    """
    rule = _GROUPS.get(node.operator, _as_table)
    operation = Operation(graph, node)
    return rule(operation) if is_int8(graph, node) else None


def _same(operation: Operation) -> Groups | None:
    source, target = operation.input(), operation.output
    if _channels(source) != _channels(target):
        return None
    numbers = np.arange(_channels(source))
    return {operation.node.inputs[0]: numbers, operation.node.outputs[0]: numbers}


def _as_table(operation: Operation) -> Groups | None:
    return None if lookup_table(operation) is None else _same(operation)


def _pad(operation: Operation) -> Groups | None:
    return _same(operation) if borders(operation)[-1:] == ((0, 0),) else None


def _mean(operation: Operation) -> Groups | None:
    rank = len(operation.input().shape)
    axes = {int(axis) % rank for axis in operation.constant(1, "axes").ravel()}
    return _same(operation) if rank - 1 not in axes else None


def _depthwise(operation: Operation) -> Groups | None:
    before, after = _channels(operation.input()), _channels(operation.output)
    numbers = np.repeat(np.arange(before), after // before)
    found = {operation.node.inputs[0]: np.arange(before), operation.node.outputs[0]: numbers}
    return found | {index: numbers for index in operation.node.inputs[1:3] if index != ABSENT}


def _reshape(operation: Operation) -> Groups | None:
    """Flattening puts the channels of one pixel after those of another."""
    before, after = _channels(operation.input()), _channels(operation.output)
    fewer = min(before, after)
    if max(before, after) % fewer:
        return None
    return {
        operation.node.inputs[0]: np.arange(before) % fewer,
        operation.node.outputs[0]: np.arange(after) % fewer,
    }


def _arithmetic(operation: Operation) -> Groups | None:
    channels = _channels(operation.output)
    numbers = np.arange(channels)
    found = {operation.node.outputs[0]: numbers}
    for position in range(2):
        index, tensor = operation.node.inputs[position], operation.input(position)
        if _channels(tensor) == channels:
            found[index] = numbers
        elif not tensor.is_constant:
            return None
    return found


def _concatenation(operation: Operation) -> Groups | None:
    inputs, rank = operation.node.inputs, len(operation.output.shape)
    tensors = [operation.graph.tensors[index] for index in inputs]
    is_plain = len(set(inputs)) == len(inputs) and not any(t.is_constant for t in tensors)
    if not is_plain:
        return None
    found = {operation.node.outputs[0]: np.arange(_channels(operation.output))}
    start = 0
    for index, tensor in zip(inputs, tensors, strict=True):
        found[index] = start + np.arange(_channels(tensor))
        if operation.number("axis") % rank == rank - 1:
            start += _channels(tensor)
    return found


_GROUPS: dict[str, Callable[[Operation], Groups | None]] = {
    **dict.fromkeys(("MAX_POOL_2D", "AVERAGE_POOL_2D"), _same),
    **dict.fromkeys(PADS, _pad),
    **dict.fromkeys(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"), _reshape),
    **dict.fromkeys(("ADD", "SUB", "MUL"), _arithmetic),
    "DEPTHWISE_CONV_2D": _depthwise,
    "CONCATENATION": _concatenation,
    "MEAN": _mean,
}
