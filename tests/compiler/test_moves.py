"""Operators that move values: recorded results, constants, what is refused, what costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from operator_cases import model_file
from operator_cases.moves import CASES, move

from tinsmith.compiler.compile import optimise, read_checked
from tinsmith.compiler.operators import OPERATORS, Operation
from tinsmith.compiler.passes.view_copies import view_copies
from tinsmith.core.errors import UnsupportedError

GOLDEN = ("pad0", "pad1", "pad10", "pad11", *(f"strided_slice{n}" for n in (0, 10, 11, 12)))


@pytest.mark.parametrize("name", GOLDEN)
def test_int16_results_equal_the_recorded_ones(
    name: str, shared_models: Path, bundle_of: Any
) -> None:
    folder = shared_models.parent / "data" / "model-zoo" / "tflm-golden"
    if not folder.is_dir():
        pytest.skip("the recorded int16 models are not here")
    inputs = np.loadtxt(folder / f"{name}_input0_int16.csv", np.float32, delimiter=",", ndmin=2)
    expected = np.loadtxt(folder / f"{name}_golden_int16.csv", np.float32, delimiter=",", ndmin=2)
    bundle = bundle_of({"network": (folder / f"{name}.tflite").read_bytes()})
    np.testing.assert_array_equal(bundle.run("host", inputs).values, expected)


def _after_views(data: bytes) -> list[str]:
    return [node.operator for node in view_copies(read_checked(data)).nodes]


@pytest.mark.parametrize(
    "name",
    [
        "transpose_of_unit_axes_s8",
        "transpose_same_f32",
        "slice_all_s8",
        "split_once_s8",
        "nearest_same_plain_s8",
        "cast_f32_f32",
    ],
)
def test_a_copy_of_everything_costs_nothing(name: str, new_maker: type) -> None:
    assert _after_views(model_file("moves", name, new_maker)) == ["RESHAPE"]


@pytest.mark.parametrize("name", ["transpose_matrix_s8", "slice_rest_s8", "concatenation_last_s8"])
def test_a_copy_that_moves_something_stays(name: str, new_maker: type) -> None:
    assert "RESHAPE" not in _after_views(model_file("moves", name, new_maker))


def _places(params: Any) -> list[tuple[int, int]]:
    """(first input byte, first output byte) of each run, in the order the kernel copies them."""
    rows = params["walk"].values.reshape(-1, 3).tolist()
    rows.append([params["count"], params["input_step"], params["output_step"]])
    found = [(params["input_offset"], params["output_offset"])]
    for size, read, write in rows:
        found = [(a + i * read, b + i * write) for a, b in found for i in range(size)]
    return found


def _copied(calls: Sequence[Any], values: dict[int, bytes], at: dict[int, int]) -> bytearray:
    """Memory after the copies, byte by byte; inputs lie at `at`, the output at 1000."""
    memory = bytearray(b"\xee" * 3000)
    for index, value in values.items():
        memory[at[index] : at[index] + len(value)] = value
    for call in calls:
        for read, write in _places(call.params):
            for byte in range(call.params["run"]):
                memory[1000 + write + byte] = memory[at[call.inputs[0]] + read + byte]
    return memory


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([name for name in CASES if name.endswith("_s8")]), st.integers(0, 40))
def test_an_output_may_lie_as_close_before_its_input_as_stated(
    new_maker: type, name: str, further: int
) -> None:
    graph = read_checked(model_file("moves", name, new_maker))
    operation = Operation(graph, graph.nodes[0])
    lower = OPERATORS[graph.nodes[0].operator].lower
    lowering = lower(operation) if lower else None
    if lowering is None or lowering.calls[0].function != "tin_strided_copy_run":
        return
    size = operation.output.num_bytes
    rng = np.random.default_rng(further)
    sources = sorted({call.inputs[0] for call in lowering.calls})
    values = {index: rng.bytes(graph.tensors[index].num_bytes) for index in sources}
    apart = {index: 2000 + 200 * number for number, index in enumerate(sources)}
    expected = _copied(lowering.calls, values, apart)[1000 : 1000 + size]
    for position, distance in lowering.distances.items():
        index = graph.nodes[0].inputs[position]
        if index in graph.inputs:
            close = {**apart, index: 1000 + distance + further}
            assert _copied(lowering.calls, values, close)[1000 : 1000 + size] == expected


def test_shapes_computed_in_the_network_fold_away(maker: Any) -> None:
    """SHAPE, a part of it, packed into a new shape, as converters write a reshape."""
    source = maker.tensor((2, 3, 4), "float32")
    shape = maker.tensor((3,), "int32")
    first = maker.tensor((), "int32")
    rest = maker.tensor((), "int32", data=12)
    wanted = maker.tensor((2,), "int32")
    target = maker.tensor((2, 12), "float32")
    maker.operator("SHAPE", [source], [shape])
    bounds = [maker.tensor((1,), "int32", data=[value]) for value in (0, 1, 1)]
    maker.operator("STRIDED_SLICE", [shape, *bounds], [first], shrinkAxisMask=1)
    maker.operator("PACK", [first, rest], [wanted], valuesCount=2, axis=0)
    maker.operator("RESHAPE", [source, wanted], [target])
    graph = read_checked(maker.finish([source], [target]))
    assert [node.operator for node in graph.nodes] == ["RESHAPE"]
    assert graph.tensors[first].data.tolist() == 2
    assert graph.tensors[wanted].data.tolist() == [2, 12]


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("FILL", [[2, 3], 1.5], [[1.5] * 3] * 2),
        ("BROADCAST_TO", [[1.0, 2.0, 3.0], [2, 3]], [[1.0, 2.0, 3.0]] * 2),
        ("TRANSPOSE", [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1, 0]], [[1, 3, 5], [2, 4, 6]]),
        ("GATHER", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [1, 0]], [[4, 5, 6], [1, 2, 3]]),
        ("SLICE", [[[0.0, 1.0, 2.0, 3.0]] * 3, [0, 1], [2, 3]], [[1, 2, 3]] * 2),
        ("ZEROS_LIKE", [[[1.0, 2.0, 3.0]] * 2], [[0, 0, 0]] * 2),
    ],
)
def test_moves_of_constants_are_done_at_compile_time(
    maker: Any, operator: str, values: list[Any], expected: list[Any]
) -> None:
    source, target = (maker.tensor((2, 3), "float32") for _ in range(2))
    made = maker.tensor((2, 3), "float32")
    arrays = [np.array(value) for value in values]
    kinds = ["int32" if array.dtype.kind == "i" else "float32" for array in arrays]
    pairs = zip(arrays, kinds, strict=True)
    maker.operator(
        operator, [maker.tensor(array.shape, kind, data=array) for array, kind in pairs], [made]
    )
    maker.operator("ADD", [source, made], [target])
    graph = read_checked(maker.finish([source], [target]))
    assert [node.operator for node in graph.nodes] == ["ADD"]
    np.testing.assert_array_equal(graph.tensors[made].data, expected)


def test_the_rank_of_a_tensor_is_a_constant(maker: Any) -> None:
    source, target = maker.tensor((2, 3), "int32"), maker.tensor((2, 3), "int32")
    rank = maker.tensor((), "int32")
    indices = maker.tensor((2,), "int32", data=[1, 0])
    maker.operator("RANK", [source], [rank])
    maker.operator("GATHER", [source, indices], [target], axis=0)
    assert read_checked(maker.finish([source], [target])).tensors[rank].data.tolist() == 2


def test_an_index_outside_picks_the_nearest_slice(maker: Any, bundle_of: Any) -> None:
    values, indices = maker.tensor((3, 2), "float32"), maker.tensor((4,), "int32")
    target = maker.tensor((4, 2), "float32")
    maker.operator("GATHER", [values, indices], [target], axis=0)
    bundle = bundle_of({"network": maker.finish([values, indices], [target])})
    window = np.array([[1, 2, 3, 4, 5, 6, -7, 1, 3, 2_000_000]], np.float32)
    assert bundle.run("host", window).values.tolist() == [[1, 2, 3, 4, 5, 6, 5, 6]]


def test_floats_outside_an_integer_type_saturate(maker: Any, bundle_of: Any) -> None:
    source, target = maker.tensor((5,), "float32"), maker.tensor((5,), "int32")
    maker.operator("CAST", [source], [target])
    bundle = bundle_of({"network": maker.finish([source], [target])})
    window = np.array([[3e9, -3e9, np.nan, -2.9, np.inf]], np.float32)
    values = bundle.run("host", window).values.tolist()
    assert values == [[2147483648.0, -2147483648.0, 0.0, -2.0, 2147483648.0]]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (move("TRANSPOSE", (2, 3), (2, 3), "int8", [[0, 0]]), "permutation"),
        (move("SLICE", (4, 3), (4, 3), "int8", [[1, 0], [4, 3]]), "cuts"),
        (move("SPLIT", (5, 2), [(2, 2)] * 2, "int8", [0], data=1, numSplits=2), "splits 5"),
        (move("GATHER", (4, 2), (1, 2), "int8", [[4]], axis=0), "indices 4 to 4 of 4"),
        (
            move("STRIDED_SLICE", (4,), (4,), "int8", [[0], [4], [1]], ellipsisMask=1),
            "ellipsis_mask 1",
        ),
        (move("STRIDED_SLICE", (4,), (4,), "int8", [[0], [4], [0]]), "stride 0"),
        (move("MIRROR_PAD", (2,), (6,), "int8", [[[2, 2]]], mode=0), "mirrors"),
        (move("SPACE_TO_DEPTH", (1, 3, 4, 1), (1, 1, 2, 4), "int8", blockSize=2), "blocks"),
    ],
)
def test_what_cannot_be_moved_is_refused(case: Any, message: str, maker: Any) -> None:
    with pytest.raises(UnsupportedError, match=message):
        read_checked(case(maker, np.random.default_rng(0)))


def test_a_view_pass_leaves_a_legal_graph(new_maker: type) -> None:
    graph = optimise(read_checked(model_file("moves", "slice_all_s8", new_maker)))
    assert len(graph.nodes) == 1
