"""Operators that run interleaved, one row at a time: who runs when, and which rows must lie where.

The last operator asks for its next row, which asks for the rows it needs, and so on; nothing is
computed twice. The order found here is fixed in the generated code, which only walks it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators.base import RowKernel
from tinsmith.compiler.plan.line_memory import Line, place_lines

_MOST_PLACES = 65535  # TIN_STREAM_PADDING
_ALIGNMENT = 4

Row = tuple[int, int]
"""(tensor, row). The copy of a row of tensor t belongs to the tensor ~t."""


@dataclass(frozen=True)
class Stage:
    """A node and the kernel that makes its rows; no kernel: copies rows of its input."""

    node: int
    kernel: RowKernel | None
    num_rows: int = 1
    row_bytes: int = 0


@dataclass(frozen=True)
class Turn:
    """One call: the rows it reads (None: padding) and the row it writes."""

    stage: int
    reads: tuple[Row | None, ...]
    writes: Row
    is_done: bool = True
    """False where a sum over rows goes on."""


@dataclass(frozen=True)
class Stream:
    """Several nodes as turns.

    Args:
        lines: Offset in the line memory of each row that is no row of a whole tensor.
        line_bytes: Size of that memory.
        row_bytes: Of the tensors that are there as a whole.
        inputs, outputs: These tensors.
    """

    stages: tuple[Stage, ...]
    turns: tuple[Turn, ...]
    lines: Mapping[Row, int]
    line_bytes: int
    row_bytes: Mapping[int, int]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def reach_bytes(self) -> int:
        """Arenas up to this size can be addressed: places are 16 bits of a unit that divides all
        offsets, which are multiples of 4 and of rows."""
        return (_MOST_PLACES - 1) * math.gcd(_ALIGNMENT, *self.row_bytes.values())

    @property
    def scratch_bytes(self) -> int:
        """Of the kernels that forget it from call to call."""
        kernels = [stage.kernel for stage in self.stages if stage.kernel]
        return max((k.scratch_bytes for k in kernels if not k.is_sum), default=0)


def build_stream(
    graph: Graph,
    first: int,
    kernels: Sequence[RowKernel],
    needed: Sequence[int],
    *,
    thorough: bool = True,
) -> Stream:
    """Nodes `first`, `first` + 1, ... with these kernels.

    Args:
        needed: The tensors among their outputs that others read.
        thorough: Searches for a small line memory.
    """
    pull = _Pull(graph, first, kernels)
    for tensor in (*needed[-1:], *needed[:-1]):
        pull.want(tensor, row_count(graph, tensor) - 1)
    stages = tuple(
        Stage(first + i, kernel, sum(window.taps for window in kernel.windows))
        for i, kernel in enumerate(kernels)
    )
    made = {tensor for i in range(len(kernels)) for tensor in graph.nodes[first + i].outputs}
    inputs = {row[0] for turn in pull.turns for row in turn.reads if row} - made
    whole = tuple(sorted(inputs)), tuple(needed)
    return _finish(graph, stages, pull.turns, whole, thorough=thorough)


def save_rows(graph: Graph, stream: Stream) -> Stream:
    """The stream of a single node with its output at the place of its input: each row of the input
    that is about to be overwritten while it is still needed is copied first."""
    ((source,), (target,)) = stream.inputs, stream.outputs
    into, out = stream.row_bytes[source], stream.row_bytes[target]
    last_read = _last_reads(stream.turns)
    saved: set[int] = set()
    turns: list[Turn] = []
    reached = 0
    for index, turn in enumerate(stream.turns):
        end = min(-(-(turn.writes[1] + 1) * out // into), row_count(graph, source))
        for row in range(reached, end):
            if last_read.get((source, row), -1) >= index:
                saved.add(row)
                turns.append(Turn(1, ((source, row),), (~source, row)))
        reached = max(reached, end)
        reads = tuple((~source, r[1]) if r and r[1] in saved else r for r in turn.reads)
        turns.append(Turn(0, reads, turn.writes))
    copy = Stage(stream.stages[0].node, None, row_bytes=into)
    return _finish(graph, (*stream.stages, copy), turns, (stream.inputs, stream.outputs))


def row_count(graph: Graph, tensor: int) -> int:
    """Rows of an image; anything else is one row."""
    shape = graph.tensors[tensor].shape
    return shape[1] if len(shape) == 4 else 1


def distances(graph: Graph, stream: Stream) -> dict[tuple[int, int], int]:
    """By (output, input): how far the whole output must start before the whole input."""
    found: dict[tuple[int, int], int] = {}
    for source in stream.inputs:
        oldest = row_count(graph, source)
        for turn in reversed(stream.turns):
            rows = [row[1] for row in turn.reads if row and row[0] == source]
            oldest = min([oldest, *rows])
            target, row = turn.writes
            if target not in stream.outputs or not turn.is_done:
                continue
            needed = oldest * stream.row_bytes[source]
            if oldest == row_count(graph, source):
                needed = graph.tensors[target].num_bytes
            distance = (row + 1) * stream.row_bytes[target] - needed
            key = (target, source)
            found[key] = max(distance, found.get(key, 0))
    return found


@dataclass
class _Pull:
    """The order in which rows are made when the last ones are asked for."""

    graph: Graph
    first: int
    kernels: Sequence[RowKernel]
    turns: list[Turn] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._made = [0] * len(self.kernels)
        self._makers = {
            tensor: i
            for i in range(len(self.kernels))
            for tensor in self.graph.nodes[self.first + i].outputs
        }

    def want(self, tensor: int, row: int) -> None:
        """Makes all rows up to this one; those of tensors from outside are there."""
        stage = self._makers.get(tensor)
        if stage is None:
            return
        kernel, node = self.kernels[stage], self.graph.nodes[self.first + stage]
        if kernel.is_sum:
            row = row_count(self.graph, _tensor(node, kernel)) - 1
        while self._made[stage] <= row:
            self._make(stage, node)

    def _make(self, stage: int, node: Node) -> None:
        kernel, row = self.kernels[stage], self._made[stage]
        reads: list[Row | None] = []
        for window in kernel.windows:
            tensor = node.inputs[window.input]
            top = row * window.stride - window.before
            size = row_count(self.graph, tensor)
            rows = [top + tap * window.dilation for tap in range(window.taps)]
            inside = [y for y in rows if 0 <= y < size]
            if inside:
                self.want(tensor, inside[-1])
            reads += [(tensor, y) if 0 <= y < size else None for y in rows]
        self._made[stage] += 1
        target = node.outputs[0]
        if not kernel.is_sum:
            self.turns.append(Turn(stage, tuple(reads), (target, row)))
            return
        is_done = self._made[stage] == row_count(self.graph, _tensor(node, kernel))
        self.turns.append(Turn(stage, tuple(reads), (target, 0), is_done))


def _tensor(node: Node, kernel: RowKernel) -> int:
    return node.inputs[kernel.windows[0].input]


def _finish(
    graph: Graph,
    stages: tuple[Stage, ...],
    turns: Sequence[Turn],
    whole: tuple[tuple[int, ...], tuple[int, ...]],
    *,
    thorough: bool = True,
) -> Stream:
    """Gives every row that is no row of a whole tensor a place in the line memory."""
    inputs, outputs = whole
    last_read = _last_reads(turns)
    first: dict[Row, int] = {}
    for index, turn in enumerate(turns):
        if turn.writes[0] not in outputs:
            first.setdefault(turn.writes, index)
    lines = [
        Line(_row_bytes(graph, row[0]), start, last_read.get(row, start))
        for row, start in first.items()
    ]
    offsets, line_bytes = place_lines(lines, thorough=thorough)
    return Stream(
        stages=stages,
        turns=tuple(turns),
        lines=dict(zip(first, offsets, strict=True)),
        line_bytes=line_bytes,
        row_bytes={tensor: _row_bytes(graph, tensor) for tensor in (*inputs, *outputs)},
        inputs=inputs,
        outputs=outputs,
    )


def _row_bytes(graph: Graph, tensor: int) -> int:
    tensor = max(tensor, ~tensor)
    return graph.tensors[tensor].num_bytes // row_count(graph, tensor)


def _last_reads(turns: Sequence[Turn]) -> dict[Row, int]:
    return {row: index for index, turn in enumerate(turns) for row in turn.reads if row}
