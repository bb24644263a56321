"""Operators that only move values, as strided copies: one kernel for all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape, Tensor
from tinsmith.compiler.operators.base import (
    SUFFIXES,
    KernelCall,
    Lowering,
    Operation,
    Operator,
    simple_lowering,
)
from tinsmith.core.cvalue import Array, Struct

MOVABLE = tuple(SUFFIXES)
"""Element types that operators which only move values take."""

_SHORT = 8  # turns of an innermost loop
_MAX_STRIDES = 7  # TIN_STRIDED_COPY_OUTER and the innermost one
_MAX_RUNS = 1 << 20  # of a copy that is followed run by run to see what may overlap


@dataclass(frozen=True)
class Stride:
    """One axis of a copy: its size, and elements from index to index on either side."""

    size: int
    source: int
    target: int


@dataclass(frozen=True)
class Copy:
    """Values of one input that go to one output.

    Args:
        strides: Outermost first, in the order the output is to be written.
        source_offset, target_offset: Elements before the first value on either side.
        source: Which input.
        target: Which output.
    """

    strides: tuple[Stride, ...]
    source_offset: int = 0
    target_offset: int = 0
    source: int = 0
    target: int = 0

    def merged(self) -> Copy:
        """The same copy with as few axes as possible."""
        kept: list[Stride] = []
        for stride in self.strides:
            if stride.size == 1:
                continue
            if kept and (kept[-1].source, kept[-1].target) == (
                stride.size * stride.source,
                stride.size * stride.target,
            ):
                stride = Stride(kept.pop().size * stride.size, stride.source, stride.target)
            kept.append(stride)
        return Copy(tuple(kept), self.source_offset, self.target_offset, self.source, self.target)

    def places(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Element numbers on either side, in the order of the walk."""
        source = np.array([self.source_offset], np.int64)
        target = np.array([self.target_offset], np.int64)
        for stride in self.strides:
            steps = np.arange(stride.size, dtype=np.int64)
            source = np.add.outer(source, steps * stride.source).ravel()
            target = np.add.outer(target, steps * stride.target).ravel()
        return source, target


