from __future__ import annotations

import pytest

from tinsmith.core.errors import DesignError
from tinsmith.learning.layers import (
    LAYER_TYPES,
    Conv1d,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    Pool2d,
    Reshape,
    dump_layers,
    infer_shapes,
    parse_layers,
)


def test_shapes_flow_through_all_layers() -> None:
    layers = parse_layers(
        [
            {"type": "reshape", "shape": [10, -1, 1]},
            {"type": "conv2d", "filters": 4, "kernel": 3, "stride": [2, 1]},
            {"type": "depthwise_conv2d", "multiplier": 2, "padding": "valid"},
            {"type": "batch_norm"},
            {"type": "max_pool2d", "size": 2, "padding": "same"},
            {"type": "dropout", "rate": 0.5},
            {"type": "global_average_pool"},
            {"type": "dense", "units": 5},
        ]
    )
    shapes = infer_shapes(layers, (10, 6))
    assert shapes[1:] == (
        (10, 6, 1),
        (5, 6, 4),
        (3, 4, 8),
        (3, 4, 8),
        (2, 2, 8),
        (2, 2, 8),
        (8,),
        (5,),
    )


def test_layers_survive_a_document() -> None:
    layers = (Conv1d(8, 5, batch_norm=True), Flatten(), Dropout(0.5), Dense(3, "relu6"))
    assert parse_layers(dump_layers(layers)) == layers
    areas = (Reshape((4, 4, 1)), Conv2d(2, (1, 3)), Pool2d("average", (2, 1), (1, 1)))
    assert parse_layers(dump_layers(areas)) == areas


def test_every_layer_type_is_registered_under_its_name() -> None:
    assert all(kind.type == name for name, kind in LAYER_TYPES.items())
    assert len(LAYER_TYPES) == 11


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"type": "densee", "units": 3}, "layer 0: type is 'densee'"),
        ({"units": 3}, "type is None"),
        ({"type": "dense"}, "dense needs 'units'"),
        ({"type": "dense", "units": 3, "kernel": 3}, "dense has no 'kernel'; it has units"),
        ({"type": "dense", "units": 2.5}, "dense.units is 2.5; expected a whole number"),
        ({"type": "dense", "units": True}, "expected a whole number"),
        ({"type": "dense", "units": 3, "activation": "tanh"}, "activation is 'tanh'"),
        ({"type": "conv2d", "filters": 3, "kernel": [3]}, "expected 2 whole numbers"),
        ({"type": "dropout", "rate": "much"}, "rate is 'much'; expected a number"),
        ({"type": "dense", "units": 3, "batch_norm": 1}, "expected true or false"),
    ],
)
def test_wrong_layers_are_named(item: dict[str, object], message: str) -> None:
    with pytest.raises(DesignError, match=message.replace("(", r"\(")):
        parse_layers([item])


def test_all_wrong_layers_are_reported_together() -> None:
    with pytest.raises(DesignError, match=r"layer 0.*layer 2"):
        parse_layers([{"type": "x"}, {"type": "flatten"}, {"type": "dense"}])


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((Dense(4),), r"layer 0 \(dense\): needs a flat input, found \(20, 3\)"),
        ((Conv2d(4),), r"layer 0 \(conv2d\): needs an input of \(height, width, channels\)"),
        ((Flatten(), Conv1d(4)), r"layer 1 \(conv1d\): needs an input of \(frames, channels\)"),
        ((Conv1d(4, 21, padding="valid"),), "a kernel of 21 does not fit into 20 values"),
        ((Conv1d(0),), "filters is 0"),
        ((Conv1d(1, stride=0),), "stride is 0"),
        ((Reshape((7, -1)),), r"cannot give \(20, 3\) \(60 values\) the shape \(7, -1\)"),
        ((Reshape((-1, -1)),), "at most one of them -1"),
        ((Reshape((0,)),), "expected one to three sizes"),
        ((Dropout(1.0),), "rate is 1.0"),
        ((Flatten(), Dense(1 << 25)), "expected at most"),
    ],
)
def test_layers_that_do_not_fit_are_named(layers: tuple[Dense, ...], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        infer_shapes(layers, (20, 3))
