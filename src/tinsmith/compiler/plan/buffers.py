"""What needs memory, when, and which buffers may lie over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinsmith.compiler.ir import Graph
from tinsmith.compiler.plan.steps import Step

ALIGNMENT = 4  # of every offset; the arena itself is aligned to 16


@dataclass(frozen=True)
class State:
    """Memory that keeps its bytes from one run of the network to the next.

    Args:
        name: For the plan's table.
        initial: What it holds before the first run; its length is the size in bytes.
        tensors: Indices of the tensors that are this memory.
    """

    name: str
    initial: bytes
    tensors: tuple[int, ...] = ()


def state_of(graph: Graph) -> tuple[State, ...]:
    """The variables of a network."""
    found = []
    for index in graph.variables:
        tensor = graph.tensors[index]
        initial = np.asarray(tensor.initial).astype(np.dtype(tensor.dtype).newbyteorder("<"))
        found.append(State(tensor.name, initial.tobytes(), (index,)))
    return tuple(found)


@dataclass(frozen=True)
class Buffer:
    """Memory that is needed from step `first` to step `last`, both included.

    Args:
        name: For the plan's table.
        size: Bytes, above 0.
        first: Step that writes it; -1: there before the first step.
        last: Last step that needs it; number of steps: needed by the caller afterwards.
        kind: "tensor", "scratch" or "state".
        tensors: Indices of the tensors that live in it, one after the other.
        offset: Bytes from the start of the arena, once it is placed.
    """

    name: str
    size: int
    first: int
    last: int
    kind: str = "tensor"
    tensors: tuple[int, ...] = ()
    offset: int = 0

    def meets(self, other: Buffer) -> bool:
        """Both are needed at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Overlap:
    """A step may write `output` over `input`, which dies there.

    Args:
        output, input: Positions in the list of buffers.
        distance: Results are right when the output starts at least so many bytes before the input.
    """

    output: int
    input: int
    distance: int


def tensor_buffers(graph: Graph, steps: Sequence[Step], state: Sequence[State]) -> list[Buffer]:
    """One buffer for each group of tensors that share memory."""
    born, last_use = _lifetimes(graph, steps, state)
    groups: dict[int, list[int]] = {}
    for tensor, root in share(graph, steps, born).items():
        groups.setdefault(root, []).append(tensor)
    buffers = []
    for root, members in groups.items():
        first = min(born[tensor] for tensor in members)
        last = max(last_use[tensor] for tensor in members)
        size = max(graph.tensors[tensor].num_bytes for tensor in members)
        name = graph.tensors[root].name
        buffers.append(Buffer(name, size, first, last, tensors=tuple(members)))
    return buffers


def scratch_buffers(steps: Sequence[Step]) -> list[Buffer]:
    """The memory that steps need besides their tensors, in the order in which they name it."""
    return [
        Buffer(f"{name} of {step.name}", size, index, index, kind="scratch")
        for index, step in enumerate(steps)
        for name, size in step.scratch
    ]


def find_overlaps(steps: Sequence[Step], buffers: Sequence[Buffer]) -> list[Overlap]:
    """Where a step's output may lie over an input that nothing needs afterwards."""
    homes = {tensor: i for i, buffer in enumerate(buffers) for tensor in buffer.tensors}
    found = []
    for index, step in enumerate(steps):
        for output in {homes[tensor] for tensor in step.outputs if tensor in homes}:
            for source in {homes[tensor] for tensor in step.inputs if tensor in homes}:
                if buffers[source].last != index or buffers[output].first != index:
                    continue
                distance = _distance(step, buffers[output], buffers[source])
                if distance is not None:
                    found.append(Overlap(output, source, distance))
    return sorted(found, key=lambda overlap: (overlap.output, overlap.input))


def _distance(step: Step, output: Buffer, source: Buffer) -> int | None:
    """The largest distance of all ways in which the step uses the two buffers."""
    found = []
    for written in set(step.outputs) & set(output.tensors):
        for read in set(step.inputs) & set(source.tensors):
            if (written, read) not in step.distances:
                return None
            found.append(step.distances[written, read])
    return max(found)


def share(graph: Graph, steps: Sequence[Step], kept: dict[int, int]) -> dict[int, int]:
    """Which tensor's memory each tensor of `kept` lives in: a reshape lives where its input does,
    every other tensor by itself."""
    owner = {tensor: tensor for tensor in graph.inputs}
    for step in steps:
        for tensor in step.outputs:
            if tensor in kept:
                source = step.inputs[0] if step.is_alias else tensor
                owner[tensor] = owner.get(source, tensor)
    return owner


def _lifetimes(
    graph: Graph, steps: Sequence[Step], state: Sequence[State]
) -> tuple[dict[int, int], dict[int, int]]:
    """(born, last use) by tensor: the step that writes it, -1 for the caller's inputs, and the last
    that reads it, one past the end for the model's outputs. State is not among them."""
    born = dict.fromkeys(graph.inputs, -1)
    for index, step in enumerate(steps):
        born.update(dict.fromkeys(step.outputs, index))
    for memory in state:
        for tensor in memory.tensors:
            born.pop(tensor, None)
    last_use = dict(born)
    for index, step in enumerate(steps):
        last_use.update((tensor, index) for tensor in step.inputs if tensor in born)
    last_use.update((tensor, len(steps)) for tensor in graph.outputs if tensor in born)
    return born, last_use
