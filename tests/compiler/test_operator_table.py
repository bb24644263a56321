"""What the operator table says of itself, for the reference pages, is so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from operator_cases import FAMILIES, model_file
from operator_cases.detection import detector
from operator_cases.every_type import SMALLEST
from operator_cases.making import SHORT, Case, scale_of
from operator_cases.reductions import reduction

from tinsmith.compiler import compile_model
from tinsmith.compiler.backends import BACKENDS
from tinsmith.compiler.compile import optimise, read_checked
from tinsmith.compiler.ir import Graph, Node
from tinsmith.compiler.operators import OPERATORS, Operation

# Many builds; the contract of operators covers the portable kernels in the quick checks.
pytestmark = pytest.mark.slow

_DEFINED = [(item.name, dtype) for item in OPERATORS.values() for dtype in item.defined_here]
_BESIDES = {"PAD": 11.0, "PADV2": 1.0, "READ_VARIABLE": 11.0, "ASSIGN_VARIABLE": 11.0}
"""Values that moving operators put between those of int8 inputs; 0 in other types, or 1."""


def type_of(graph: Graph, node: Node) -> str:
    """Of the first input that is computed, or else of the output."""
    tensors = [graph.tensors[index] for index in (*node.inputs, *node.outputs) if index >= 0]
    return next(t.dtype for t in tensors if not t.is_constant and not t.is_variable)


@pytest.fixture(scope="module")
def graphs(new_maker: type) -> list[Graph]:
    """Every case as it is read, and as it is lowered."""
    files = [
        model_file(family, name, new_maker) for family in FAMILIES for name in FAMILIES[family]
    ]
    read = [read_checked(data) for data in files]
    return [*read, *map(optimise, read)]


@pytest.fixture(scope="module")
def types_in_cases(graphs: list[Graph]) -> dict[str, set[str]]:
    found = defaultdict(set)
    for graph in graphs:
        for node in graph.nodes:
            found[node.operator].add(type_of(graph, node))
    return found


@pytest.mark.parametrize("name", OPERATORS)
def test_there_are_cases_of_exactly_the_types_that_the_reference_has(
    name: str, types_in_cases: dict[str, set[str]]
) -> None:
    operator = OPERATORS[name]
    assert set(operator.defined_here) <= set(operator.types)
    assert types_in_cases[name] == set(operator.types) - set(operator.defined_here)


@pytest.mark.parametrize("name", BACKENDS)
def test_backends_have_kernels_for_exactly_the_types_they_state(
    name: str, graphs: list[Graph]
) -> None:
    backend = BACKENDS[name]
    found = defaultdict(set)
    for graph in graphs:
        for node in graph.nodes:
            tuned = backend.lowerings.get(node.operator)
            if tuned and tuned(Operation(graph, node)) is not None:
                found[node.operator].add(type_of(graph, node))
    assert found == {operator: set(backend.tuned_types(operator)) for operator in backend.lowerings}


def _unary(operator: str, dtype: str) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        scale = scale_of(dtype, 0.05, 0 if dtype == "int16" else 11)
        source, target = (maker.tensor((2, 3), dtype, **scale) for _ in range(2))
        maker.operator(operator, [source], [target])
        return bytes(maker.finish([source], [target]))

    return make


_MAKERS: dict[str, Callable[[str], Case]] = {
    **SMALLEST,
    "REDUCE_MAX": lambda dtype: reduction("REDUCE_MAX", "last", dtype),
    "REDUCE_MIN": lambda dtype: reduction("REDUCE_MIN", "last", dtype),
    "TFLite_Detection_PostProcess": lambda dtype: detector(dtype, steps=dtype == "int8"),
}


def _single(operator: str, dtype: str, maker: Any) -> bytes:
    """A network of one operator."""
    case = _MAKERS[operator](dtype) if operator in _MAKERS else _unary(operator, dtype)
    return case(maker, np.random.default_rng(0))


def _runs(oracle: Any, data: bytes) -> bool:
    """The reference interpreter can do that."""
    graph = read_checked(data)
    inputs = [graph.tensors[index] for index in graph.inputs]
    try:
        oracle(data).run([np.zeros(tensor.shape, tensor.dtype) for tensor in inputs])
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "dtype"), [pair for pair in _DEFINED if pair[0] != "TreeEnsembleClassifier"]
)
def test_the_reference_has_no_kernel_for_what_is_defined_here(
    name: str, dtype: str, new_maker: type, oracle: Any
) -> None:
    data = _single(name, dtype, new_maker())
    assert compile_model(data, name="network")
    assert not _runs(oracle, data)
    others = set(OPERATORS[name].types) - set(OPERATORS[name].defined_here)
    for other in others:
        assert _runs(oracle, _single(name, other, new_maker()))


def test_operators_that_move_give_values_of_their_inputs(bundle_of: Any, new_maker: type) -> None:
    assert set(SMALLEST) == {item.name for item in OPERATORS.values() if item.moves}
    pairs = [(name, dtype) for name in SMALLEST for dtype in OPERATORS[name].types]
    bundle = bundle_of(
        {
            f"{name.lower()}_{SHORT[dtype]}": _single(name, dtype, new_maker())
            for name, dtype in pairs
        }
    )
    windows = bundle.windows(8)
    for window, row in zip(windows, bundle.run("host", windows).values, strict=True):
        inputs, outputs = bundle.split_inputs(window), bundle.split_outputs(row)
        for name, dtype in pairs:
            case = f"{name.lower()}_{SHORT[dtype]}"
            allowed = set(np.concatenate([value.ravel() for value in inputs[case]]).tolist())
            if name in _BESIDES:
                allowed |= {_BESIDES[name], 0.0, 1.0}
            assert set(np.concatenate([v.ravel() for v in outputs[case]]).tolist()) <= allowed, case
