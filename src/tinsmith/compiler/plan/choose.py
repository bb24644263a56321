"""Which nodes run by themselves and which together row by row, so that little memory is needed."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tinsmith.compiler.ir import Graph
from tinsmith.compiler.operators import Lowering
from tinsmith.compiler.operators.base import RowKernel
from tinsmith.compiler.plan.buffers import Buffer, State, tensor_buffers
from tinsmith.compiler.plan.memory import MemoryPlan, plan_memory
from tinsmith.compiler.plan.place import round_up
from tinsmith.compiler.plan.steps import Step, stream_step, whole_step, whole_steps
from tinsmith.compiler.plan.stream import build_stream, row_count, save_rows
from tinsmith.core.errors import DesignError

MEMORY = ("balanced", "smallest")
"""What `compile_model` can be asked for."""

_GRAIN = 16  # of the arena: smaller savings are none
_MOST_STAGES = 250  # a stage is a byte in the list of turns
_MOST_NODES = 160  # of networks that are searched for streams
_MOST_TURNS = 1 << 18  # of all streams that a search may look at


@dataclass(frozen=True)
class Network:
    """A scheduled graph and how each of its nodes can run.

    Args:
        lowerings: On whole tensors; None for nodes that compute nothing.
        kernels: Row by row; None where that is not possible.
        state: Memory that outlives a run.
        is_thrifty: "balanced" takes dearer ways to run nodes that make the arena smaller.
    """

    graph: Graph
    lowerings: Sequence[Lowering | None]
    kernels: Sequence[RowKernel | None]
    state: Sequence[State] = ()
    is_thrifty: bool = True

    def plan(self, steps: Sequence[Step], memory: str) -> MemoryPlan:
        """The memory plan of these steps."""
        return plan_memory(self.graph, steps, self.state, memory)


def choose_steps(network: Network, memory: str) -> tuple[tuple[Step, ...], MemoryPlan]:
    """The steps of a network and their plan.

    Args:
        memory: "balanced": nodes run one after the other; where it makes the arena smaller, with
            the rows they would overwrite saved first. "smallest": runs of nodes go row by row too.
    """
    if memory not in MEMORY:
        raise DesignError(f"unknown memory {memory!r}; expected one of {', '.join(MEMORY)}")
    costs = _Costs(network)
    steps, plan = _balanced(network, costs)
    if not _is_in_reach(steps, plan):
        steps, plan = costs.whole, network.plan(costs.whole, "balanced")
    if memory == "smallest" and len(network.graph.nodes) <= _MOST_NODES:
        streamed = tuple(costs.thorough(step) for step in _path(costs))
        smaller = network.plan(streamed, memory)
        streamed, smaller = _without_needless(network, streamed, smaller)
        if smaller.arena_bytes < plan.arena_bytes and _is_in_reach(streamed, smaller):
            return streamed, smaller
    return steps, plan


def _is_in_reach(steps: Sequence[Step], plan: MemoryPlan) -> bool:
    """All streams can address the arena."""
    streams = [step.stream for step in steps if step.stream]
    return all(plan.arena_bytes <= stream.reach_bytes for stream in streams)


def _balanced(network: Network, costs: _Costs) -> tuple[tuple[Step, ...], MemoryPlan]:
    """Every node by itself; dearer ways only where they make the arena smaller."""
    steps = list(costs.whole)
    if not network.is_thrifty:
        return tuple(steps), network.plan(steps, "balanced")
    limit = max((costs.cheapest(position)[0] for position in range(len(steps))), default=0)
    for position, step in enumerate(steps):
        if costs.of(step) > limit:
            steps[position] = costs.cheapest(position)[1]
    plan = network.plan(steps, "balanced")
    if plan.arena_bytes <= round_up(plan.state_bytes + limit, _GRAIN):
        return tuple(steps), plan
    dearer = {
        position: other
        for position, step in enumerate(steps)
        for other in costs.others(position)[-1:]
        if other != step and costs.of(other) < plan.arena_bytes - plan.state_bytes
    }
    trial = [dearer.get(position, step) for position, step in enumerate(steps)]
    smaller = network.plan(trial, "balanced")
    if smaller.arena_bytes >= plan.arena_bytes:
        return tuple(steps), plan
    for position in dearer:
        fewer = [*trial[:position], steps[position], *trial[position + 1 :]]
        found = network.plan(fewer, "balanced")
        if found.arena_bytes <= smaller.arena_bytes:
            trial, smaller = fewer, found
    return tuple(trial), smaller


def _without_needless(
    network: Network, steps: tuple[Step, ...], plan: MemoryPlan
) -> tuple[tuple[Step, ...], MemoryPlan]:
    """Steps that save rows without need go back to the plain kernel."""
    for index, step in enumerate(steps):
        if step.stream is None or len(step.nodes) > 1:
            continue
        position = step.nodes[0]
        plain = whole_step(network.graph, position, network.lowerings[position])
        fewer = (*steps[:index], plain, *steps[index + 1 :])
        found = network.plan(fewer, plan.memory)
        if found.arena_bytes <= plan.arena_bytes:
            steps, plan = fewer, found
    return steps, plan


@dataclass
class _Costs:
    """Bytes that a step needs with everything that lives meanwhile; found once each."""

    network: Network
    whole: tuple[Step, ...] = ()
    _others: dict[int, list[Step]] = field(default_factory=dict)
    _streams: dict[tuple[int, int], Step | None] = field(default_factory=dict)
    _turns: int = 0

    def __post_init__(self) -> None:
        network = self.network
        self.whole = whole_steps(network.graph, network.lowerings)
        self._buffers = tensor_buffers(network.graph, self.whole, network.state)
        self._homes = {t: buffer for buffer in self._buffers for t in buffer.tensors}

    def of(self, step: Step) -> int:
        """Bytes of everything that lives while a step runs, outputs over inputs where allowed."""
        first, end = step.nodes[0], step.nodes[-1] + 1
        made, dying = self._ends(first, end)
        outputs = {self._homes[t] for t in step.outputs if t in self._homes}
        live = self._through(first, end) + sum(b.size for b in {*made, *dying} | outputs)
        shared = 0
        for output in outputs:
            pairs = [self._shared(step, output, b) for b in dying if b not in outputs]
            shared += min(output.size, sum(pairs))
        return live - shared + sum(size for _, size in step.scratch)

    def least(self, first: int, end: int) -> int:
        """Bytes that no way to run these nodes together can do without."""
        made, dying = self._ends(first, end)
        most = max(sum(b.size for b in made), sum(b.size for b in dying))
        return self._through(first, end) + most

    def cheapest(self, position: int) -> tuple[int, Step]:
        """The node by itself in the way that needs least, the plain one among equals."""
        ways = [self.whole[position], *self.others(position)]
        return min(((self.of(step), step) for step in ways), key=lambda found: found[0])

    def others(self, position: int) -> list[Step]:
        """Dearer ways to run one node: those of its lowering, then with saved rows."""
        if position not in self._others:
            graph, lowering = self.network.graph, self.network.lowerings[position]
            variants = lowering.variants if lowering else ()
            found = [whole_step(graph, position, variant) for variant in variants]
            kernel, step = self.network.kernels[position], self.whole[position]
            is_single = kernel and not kernel.is_sum and len(step.inputs) == 1
            if kernel and is_single and self._affords(position, position + 1):
                stream = build_stream(graph, position, [kernel], step.outputs)
                if stream.inputs:  # dilated windows may lie in the padding with every tap
                    found.append(stream_step(graph, save_rows(graph, stream)))
            self._others[position] = found
        return self._others[position]

    def stream(self, first: int, end: int) -> Step | None:
        """The nodes from first to end (exclusive) row by row, where all can."""
        if (first, end) not in self._streams:
            self._streams[first, end] = self._build(first, end, thorough=False)
        return self._streams[first, end]

    def thorough(self, step: Step) -> Step:
        """A step of several nodes with a line memory that was searched for; others as they are."""
        if len(step.nodes) == 1:
            return step
        return self._build(step.nodes[0], step.nodes[-1] + 1, thorough=True) or step

    def _build(self, first: int, end: int, *, thorough: bool) -> Step | None:
        kernels = [kernel for kernel in self.network.kernels[first:end] if kernel]
        graph = self.network.graph
        later = {t for node in graph.nodes[end:] for t in node.inputs} | set(graph.outputs)
        needed = [t for node in graph.nodes[first:end] for t in node.outputs if t in later]
        if len(kernels) < end - first or not needed:
            return None
        if not thorough and not self._affords(first, end):
            return None
        stream = build_stream(graph, first, kernels, needed, thorough=thorough)
        return stream_step(graph, stream)

    def _affords(self, first: int, end: int) -> bool:
        """Whether a stream of these nodes may still be looked at; networks of very high images
        would take for ever."""
        nodes = self.network.graph.nodes[first:end]
        rows = [
            row_count(self.network.graph, t) for n in nodes for t in (n.inputs[0], n.outputs[0])
        ]
        self._turns += sum(rows)
        return self._turns <= _MOST_TURNS

    def _through(self, first: int, end: int) -> int:
        return sum(b.size for b in self._buffers if b.first < first and b.last >= end)

    def _ends(self, first: int, end: int) -> tuple[list[Buffer], list[Buffer]]:
        """(made here and needed later, needed here for the last time)"""
        made = [b for b in self._buffers if first <= b.first < end <= b.last]
        dying = [b for b in self._buffers if b.first < first <= b.last < end]
        return made, dying

    def _shared(self, step: Step, output: Buffer, source: Buffer) -> int:
        """The most bytes that an output and a dying input can have in common."""
        found = [
            step.distances.get((written, read))
            for written in set(step.outputs) & set(output.tensors)
            for read in set(step.inputs) & set(source.tensors)
        ]
        known = [distance for distance in found if distance is not None]
        if not known or len(known) < len(found):
            return 0
        ends = max(output.size, source.size + max(known))
        return max(output.size + source.size - ends, 0)


def _path(costs: _Costs) -> tuple[Step, ...]:
    """The steps whose largest need is smallest, and with that need the fewest nodes in streams."""
    count = len(costs.whole)
    limit = _least_peak(costs)
    best: list[tuple[int, tuple[Step, ...]]] = [(0, ()), *([(-1, ())] * count)]
    for end in range(1, count + 1):
        for first in range(end):
            if best[first][0] < 0 or costs.least(first, end) > limit:
                continue
            for step, extra in _ways(costs, first, end):
                work = best[first][0] + extra
                if (best[end][0] < 0 or work < best[end][0]) and costs.of(step) <= limit:
                    best[end] = (work, (*best[first][1], step))
    return best[count][1]


def _ways(costs: _Costs, first: int, end: int) -> Iterator[tuple[Step, int]]:
    """(step, how much dearer it is) for all ways to run the nodes from first to end together."""
    if end == first + 1:
        yield costs.whole[first], 0
        yield from ((other, 1) for other in costs.others(first))
    if end - first < _MOST_STAGES:
        stream = costs.stream(first, end)
        if stream is not None:
            yield stream, end - first


def _least_peak(costs: _Costs) -> int:
    """The smallest possible largest need: a shortest path from the first node to the end whose
    length is its largest edge. Edges are only computed when their lower bound comes up."""
    count = len(costs.whole)
    settled: set[int] = set()
    queue: list[tuple[int, bool, int, int]] = [(0, True, 0, 0)]
    while queue:
        need, is_exact, first, end = heapq.heappop(queue)
        if end in settled:
            continue
        if not is_exact:
            needs = [costs.of(step) for step, _ in _ways(costs, first, end)]
            if needs:
                heapq.heappush(queue, (max(need, min(needs)), True, first, end))
            continue
        settled.add(end)
        if end == count:
            return need
        for further in range(end + 1, count + 1):
            if further > end + 1 and None in costs.network.kernels[end:further]:
                break
            heapq.heappush(queue, (max(need, costs.least(end, further)), False, end, further))
    return 0
