"""The steps of a network: what runs as one function, and what it reads, writes and overwrites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import Lowering
from tinsmith.compiler.plan.stream import Stream, distances


@dataclass(frozen=True)
class Step:
    """One or more nodes that run together.

    Args:
        name: For the plan's table.
        nodes: Their positions in the scheduled graph.
        inputs, outputs: Tensors that are there as a whole before and after.
        scratch: (name, bytes) of memory needed meanwhile.
        distances: By (output, input): results are right when the output starts at least so many
            bytes before the input. Pairs that are not here must be disjoint.
        lowering: How a single node runs on whole tensors.
        stream: How the nodes run row by row. A step with neither computes nothing.
    """

    name: str
    nodes: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    scratch: tuple[tuple[str, int], ...] = ()
    distances: Mapping[tuple[int, int], int] = field(default_factory=dict)
    lowering: Lowering | None = None
    stream: Stream | None = None

    @property
    def is_alias(self) -> bool:
        """The output is the input's memory seen differently."""
        return self.lowering is None and self.stream is None


def whole_step(graph: Graph, position: int, lowering: Lowering | None) -> Step:
    """A node that runs by itself on whole tensors."""
    node = graph.nodes[position]
    needed = lowering.scratch_bytes if lowering else 0
    return Step(
        name=node.operator,
        nodes=(position,),
        inputs=tuple(i for i in node.inputs if i >= 0 and not graph.tensors[i].is_constant),
        outputs=node.outputs,
        scratch=(("scratch", needed),) if needed else (),
        distances=_distances(node, lowering),
        lowering=lowering,
    )


def stream_step(graph: Graph, stream: Stream) -> Step:
    """Nodes that run row by row."""
    nodes = tuple(stage.node for stage in stream.stages if stage.kernel)
    sums = sum(s.kernel.scratch_bytes for s in stream.stages if s.kernel and s.kernel.is_sum)
    scratch = (("rows", stream.line_bytes), ("scratch", stream.scratch_bytes), ("sums", sums))
    names = [graph.nodes[node].operator for node in nodes]
    return Step(
        name=names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}",
        nodes=nodes,
        inputs=stream.inputs,
        outputs=stream.outputs,
        scratch=tuple((name, size) for name, size in scratch if size),
        distances=distances(graph, stream),
        stream=stream,
    )


def whole_steps(graph: Graph, lowerings: Sequence[Lowering | None]) -> tuple[Step, ...]:
    """Every node by itself."""
    return tuple(whole_step(graph, i, lowering) for i, lowering in enumerate(lowerings))


def _distances(node: Node, lowering: Lowering | None) -> dict[tuple[int, int], int]:
    """By tensor; a tensor that is read at several positions keeps the largest distance."""
    if lowering is None or len(node.outputs) != 1:
        return {}
    target = node.outputs[0]
    found: dict[tuple[int, int], int] = {}
    for position, distance in lowering.distances.items():
        key = (target, node.inputs[position])
        found[key] = max(distance, found.get(key, distance))
    for position, tensor in enumerate(node.inputs):
        if position not in lowering.distances:
            found.pop((target, tensor), None)
    return found
