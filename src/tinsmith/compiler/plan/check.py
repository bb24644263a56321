"""Runs a plan without computing anything: every byte that is read still holds what was written.

An array says for each byte of the arena whose value it holds. Steps mark what they write and look
at what they read, streams row by row in the order of their turns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinsmith.compiler.ir import Graph
from tinsmith.compiler.plan.memory import MemoryPlan
from tinsmith.compiler.plan.steps import Step
from tinsmith.compiler.plan.stream import Row, Stream
from tinsmith.core.errors import InternalError

_RUBBISH = 0
_MOST_BYTES = 1 << 24  # of arenas that are looked at byte by byte


def check_plan(graph: Graph, steps: Sequence[Step], plan: MemoryPlan) -> None:
    """Simulates a plan.

    Raises:
        InternalError: A step would overwrite bytes that are still needed.
    """
    if plan.arena_bytes <= _MOST_BYTES:
        _Arena(graph, steps, plan).run()


class _Arena:
    """Who owns each byte: the number of a buffer and, in streams, of a row."""

    def __init__(self, graph: Graph, steps: Sequence[Step], plan: MemoryPlan) -> None:
        self._graph, self._steps, self._plan = graph, steps, plan
        self._owners = np.zeros(plan.arena_bytes, np.int64)
        self._homes = {t: i + 1 for i, b in enumerate(plan.buffers) for t in b.tensors}

    def run(self) -> None:
        for number, buffer in enumerate(self._plan.buffers):
            if buffer.first < 0:
                self._own(buffer.offset, buffer.size, number + 1)
        for index, step in enumerate(self._steps):
            for tensor in step.inputs:
                self._expect(tensor, step.name)
            if step.stream is not None:
                self._stream(index, step, step.stream)
            elif not step.is_alias:
                self._whole(index, step)
        for tensor in self._graph.outputs:
            self._expect(tensor, "the caller")

    def _whole(self, index: int, step: Step) -> None:
        """Scratch first, then the inputs must be untouched; the output keeps its distance."""
        sizes = [size for _, size in step.scratch]
        for offset, size in zip(self._plan.scratch.get(index, ()), sizes, strict=True):
            self._own(offset, size, _RUBBISH)
        for tensor in step.inputs:
            self._expect(tensor, step.name)
        for output in step.outputs:
            for source in step.inputs:
                self._keep_distance(step, output, source)
        for output in step.outputs:
            size = self._graph.tensors[output].num_bytes
            self._own(self._plan.tensors[output], size, self._homes[output])

    def _keep_distance(self, step: Step, output: int, source: int) -> None:
        out, into = self._plan.tensors[output], self._plan.tensors[source]
        sizes = self._graph.tensors[output].num_bytes, self._graph.tensors[source].num_bytes
        if out + sizes[0] <= into or into + sizes[1] <= out:
            return
        distance = step.distances.get((output, source))
        is_state = self._homes[output] == self._homes[source]
        if not is_state and (distance is None or out + distance > into):
            raise InternalError(f"{step.name} overwrites its input at {into} with output at {out}")

    def _stream(self, index: int, step: Step, stream: Stream) -> None:
        places = dict(
            zip((name for name, _ in step.scratch), self._plan.scratch.get(index, ()), strict=True)
        )
        sizes = dict(step.scratch)
        lines = places.get("rows", 0)
        sums = len(self._plan.buffers) + 1
        if "sums" in sizes:
            self._own(places["sums"], sizes["sums"], sums)
        numbers: dict[Row, int] = {}
        for turn in stream.turns:
            if "scratch" in sizes:
                self._own(places["scratch"], sizes["scratch"], _RUBBISH)
            written = self._row(turn.writes, stream, lines) if turn.is_done else (0, 0)
            for row in turn.reads:
                if row is not None:
                    self._read(step, row, written, numbers, self._row(row, stream, lines))
            if "sums" in sizes and (self._slice(places["sums"], sizes["sums"]) != sums).any():
                raise InternalError(f"{step.name} overwrites its sums")
            numbers.setdefault(turn.writes, sums + 1 + len(numbers))
            owner = numbers[turn.writes]
            if turn.writes[0] in stream.outputs:
                owner = self._homes[turn.writes[0]]
            if turn.is_done:
                self._own(*written, owner)

    def _read(
        self,
        step: Step,
        row: Row,
        written: tuple[int, int],
        numbers: dict[Row, int],
        place: tuple[int, int],
    ) -> None:
        owner = numbers.get(row) or self._homes[row[0]]
        if row[0] in self._homes and row[0] in (*step.outputs, *step.inputs):
            owner = self._homes[row[0]]
        start, size = place
        is_apart = written[0] + written[1] <= start or start + size <= written[0]
        if not is_apart or (self._slice(start, size) != owner).any():
            raise InternalError(f"{step.name} reads row {row[1]} at {start}, which is overwritten")

    def _row(self, row: Row, stream: Stream, lines: int) -> tuple[int, int]:
        """(offset, bytes)"""
        tensor = max(row[0], ~row[0])
        if row in stream.lines:
            shape = self._graph.tensors[tensor].shape
            rows = shape[1] if len(shape) == 4 else 1
            return lines + stream.lines[row], self._graph.tensors[tensor].num_bytes // rows
        size = stream.row_bytes[tensor]
        return self._plan.tensors[tensor] + row[1] * size, size

    def _slice(self, offset: int, size: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return self._owners[offset : offset + size]

    def _own(self, offset: int, size: int, owner: int) -> None:
        if offset + size > len(self._owners):
            raise InternalError(f"{size} bytes at {offset} lie beyond the arena")
        self._owners[offset : offset + size] = owner

    def _expect(self, tensor: int, reader: str) -> None:
        if tensor not in self._homes:
            return
        place = self._slice(self._plan.tensors[tensor], self._graph.tensors[tensor].num_bytes)
        if (place != self._homes[tensor]).any():
            name = self._graph.tensors[tensor].name
            raise InternalError(f"{reader} needs {name!r}, which is overwritten")
