"""Which int8 values each channel can take, whatever the network's input: interval analysis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler import fixedpoint
from tinsmith.compiler.ir import ABSENT, Graph, Tensor
from tinsmith.compiler.operators import OPERATORS, Operation
from tinsmith.compiler.operators.pad import borders
from tinsmith.compiler.operators.product import int8_output_fields, requantization
from tinsmith.compiler.passes.analysis.padding import PADS, fill_of
from tinsmith.compiler.passes.analysis.products import (
    PRODUCTS,
    has_padding,
    is_int8,
    product_view,
)
from tinsmith.core.cvalue import Array

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Range:
    """Smallest and largest value of each channel, both included: [channels]."""

    low: Integers
    high: Integers

    @property
    def is_constant(self) -> npt.NDArray[np.bool_]:
        """Channels with the same value at every pixel for every input."""
        return np.equal(self.low, self.high)

    def with_value(self, value: int) -> Range:
        """The smallest range that also holds `value`."""
        return Range(np.minimum(self.low, value), np.maximum(self.high, value))

    def clamped(self, minimum: int, maximum: int) -> Range:
        """After limiting to [minimum, maximum]."""
        return Range(self.low.clip(minimum, maximum), self.high.clip(minimum, maximum))


Ranges = dict[int, Range]


def channel_ranges(graph: Graph) -> Ranges:
    """The range of every int8 tensor that is computed or given, by tensor index.

    Channels are the last axis. Inputs take all int8 values. An operator without a rule here makes
    all int8 values.
    """
    ranges = {
        index: _any_value(graph.tensors[index])
        for index in graph.inputs
        if graph.tensors[index].dtype == "int8"
    }
    for node in graph.nodes:
        for index in node.outputs:
            if graph.tensors[index].dtype == "int8":
                ranges[index] = _any_value(graph.tensors[index])
        if all(index in ranges for index in (*node.inputs[:1], *node.outputs[:1])):
            found = _range_of(Operation(graph, node), ranges)
            if found is not None:
                ranges[node.outputs[0]] = found
    return ranges


def _any_value(tensor: Tensor) -> Range:
    channels = tensor.shape[-1] if tensor.shape else 1
    return _spread(-128, 127, channels)


def _spread(low: int, high: int, channels: int) -> Range:
    return Range(np.full(channels, low, np.int64), np.full(channels, high, np.int64))


def _range_of(operation: Operation, ranges: Ranges) -> Range | None:
    """None: any value."""
    if not is_int8(operation.graph, operation.node):
        return None
    return _RULES.get(operation.node.operator, _table)(operation, ranges)


def _product(operation: Operation, ranges: Ranges) -> Range | None:
    graph, node = operation.graph, operation.node
    view = product_view(graph, node)
    if view is None:
        return None
    wide = view.astype(np.int64)
    source = _seen_through_window(operation, ranges)
    rising, falling = wide.clip(min=0).sum(axis=1), wide.clip(max=0).sum(axis=1)
    low = rising @ source.low + falling @ source.high
    high = rising @ source.high + falling @ source.low
    flat = wide.reshape(len(wide), -1)
    return _requantized(operation, Range(low, high), flat)


def _depthwise(operation: Operation, ranges: Ranges) -> Range | None:
    wide = operation.constant(1, "weights").astype(np.int64)
    outputs = wide.shape[3]
    taps = wide.reshape(-1, outputs)
    source = _seen_through_window(operation, ranges)
    multiplier = outputs // len(source.low)
    low, high = (np.repeat(bound, multiplier) for bound in (source.low, source.high))
    rising, falling = taps.clip(min=0).sum(axis=0), taps.clip(max=0).sum(axis=0)
    sums = Range(rising * low + falling * high, rising * high + falling * low)
    return _requantized(operation, sums, taps.T)


def _seen_through_window(operation: Operation, ranges: Ranges) -> Range:
    """Where windows reach over the border, they see the zero point there."""
    source = ranges[operation.node.inputs[0]]
    padded = has_padding(operation.graph, operation.node)
    return source.with_value(operation.input().zero_point) if padded else source


def _requantized(operation: Operation, sums: Range, weights: Integers) -> Range:
    """Outputs for sums of w x, with the very constants the kernel will use."""
    struct = requantization(operation, weights)
    bias, multiplier, shift = (_values(struct[name]) for name in ("bias", "multiplier", "shift"))
    zero_point, minimum, maximum = (_int(struct[n]) for n in ("zero_point", "minimum", "maximum"))
    found = _spread(minimum, maximum, len(bias))
    for channel, (low, high) in enumerate(zip(sums.low + bias, sums.high + bias, strict=True)):
        factor = channel % len(multiplier)
        ends = (int(low), int(high))
        if not _is_monotone(ends, int(shift[factor])):
            continue
        outputs = [
            fixedpoint.requantize(end, int(multiplier[factor]), int(shift[factor])) + zero_point
            for end in ends
        ]
        found.low[channel], found.high[channel] = np.clip(outputs, minimum, maximum)
    return found


def _is_monotone(ends: tuple[int, int], shift: int) -> bool:
    """No sum in between wraps around 32 bits, before or after an upward shift."""
    limits = fixedpoint.INT32_MIN, fixedpoint.INT32_MAX
    return all(limits[0] <= end << max(shift, 0) <= limits[1] for end in ends)


def _values(value: object) -> npt.NDArray[Any]:
    assert isinstance(value, Array)
    return value.values


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _pool(operation: Operation, ranges: Ranges) -> Range | None:
    """Windows leave the border out, and the rounded average of equal values is that value."""
    return ranges[operation.node.inputs[0]].clamped(*_limits(operation))


def _limits(operation: Operation) -> tuple[int, int]:
    """Of the output, with its fused activation."""
    fields = dict(int8_output_fields(operation))
    return _int(fields["minimum"]), _int(fields["maximum"])


def _pad(operation: Operation, ranges: Ranges) -> Range | None:
    source = ranges[operation.node.inputs[0]]
    *outer, channels = borders(operation)
    if channels != (0, 0):
        return None
    if not any(map(any, outer)):
        return source
    return source.with_value(int(fill_of(operation)))


def _reshape(operation: Operation, ranges: Ranges) -> Range | None:
    source = ranges[operation.node.inputs[0]]
    before, after = len(source.low), operation.output.shape[-1] if operation.output.shape else 1
    if after % before == 0:
        return Range(np.tile(source.low, after // before), np.tile(source.high, after // before))
    if before % after == 0:
        low, high = source.low.reshape(-1, after), source.high.reshape(-1, after)
        return Range(low.min(axis=0), high.max(axis=0))
    return None


def _concatenation(operation: Operation, ranges: Ranges) -> Range | None:
    if any(index not in ranges for index in operation.node.inputs):
        return None
    parts = [ranges[index] for index in operation.node.inputs]
    rank = len(operation.output.shape)
    if operation.number("axis") % rank == rank - 1:
        low, high = ([getattr(part, end) for part in parts] for end in ("low", "high"))
        return Range(np.concatenate(low), np.concatenate(high))
    low, high = ([getattr(part, end) for part in parts] for end in ("low", "high"))
    return Range(np.min(low, axis=0), np.max(high, axis=0))


def _zero_stays_zero(operation: Operation, ranges: Ranges) -> Range | None:
    """A channel at the input's zero point comes out at the output's; others take any value."""
    source = ranges[operation.node.inputs[0]]
    channels = operation.output.shape[-1] if operation.output.shape else 1
    if channels != len(source.low):
        return None
    return _zero_where(_is_zero(source, operation.input()), operation.output, (-128, 127))


def _sum(operation: Operation, ranges: Ranges) -> Range | None:
    return _combined(operation, ranges, np.logical_and)


def _factors(operation: Operation, ranges: Ranges) -> Range | None:
    return _combined(operation, ranges, np.logical_or)


def _combined(
    operation: Operation,
    ranges: Ranges,
    combine: Callable[..., npt.NDArray[np.bool_]],
) -> Range | None:
    zeros = []
    for position in range(2):
        index, tensor = operation.node.inputs[position], operation.input(position)
        if tensor.is_variable:
            zeros.append(np.zeros(tensor.shape[-1] if tensor.shape else 1, np.bool_))
        elif index not in ranges:
            values = np.asarray(tensor.data)
            channels = values.reshape(-1, tensor.shape[-1] if tensor.shape else 1)
            zeros.append((channels == tensor.zero_point).all(axis=0))
        else:
            zeros.append(_is_zero(ranges[index], tensor))
    channels_out = operation.output.shape[-1] if operation.output.shape else 1
    both = np.broadcast_to(combine(*zeros), (channels_out,))
    return _zero_where(both, operation.output, _limits(operation))


def _is_zero(values: Range, tensor: Tensor) -> npt.NDArray[np.bool_]:
    at_zero: npt.NDArray[np.bool_] = values.low == tensor.zero_point
    return at_zero & values.is_constant


def _zero_where(is_zero: npt.NDArray[np.bool_], tensor: Tensor, limits: tuple[int, int]) -> Range:
    zero = min(max(tensor.zero_point, limits[0]), limits[1])
    return Range(np.where(is_zero, zero, limits[0]), np.where(is_zero, zero, limits[1]))


def lookup_table(operation: Operation) -> npt.NDArray[np.int64] | None:
    """The output for each int8 input from -128 on, of operators that are nothing but a table."""
    lower = OPERATORS[operation.node.operator].lower
    if lower is None or not is_int8(operation.graph, operation.node):
        return None
    if len([index for index in operation.node.inputs if index != ABSENT]) != 1:
        return None
    calls = lower(operation).calls
    if len(calls) != 1 or calls[0].params.type != "tin_lookup_s8":
        return None
    return _values(calls[0].params["table"]).astype(np.int64)


def _table(operation: Operation, ranges: Ranges) -> Range | None:
    table = lookup_table(operation)
    if table is None:
        return None
    source = ranges[operation.node.inputs[0]]
    spans = [
        table[low + 128 : high + 129]
        for low, high in zip(source.low.tolist(), source.high.tolist(), strict=True)
    ]
    return Range(np.array([span.min() for span in spans]), np.array([span.max() for span in spans]))


_RULES: dict[str, Callable[[Operation, Ranges], Range | None]] = {
    **dict.fromkeys(PRODUCTS, _product),
    **dict.fromkeys(("MAX_POOL_2D", "AVERAGE_POOL_2D"), _pool),
    **dict.fromkeys(PADS, _pad),
    **dict.fromkeys(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"), _reshape),
    **dict.fromkeys(("ADD", "SUB"), _sum),
    "DEPTHWISE_CONV_2D": _depthwise,
    "CONCATENATION": _concatenation,
    "MEAN": _zero_stays_zero,
    "MUL": _factors,
}
