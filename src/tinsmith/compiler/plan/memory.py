"""Where everything lies in the arena: the plan as data and as a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from tinsmith.compiler.ir import Graph
from tinsmith.compiler.plan.buffers import (
    Buffer,
    Overlap,
    State,
    find_overlaps,
    scratch_buffers,
    tensor_buffers,
)
from tinsmith.compiler.plan.place import peak_bytes, place, round_up, step_bytes
from tinsmith.compiler.plan.steps import Step

_ARENA_ALIGNMENT = 16


@dataclass(frozen=True)
class StepMemory:
    """What one step needs.

    Args:
        name: Operators that run in it.
        scratch_bytes: Besides tensors.
        live_bytes: Of all buffers needed at this step, each counted whole.
        needed_bytes: The same with outputs over dying inputs as far as that is allowed.
        used_bytes: Bytes of the arena that hold something at this step.
    """

    name: str
    scratch_bytes: int
    live_bytes: int
    needed_bytes: int
    used_bytes: int


@dataclass(frozen=True)
class MemoryPlan:
    """Places of all buffers; `dataclasses.asdict` turns it into plain data.

    Args:
        memory: Which plan was asked for.
        arena_bytes: End of the last buffer, rounded up to 16.
        state_bytes: Start of the arena that keeps its bytes between runs.
        bound_bytes: What these steps need in any plan.
        buffers: With their offsets.
        overlaps: Outputs that may lie over inputs, by position in `buffers`.
        steps: RAM over time.
        tensors: Offset by tensor index.
        state: Offsets, in the order in which it was given.
        scratch: Offsets by step, in the order in which the step names its memory.
    """

    memory: str
    arena_bytes: int
    state_bytes: int
    bound_bytes: int
    buffers: tuple[Buffer, ...]
    overlaps: tuple[Overlap, ...]
    steps: tuple[StepMemory, ...]
    tensors: dict[int, int]
    state: tuple[int, ...]
    scratch: dict[int, tuple[int, ...]]


def plan_memory(
    graph: Graph, steps: Sequence[Step], state: Sequence[State] = (), memory: str = "balanced"
) -> MemoryPlan:
    """Plans the arena of a scheduled graph.

    Args:
        steps: How its nodes run, in order; see `whole_steps`.
        state: Memory that outlives a run; it lies at the start of the arena, in this order.
    """
    kept = _place_state(state, len(steps))
    start = round_up(max((b.offset + b.size for b in kept), default=0), _ARENA_ALIGNMENT)
    tensors = tensor_buffers(graph, steps, state)
    moving = [*tensors, *scratch_buffers(steps)]
    overlaps = find_overlaps(steps, tensors)
    placed = [
        dataclasses.replace(buffer, offset=start + offset)
        for buffer, offset in zip(moving, place(moving, overlaps), strict=True)
    ]
    buffers = (*placed, *kept)
    ends = [buffer.offset + buffer.size for buffer in buffers]
    return MemoryPlan(
        memory=memory,
        arena_bytes=round_up(max(ends, default=0), _ARENA_ALIGNMENT),
        state_bytes=start,
        bound_bytes=start + peak_bytes(moving, overlaps),
        buffers=buffers,
        overlaps=tuple(overlaps),
        steps=tuple(_step_memory(buffers, overlaps, steps, i) for i in range(len(steps))),
        tensors={tensor: buffer.offset for buffer in buffers for tensor in buffer.tensors},
        state=tuple(buffer.offset for buffer in kept),
        scratch=_scratch_offsets(buffers),
    )


def _place_state(state: Sequence[State], num_steps: int) -> list[Buffer]:
    buffers: list[Buffer] = []
    offset = 0
    for item in state:
        size = len(item.initial)
        buffers.append(Buffer(item.name, size, -1, num_steps, "state", item.tensors, offset))
        offset = round_up(offset + size, _ARENA_ALIGNMENT)
    return buffers


def _scratch_offsets(buffers: Sequence[Buffer]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for buffer in buffers:
        if buffer.kind == "scratch":
            found[buffer.first] = (*found.get(buffer.first, ()), buffer.offset)
    return found


def _step_memory(
    buffers: Sequence[Buffer], overlaps: Sequence[Overlap], steps: Sequence[Step], index: int
) -> StepMemory:
    live = [buffer for buffer in buffers if buffer.first <= index <= buffer.last]
    return StepMemory(
        name=steps[index].name,
        scratch_bytes=sum(size for _, size in steps[index].scratch),
        live_bytes=sum(buffer.size for buffer in live),
        needed_bytes=step_bytes(buffers, overlaps, index),
        used_bytes=_covered(live),
    )


def _covered(live: Sequence[Buffer]) -> int:
    total = reached = 0
    for start, end in sorted((b.offset, b.offset + b.size) for b in live):
        total += max(end - max(start, reached), 0)
        reached = max(reached, end)
    return total


def table(plan: MemoryPlan) -> tuple[str, ...]:
    """The plan as lines of text: offset, bytes, first and last step, what lives there."""
    lines = ["  offset    bytes  steps    buffer"]
    for buffer in sorted(plan.buffers, key=lambda b: (b.first, b.offset)):
        steps = f"{max(buffer.first, 0)}-{buffer.last}"
        name = printable(buffer.name)
        lines.append(f"{buffer.offset:8d} {buffer.size:8d}  {steps:<7}  {name}")
    return (*lines, f"arena: {plan.arena_bytes} bytes")


def printable(name: str) -> str:
    """A name from a model file, safe inside a C comment and on a terminal."""
    allowed = "_-.:;,()[] "
    kept = "".join(c if c.isascii() and (c.isalnum() or c in allowed) else "_" for c in name)
    return kept[:60]
