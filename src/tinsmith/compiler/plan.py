"""Where every tensor lies in the arena: lifetimes, shared memory, offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import OPERATORS

ALIGNMENT = 4  # of every offset; the arena itself is aligned to 16


@dataclass(frozen=True)
class Buffer:
    """Memory that is needed from step `first` to step `last`, both included.

    Args:
        name: For the plan's table.
        size: Bytes, above 0.
        tensors: Indices of the tensors that live in it, one after the other; none: scratch.
    """

    name: str
    size: int
    first: int
    last: int
    tensors: tuple[int, ...] = ()

    def overlaps(self, other: Buffer) -> bool:
        """Both are needed at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class MemoryPlan:
    """Buffers and their offsets from the start of the arena.

    Args:
        buffers, offsets: One offset for each buffer.
        arena_bytes: End of the last buffer, rounded up to 16.
        tensors: Offset by tensor index.
        scratch: Offset by step, of nodes that need scratch.
    """

    buffers: tuple[Buffer, ...]
    offsets: tuple[int, ...]
    arena_bytes: int
    tensors: dict[int, int]
    scratch: dict[int, int]


def plan_memory(graph: Graph, scratch_bytes: Sequence[int]) -> MemoryPlan:
    """Plans the arena of a scheduled graph.

    Args:
        scratch_bytes: What each node needs besides its tensors.
    """
    buffers = [*_tensor_buffers(graph), *_scratch_buffers(graph, scratch_bytes)]
    offsets = place(buffers)
    tensors = {
        tensor: offset
        for buffer, offset in zip(buffers, offsets, strict=True)
        for tensor in buffer.tensors
    }
    scratch = {
        buffer.first: offset
        for buffer, offset in zip(buffers, offsets, strict=True)
        if not buffer.tensors
    }
    arena = _round_up(max(o + b.size for b, o in zip(buffers, offsets, strict=True)), 16)
    return MemoryPlan(tuple(buffers), tuple(offsets), arena, tensors, scratch)


def place(buffers: Sequence[Buffer]) -> list[int]:
    """Offsets, in the order of `buffers`, such that buffers needed at once never overlap.

    Greedy: one buffer after the other, each at the lowest gap it fits in. Several orders are tried,
    largest first among them; the first one with the smallest end wins.
    """
    orders: tuple[Callable[[Buffer], tuple[int, ...]], ...] = (
        lambda b: (-b.size, b.first),
        lambda b: (-b.size * (b.last - b.first + 1), b.first),
        lambda b: (b.first - b.last, -b.size),
        lambda b: (b.first, -b.size),
        lambda b: (-b.last, -b.size),
    )
    best: list[int] = []
    best_end = -1
    for key in orders:
        ranked = sorted((key(buffer), index) for index, buffer in enumerate(buffers))
        offsets = _place_in_order(buffers, [index for _, index in ranked])
        end = max((o + b.size for o, b in zip(offsets, buffers, strict=True)), default=0)
        if best_end < 0 or end < best_end:
            best, best_end = offsets, end
    return best


def _place_in_order(buffers: Sequence[Buffer], order: Sequence[int]) -> list[int]:
    offsets = [0] * len(buffers)
    placed: list[int] = []
    for index in order:
        buffer = buffers[index]
        rivals = [other for other in placed if buffers[other].overlaps(buffer)]
        taken = sorted((offsets[other], offsets[other] + buffers[other].size) for other in rivals)
        offset = 0
        for start, end in taken:
            if offset + buffer.size <= start:
                break
            offset = max(offset, _round_up(end, ALIGNMENT))
        offsets[index] = offset
        placed.append(index)
    return offsets


def _tensor_buffers(graph: Graph) -> list[Buffer]:
    """One buffer for each group of tensors that share memory."""
    born, last_use = _lifetimes(graph)
    groups: dict[int, list[int]] = {}
    for tensor, root in share(graph).items():
        groups.setdefault(root, []).append(tensor)
    buffers = []
    for root, members in groups.items():
        first = min(born[tensor] for tensor in members)
        last = max(last_use[tensor] for tensor in members)
        size = max(graph.tensors[tensor].num_bytes for tensor in members)
        buffers.append(Buffer(graph.tensors[root].name, size, first, last, tuple(members)))
    return buffers


def _scratch_buffers(graph: Graph, scratch_bytes: Sequence[int]) -> list[Buffer]:
    return [
        Buffer(f"scratch of {graph.nodes[step].operator}", size, step, step)
        for step, size in enumerate(scratch_bytes)
        if size
    ]


def share(graph: Graph) -> dict[int, int]:
    """Which tensor's memory each run-time tensor lives in (itself, or one before it).

    A reshape lives where its input does. An in-place operator writes over an input that dies.
    """
    _, last_use = _lifetimes(graph)
    owner = {tensor: tensor for tensor in graph.inputs}
    group_end = {tensor: last_use[tensor] for tensor in graph.inputs}
    for step, node in enumerate(graph.nodes):
        target = node.outputs[0]
        owner[target] = target
        for source in node.inputs:
            if source in owner and _can_share(
                graph, node, source, group_end[owner[source]] <= step
            ):
                owner[target] = owner[source]
                break
        root = owner[target]
        group_end[root] = max(group_end.get(root, step), last_use[target])
    return owner


def _can_share(graph: Graph, node: Node, source: int, is_dying: bool) -> bool:
    operator = OPERATORS[node.operator]
    if operator.lower is None:
        return True
    before, after = graph.tensors[source], graph.tensors[node.outputs[0]]
    same_walk = before.size == after.size and before.num_bytes >= after.num_bytes
    return operator.in_place and is_dying and same_walk


def _lifetimes(graph: Graph) -> tuple[dict[int, int], dict[int, int]]:
    """(born, last use) by tensor: the step that writes it, -1 for the caller's inputs, and the last
    that reads it, one past the end for the model's outputs."""
    born = dict.fromkeys(graph.inputs, -1)
    for step, node in enumerate(graph.nodes):
        born.update(dict.fromkeys(node.outputs, step))
    last_use = dict(born)
    for step, node in enumerate(graph.nodes):
        last_use.update((tensor, step) for tensor in node.inputs if tensor in born)
    last_use.update(dict.fromkeys(graph.outputs, len(graph.nodes)))
    return born, last_use


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def table(plan: MemoryPlan) -> tuple[str, ...]:
    """The plan as lines of text: offset, bytes, first and last step, what lives there."""
    rows = sorted(
        zip(plan.offsets, plan.buffers, strict=True), key=lambda row: (row[1].first, row[0])
    )
    lines = ["  offset    bytes  steps    buffer"]
    for offset, buffer in rows:
        steps = f"{max(buffer.first, 0)}-{buffer.last}"
        lines.append(f"{offset:8d} {buffer.size:8d}  {steps:<7}  {printable(buffer.name)}")
    return (*lines, f"arena: {plan.arena_bytes} bytes")


def printable(name: str) -> str:
    """A name from a model file, safe inside a C comment and on a terminal."""
    allowed = "_-.:;,()[] "
    kept = "".join(c if c.isascii() and (c.isalnum() or c in allowed) else "_" for c in name)
    return kept[:60]