def steps_of(shape: Sequence[int]) -> tuple[int, ...]:
    """Elements from one index to the next, along each axis of a dense tensor."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def dense(sizes: Sequence[int], sources: Sequence[int], offset: int = 0, **place: int) -> Copy:
    """A copy to a dense output with axes of `sizes`, which lie `sources` apart in the input."""
    strides = map(Stride, sizes, sources, steps_of(sizes))
    return Copy(tuple(strides), offset, **place)


def require_unchanged(operation: Operation, *tensors: Tensor) -> None:
    """All tensors have one type, and mean the same by the same integer."""
    if operation.require_types(*tensors, types=MOVABLE) == "float32":
        return
    meanings = {
        None if tensor.quantization is None else (tensor.scale, tensor.zero_point)
        for tensor in tensors
        if not tensor.is_constant or tensor.quantization is not None
    }
    if len(meanings) > 1 or any(t.quantization and t.quantization.is_per_channel for t in tensors):
        listed = ", ".join(f"{tensor.name!r} {_meaning(tensor)}" for tensor in tensors)
        raise operation.reject(
            f"changes scale or zero point: {listed}; expected the same everywhere"
        )


def _meaning(tensor: Tensor) -> str:
    if tensor.quantization is None:
        return "unscaled"
    return "/".join(f"{n:g}" for n in (*tensor.quantization.scale, *tensor.quantization.zero_point))


def axis_of(operation: Operation, axis: int, rank: int) -> int:
    """An axis counted from the front; negative ones count from the back."""
    if not -rank <= axis < rank:
        raise operation.reject(f"has axis {axis}; expected -{rank} to {rank - 1}")
    return axis % rank


def copying(
    name: str,
    shape: Callable[[Operation], Shape | list[Shape]],
    copies: Callable[[Operation], list[Copy]],
    defined_here: tuple[str, ...] = (),
) -> Operator:
    """The table entry of an operator that is nothing but `copies`."""

    def lower(operation: Operation) -> Lowering:
        return lower_copies(operation, copies(operation))

    def evaluate(operation: Operation) -> list[npt.NDArray[Any]]:
        targets = [operation.graph.tensors[index] for index in operation.node.outputs]
        values = [np.zeros(tensor.size, tensor.dtype) for tensor in targets]
        for copy in copies(operation):
            source, target = copy.places()
            value = operation.constant(copy.source, "input").ravel()
            values[copy.target][target] = value[source]
        return values

    return Operator(
        name,
        name.lower(),
        shape,
        lower,
        evaluate=evaluate,
        types=MOVABLE,
        moves=True,
        defined_here=defined_here,
    )


def lower_copies(operation: Operation, copies: list[Copy]) -> Lowering:
    """One call for each copy."""
    merged = [copy.merged() for copy in copies]
    calls = tuple(_call(operation, copy) for copy in merged)
    return Lowering(calls, ("nn/tin_strided_copy.c",), distances=_distances(operation, merged))


def indexed_copy(operation: Operation, picks: Sequence[npt.NDArray[np.int64]]) -> Lowering:
    """The output takes, along each axis of the input, the indices in `picks`."""
    source = operation.input()
    item = np.dtype(source.dtype).itemsize
    run = item
    tables: list[npt.NDArray[np.int64]] = []
    for size, picked, step in reversed(
        list(zip(source.shape, picks, steps_of(source.shape), strict=True))
    ):
        if not tables and np.array_equal(picked, np.arange(size)):
            run *= size
        elif size > 1 or picked.size > 1:
            tables.insert(0, picked * step * item)
    tables = tables or [np.zeros(1, np.int64)]
    offsets = np.concatenate(tables)
    fields = (
        ("run", run),
        ("unit", unit_of(source, run, *map(int, offsets))),
        ("axes", len(tables)),
        ("sizes", Array.i32([table.size for table in tables])),
        ("offsets", Array.i32(offsets)),
    )
    params = Struct("tin_indexed_copy", fields)
    return simple_lowering(operation, "indexed_copy", "tin_indexed_copy_run", params)


def unit_of(source: Tensor, *lengths: int) -> int:
    """Bytes that can be moved at once where `lengths` are all byte counts and steps.

    Tensors in the arena start at a multiple of 4, constants only at one of their element's size.
    """
    item = np.dtype(source.dtype).itemsize
    return math.gcd(item if source.is_constant else 4, 4, *lengths)


def _call(operation: Operation, copy: Copy) -> KernelCall:
    source = operation.input(copy.source)
    item = np.dtype(source.dtype).itemsize
    strides, run = _runs(copy)
    if len(strides) > _MAX_STRIDES:
        raise operation.reject(f"moves along {len(strides)} axes; at most {_MAX_STRIDES}")
    inner = strides[-1] if strides else Stride(1, 0, 0)
    walk = [item * value for s in strides for value in (s.source, s.target)]
    offsets = item * copy.source_offset, item * copy.target_offset
    fields = (
        ("run", run * item),
        ("unit", unit_of(source, run * item, *offsets, *walk)),
        ("input_offset", offsets[0]),
        ("output_offset", offsets[1]),
        ("count", inner.size),
        ("input_step", inner.source * item),
        ("output_step", inner.target * item),
        ("outer", max(len(strides) - 1, 0)),
        ("walk", Array.i32([(s.size, s.source * item, s.target * item) for s in strides[:-1]])),
    )
    return KernelCall(
        function="tin_strided_copy_run",
        header="tin/nn/strided_copy.h",
        params=Struct("tin_strided_copy", fields),
        inputs=(operation.node.inputs[copy.source],),
        outputs=(operation.node.outputs[copy.target],),
    )


def _runs(copy: Copy) -> tuple[tuple[Stride, ...], int]:
    """(axes of a merged copy without the run, elements of a run)."""
    strides, run = copy.strides, 1
    if strides and (strides[-1].source, strides[-1].target) == (1, 1):
        strides, run = strides[:-1], strides[-1].size
    if strides and strides[-1].size < _SHORT:
        # A loop that short is all overhead: the longest axis goes inside.
        longest = max(range(len(strides)), key=lambda axis: strides[axis].size)
        strides = (*strides[:longest], *strides[longest + 1 :], strides[longest])
    return strides, run


def _distances(operation: Operation, copies: Sequence[Copy]) -> dict[int, int]:
    """See `Lowering.distances`. Exact for copies of few runs; others must not overlap."""
    inputs = operation.node.inputs
    if len(operation.node.outputs) > 1 or len(set(inputs)) != len(inputs):
        return {}
    found = {}
    written = 0  # end of what earlier copies wrote, in bytes
    for copy in copies:
        strides, run = _runs(copy)
        if math.prod(stride.size for stride in strides) > _MAX_RUNS:
            return {}
        item = np.dtype(operation.input(copy.source).dtype).itemsize
        walk = Copy(strides, copy.source_offset, copy.target_offset)
        source, target = (places * item for places in walk.places())
        # A run is copied from front to back, so it must not start behind its source; and nothing
        # may be written at or behind the first byte that is still to be read.
        ends = np.maximum.accumulate(target + run * item)
        unread = np.minimum.accumulate(source[::-1])[::-1]
        needed = [written - unread[0], (target - source).max()]
        if len(ends) > 1:
            needed.append((ends[:-1] - unread[1:]).max())
        found[copy.source] = int(max(needed))
        written = max(written, int(ends[-1]))
    return found
