"""The memory planner: buffers in use at the same time never overlap."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.compiler.ir import Graph, Node, Tensor
from tinsmith.compiler.operators import Lowering
from tinsmith.compiler.plan import (
    ALIGNMENT,
    Buffer,
    MemoryPlan,
    State,
    Step,
    check_plan,
    place,
    plan_memory,
    table,
    whole_steps,
)
from tinsmith.compiler.schedule import schedule
from tinsmith.core.errors import InternalError


@st.composite
def _buffers(draw: Any) -> list[Buffer]:
    found = []
    for index in range(draw(st.integers(1, 25))):
        first = draw(st.integers(-1, 15))
        last = first + draw(st.integers(0, 8))
        found.append(Buffer(f"b{index}", draw(st.integers(1, 5000)), first, last))
    return found


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(_buffers())
def test_buffers_needed_at_once_do_not_overlap(buffers: list[Buffer]) -> None:
    offsets = place(buffers)
    for i, first in enumerate(buffers):
        assert offsets[i] >= 0
        assert offsets[i] % ALIGNMENT == 0
        for j, second in enumerate(buffers[:i]):
            if first.meets(second):
                apart = offsets[i] + first.size <= offsets[j]
                assert apart or offsets[j] + second.size <= offsets[i]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(_buffers())
def test_the_plan_lies_between_the_bound_and_the_plain_sum(buffers: list[Buffer]) -> None:
    end = max(o + b.size for o, b in zip(place(buffers), buffers, strict=True))
    steps = range(-1, 25)
    at_once = [sum(b.size for b in buffers if b.first <= step <= b.last) for step in steps]
    assert max(at_once) <= end <= sum(b.size + ALIGNMENT for b in buffers)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(_buffers())
def test_the_same_buffers_get_the_same_places(buffers: list[Buffer]) -> None:
    assert place(buffers) == place(list(buffers))


def _tensors(*sizes: int) -> tuple[Tensor, ...]:
    return tuple(Tensor(f"t{i}", (size,), "int8") for i, size in enumerate(sizes))


def _node(operator: str, inputs: tuple[int, ...], output: int) -> Node:
    return Node(operator, inputs, (output,), {}, 0)


_DISTANCES = {"RELU": {0: 0}, "ADD": {0: 0, 1: 0}, "DEPTHWISE_CONV_2D": {0: 20}}


def _plan(graph: Graph, scratch: tuple[int, ...] = (), state: tuple[State, ...] = ()) -> MemoryPlan:
    """The plan where convolutions overwrite nothing and depthwise ones keep a distance of 20."""
    needed = (*scratch, *([0] * len(graph.nodes)))
    return plan_memory(graph, _steps(graph, needed), state)


def _steps(graph: Graph, scratch: Sequence[int]) -> tuple[Step, ...]:
    lowerings = [
        Lowering((), (), size, distances=_DISTANCES.get(node.operator, {}))
        if node.operator != "RESHAPE"
        else None
        for node, size in zip(graph.nodes, scratch, strict=False)
    ]
    return whole_steps(graph, lowerings)


def test_an_activation_overwrites_its_dying_input() -> None:
    nodes = (_node("RELU", (0,), 1), _node("RELU", (1,), 2))
    plan = _plan(Graph(_tensors(100, 100, 100), nodes, (0,), (2,)))
    assert plan.tensors == {0: 0, 1: 0, 2: 0}
    assert plan.arena_bytes == 112


def test_an_output_slides_below_its_input_by_the_distance() -> None:
    nodes = (_node("DEPTHWISE_CONV_2D", (0,), 1),)
    plan = _plan(Graph(_tensors(100, 100), nodes, (0,), (1,)))
    assert plan.tensors == {0: 20, 1: 0}
    assert plan.arena_bytes == 128
    assert plan.bound_bytes == 120


def test_an_input_that_is_needed_later_is_not_overwritten() -> None:
    nodes = (_node("RELU", (0,), 1), _node("ADD", (0, 1), 2))
    plan = _plan(Graph(_tensors(100, 100, 100), nodes, (0,), (2,)))
    assert abs(plan.tensors[0] - plan.tensors[1]) >= 100
    assert plan.arena_bytes == 208


def test_an_input_read_twice_is_overwritten_where_both_readings_allow_it() -> None:
    nodes = (_node("ADD", (0, 0), 1),)
    assert _plan(Graph(_tensors(100, 100), nodes, (0,), (1,))).arena_bytes == 112


def test_a_model_output_is_not_overwritten() -> None:
    nodes = (_node("RELU", (0,), 1), _node("RELU", (1,), 2))
    plan = _plan(Graph(_tensors(100, 100, 100), nodes, (0,), (1, 2)))
    assert abs(plan.tensors[1] - plan.tensors[2]) >= 100


def test_a_reshape_costs_no_memory_and_keeps_its_input_alive() -> None:
    nodes = (_node("RESHAPE", (0,), 1), _node("RELU", (0,), 2), _node("ADD", (1, 2), 3))
    plan = _plan(Graph(_tensors(100, 100, 100, 100), nodes, (0,), (3,)))
    assert plan.tensors[1] == plan.tensors[0]
    assert abs(plan.tensors[2] - plan.tensors[0]) >= 100


def test_scratch_counts_only_at_its_step() -> None:
    nodes = (_node("CONV_2D", (0,), 1), _node("CONV_2D", (1,), 2))
    plan = _plan(Graph(_tensors(64, 64, 64), nodes, (0,), (2,)), (500, 20))
    assert plan.arena_bytes == 640  # 64 + 64 + 500, rounded up
    assert set(plan.scratch) == {0, 1}
    assert [step.scratch_bytes for step in plan.steps] == [500, 20]
    assert "scratch of CONV_2D" in "\n".join(table(plan))


def test_state_lies_first_and_is_never_overwritten() -> None:
    nodes = (_node("RELU", (0,), 1), _node("ADD", (1, 3), 2), _node("RELU", (1,), 3))
    graph = Graph(_tensors(100, 100, 100, 40), nodes, (0,), (2,))
    state = (State("memory", bytes(40), (3,)), State("counter", b"\1\2\3\4"))
    plan = _plan(graph, state=state)
    assert plan.state == (0, 48)
    assert plan.state_bytes == 64
    assert plan.tensors[3] == 0
    assert min(plan.tensors[tensor] for tensor in (0, 1, 2)) >= 64


@st.composite
def _networks(draw: Any) -> tuple[Graph, tuple[Step, ...]]:
    """Graphs of random shape whose operators keep random distances to some inputs."""
    count = draw(st.integers(1, 9))
    nodes, lowerings = [], []
    for output in range(1, count + 1):
        sources = draw(st.lists(st.integers(0, output - 1), min_size=1, max_size=3))
        names = ("CONV_2D", "RESHAPE") if len(sources) == 1 else ("ADD",)
        name = draw(st.sampled_from(names))
        nodes.append(_node(name, tuple(sources), output))
        near = st.dictionaries(st.integers(0, len(sources) - 1), st.integers(-50, 300), max_size=3)
        found = Lowering((), (), draw(st.integers(0, 90)), distances=draw(near))
        lowerings.append(None if name == "RESHAPE" else found)
    sizes = draw(st.lists(st.integers(1, 400), min_size=count + 1, max_size=count + 1))
    for node in nodes:
        if node.operator == "RESHAPE":
            sizes[node.outputs[0]] = sizes[node.inputs[0]]
    outputs = draw(st.sets(st.integers(1, count - 1), max_size=2)) if count > 1 else set()
    graph = Graph(_tensors(*sizes), tuple(nodes), (0,), (*sorted(outputs), count))
    return graph, whole_steps(graph, lowerings)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(_networks())
def test_no_plan_overwrites_a_live_byte(network: tuple[Graph, tuple[Step, ...]]) -> None:
    graph, steps = network
    plan = plan_memory(graph, steps)
    check_plan(graph, steps, plan)
    assert max(step.needed_bytes for step in plan.steps) <= plan.bound_bytes <= plan.arena_bytes
    assert plan == plan_memory(graph, steps)
    assert json.loads(json.dumps(dataclasses.asdict(plan)))["arena_bytes"] == plan.arena_bytes


@pytest.mark.parametrize(("tensor", "offset"), [(1, 4), (2, 4), (2, 24), (3, 0)])
def test_a_plan_that_overwrites_something_is_found(tensor: int, offset: int) -> None:
    """The input lies at 20 and its successor at 0, the smallest that a distance of 20 allows."""
    nodes = (
        _node("DEPTHWISE_CONV_2D", (0,), 1),
        _node("CONV_2D", (1,), 2),
        _node("ADD", (1, 2), 3),
    )
    graph = Graph(_tensors(100, 100, 100, 100), nodes, (0,), (3,))
    steps = _steps(graph, (0, 0, 16))
    plan = _plan(graph, (0, 0, 16))
    check_plan(graph, steps, plan)
    (scratch,) = plan.scratch[2]
    places = {3: scratch - 4} if tensor == 3 else {tensor: plan.tensors[tensor] + offset}
    moved = dataclasses.replace(
        plan,
        tensors={**plan.tensors, **places},
        scratch={2: (plan.tensors[1],)} if tensor == 3 else plan.scratch,
    )
    with pytest.raises(InternalError):
        check_plan(graph, steps, moved)


def _branches(count: int, big: int, small: int) -> Graph:
    """The input feeds wide tensors, each reduced at once to a small one; all are joined at the end.

    In the file's order all wide tensors are made first.
    """
    wide = list(range(1, count + 1))
    narrow = list(range(count + 1, 2 * count + 1))
    tensors = _tensors(small, *([big] * count), *([small] * count), small * count)
    makes = [_node("CONV_2D", (0,), index) for index in wide]
    reduces = [_node("CONV_2D", (a,), b) for a, b in zip(wide, narrow, strict=True)]
    join = Node("CONCATENATION", tuple(narrow), (2 * count + 1,), {}, 0)
    return Graph(tensors, (*makes, *reduces, join), (0,), (2 * count + 1,))


def test_branches_run_one_after_the_other() -> None:
    graph = _branches(4, big=1000, small=10)
    ordered = schedule(graph)
    before = _plan(graph).arena_bytes
    after = _plan(ordered).arena_bytes
    assert before >= 4000
    assert after < 1200


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_schedule_computes_everything_before_it_is_used(data: Any) -> None:
    count = data.draw(st.integers(1, 9))
    nodes = []
    for output in range(1, count + 1):
        sources = data.draw(st.lists(st.integers(0, output - 1), min_size=1, max_size=3))
        nodes.append(_node("CONV_2D", tuple(sources), output))
    sizes = data.draw(st.lists(st.integers(1, 999), min_size=count + 1, max_size=count + 1))
    graph = Graph(_tensors(*sizes), tuple(nodes), (0,), (count,))
    ordered = schedule(graph)
    assert sorted(node.outputs for node in ordered.nodes) == sorted(n.outputs for n in graph.nodes)
    known = {0}
    for node in ordered.nodes:
        assert known >= set(node.inputs)
        known.update(node.outputs)
    assert ordered == schedule(graph)
