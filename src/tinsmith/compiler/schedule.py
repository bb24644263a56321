"""The order in which operators run, chosen for a small peak of live memory."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from tinsmith.compiler.ir import Graph

# Partial orders kept at each step. Networks with few parallel branches are searched completely.
_BEAM = 16
# Larger networks, which no microcontroller runs, keep the order of their file.
_MAX_SEARCHED = 128


@dataclass(frozen=True)
class _Partial:
    """An order of the first few nodes, and what it costs."""

    order: tuple[int, ...]
    live: frozenset[int]
    live_bytes: int
    peak: int


def schedule(graph: Graph) -> Graph:
    """The same graph with its nodes in an order whose live tensors peak low.

    The file's own order is kept unless another one is better; ties are broken the same way always.
    """
    needs = _dependencies(graph)
    is_chain = all(needed == {index - 1} for index, needed in enumerate(needs) if index)
    if is_chain or len(graph.nodes) > _MAX_SEARCHED:
        return graph
    start = frozenset(graph.inputs)
    own = _Partial((), start, _bytes(graph, start), _bytes(graph, start))
    for index in range(len(graph.nodes)):
        own = _run(graph, own, index)
    beam = [_Partial((), start, _bytes(graph, start), _bytes(graph, start))]
    for _ in graph.nodes:
        beam = _extend(graph, needs, beam)
    best = min(beam, key=lambda partial: (partial.peak, partial.order))
    order = best.order if best.peak < own.peak else own.order
    return graph.with_nodes(tuple(graph.nodes[index] for index in order))


def _dependencies(graph: Graph) -> list[set[int]]:
    makers = {output: index for index, node in enumerate(graph.nodes) for output in node.outputs}
    needs = [{makers[i] for i in node.inputs if i in makers} for node in graph.nodes]
    for variable in graph.variables:  # who reads and changes it must do so in the file's order
        users = [index for index, node in enumerate(graph.nodes) if variable in node.inputs]
        for before, after in itertools.pairwise(users):
            needs[after].add(before)
    return needs


def _extend(graph: Graph, needs: list[set[int]], beam: list[_Partial]) -> list[_Partial]:
    """Every way to run one more node; the best few, one for each set of nodes run."""
    found: dict[frozenset[int], _Partial] = {}
    for partial in beam:
        done = frozenset(partial.order)
        for index, needed in enumerate(needs):
            if index in done or not needed <= done:
                continue
            longer = _run(graph, partial, index)
            key = done | {index}
            known = found.get(key)
            if known is None or (longer.peak, longer.order) < (known.peak, known.order):
                found[key] = longer
    ranked = sorted(found.values(), key=lambda p: (p.peak, p.live_bytes, p.order))
    return ranked[:_BEAM]


def _run(graph: Graph, partial: _Partial, index: int) -> _Partial:
    """Runs one node: its outputs appear, then inputs that nothing else needs disappear."""
    node = graph.nodes[index]
    order = (*partial.order, index)
    made = frozenset(node.outputs) - partial.live
    during = partial.live_bytes + _bytes(graph, made)
    done = set(order)
    dead = frozenset(i for i in set(node.inputs) & partial.live if _is_dead(graph, i, done))
    return _Partial(
        order=order,
        live=(partial.live | made) - dead,
        live_bytes=during - _bytes(graph, dead),
        peak=max(partial.peak, during),
    )


def _is_dead(graph: Graph, tensor: int, done: set[int]) -> bool:
    if tensor in graph.outputs:
        return False
    return all(i in done for i, node in enumerate(graph.nodes) if tensor in node.inputs)


def _bytes(graph: Graph, tensors: frozenset[int]) -> int:
    return sum(graph.tensors[index].num_bytes for index in tensors)
