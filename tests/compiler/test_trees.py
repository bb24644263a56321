"""Tree ensembles: a custom operator whose options are untrusted bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flatbuffers import flexbuffers
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.compiler import compile_model
from tinsmith.compiler.read.flexbuffer import read_flexbuffer
from tinsmith.core.errors import DecodeError, InputError, UnsupportedError

_FEATURES, _CLASSES = 5, 3


def _forest(rng: np.random.Generator, trees: int = 12, depth: int = 4) -> dict[str, Any]:
    """Complete trees; nodes that split come first, leaves after all of them."""
    splits, leaves = 2**depth - 1, 2**depth
    first = np.arange(trees) * splits
    true_nodes, false_nodes = [], []
    for tree in range(trees):
        for node in range(splits):
            for child, nodes in ((2 * node + 1, true_nodes), (2 * node + 2, false_nodes)):
                is_split = child < splits
                leaf = trees * splits + tree * leaves + child - splits
                nodes.append(int(first[tree]) + child if is_split else leaf)
    return {
        "num_trees": trees,
        "num_internal_nodes": trees * splits,
        "num_leaf_nodes": trees * leaves,
        "tree_root_ids": [int(value) for value in first],
        "nodes_featureids": rng.integers(0, _FEATURES, trees * splits).tolist(),
        "nodes_values": rng.standard_normal(trees * splits).astype(np.float32).tolist(),
        "nodes_truenodeids": true_nodes,
        "nodes_falsenodeids": false_nodes,
        "nodes_modes": "leq",
        "nodes_weights": rng.standard_normal(trees * leaves).astype(np.float32).tolist(),
        "nodes_classids": rng.integers(0, _CLASSES, trees * leaves).tolist(),
    }


def _bytes(options: dict[str, Any]) -> bytes:
    builder = flexbuffers.Builder()
    with builder.Map():
        for name, value in options.items():
            if isinstance(value, list):
                builder.TypedVectorFromElements(name, value)
            else:
                builder.Add(name, value)
    return bytes(builder.Finish())


def _model(maker: Any, options: dict[str, Any] | bytes) -> bytes:
    source = maker.tensor((1, _FEATURES), "float32")
    target = maker.tensor((1, _CLASSES), "float32")
    data = options if isinstance(options, bytes) else _bytes(options)
    maker.operator("TreeEnsembleClassifier", [source], [target], custom=data)
    return bytes(maker.finish([source], [target]))


def _expected(options: dict[str, Any], row: Any) -> Any:
    scores = np.zeros(_CLASSES, np.float32)
    splits = options["num_internal_nodes"]
    for root in options["tree_root_ids"]:
        node = root
        while node < splits:
            threshold = np.float32(options["nodes_values"][node])
            is_true = row[options["nodes_featureids"][node]] <= threshold
            node = options["nodes_truenodeids" if is_true else "nodes_falsenodeids"][node]
        leaf = node - splits
        scores[options["nodes_classids"][leaf]] += np.float32(options["nodes_weights"][leaf])
    return scores


@pytest.mark.parametrize("name", ["host", pytest.param("cortex-m4f", marks=pytest.mark.slow)])
def test_every_tree_adds_one_leaf(maker: Any, bundle_of: Any, name: str) -> None:
    options = _forest(np.random.default_rng(3))
    bundle = bundle_of({"network": _model(maker, options)})
    windows = np.random.default_rng(4).standard_normal((40, _FEATURES)).astype(np.float32)
    windows[0, :] = options["nodes_values"][0]  # equal goes the true way
    values = bundle.run(name, windows).values
    np.testing.assert_array_equal(values, [_expected(options, row) for row in windows])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nodes_truenodeids": [0, 1, 2]}, "leads back"),
        ({"nodes_truenodeids": [9, 3, 3]}, "names node 9"),
        ({"nodes_featureids": [0, 5, 0]}, "names feature 5"),
        ({"nodes_classids": [0, 1, 2, 3]}, "names class 3"),
        ({"tree_root_ids": [7]}, "names root 7"),
        ({"nodes_weights": [0.5]}, "1 values of nodes_weights"),
        ({"nodes_modes": "less"}, "'less'"),
        ({"num_trees": -1}, "num_trees -1"),
    ],
)
def test_a_forest_that_cannot_be_is_refused(
    maker: Any, change: dict[str, Any], message: str
) -> None:
    options = {**_forest(np.random.default_rng(3), trees=1, depth=2), **change}
    with pytest.raises(UnsupportedError, match=message):
        compile_model(_model(maker, options), name="network")


def test_options_read_as_they_were_written() -> None:
    options = {"a": 1, "b": -70000, "c": 0.5, "d": "word", "e": [1, 2, 300], "f": [0.25, 1e30]}
    found = read_flexbuffer(_bytes(options))
    assert {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()} == {
        **options,
        "f": [0.25, pytest.approx(1e30)],
    }


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_options_are_survived(data: Any) -> None:
    whole = bytearray(_bytes(_forest(np.random.default_rng(3), trees=1, depth=2)))
    positions = st.integers(0, len(whole) - 1)
    for position, value in data.draw(st.lists(st.tuples(positions, st.integers(0, 255)))):
        whole[position] = value
    try:
        read_flexbuffer(bytes(whole))
    except DecodeError as error:
        assert str(error)  # noqa: PT017 - either outcome is fine


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=60))
def test_arbitrary_options_are_survived(data: bytes) -> None:
    try:
        read_flexbuffer(data)
    except InputError as error:
        assert str(error)  # noqa: PT017 - either outcome is fine
