"""Passes change how a network runs, never what it computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.compiler import compile_model
from tinsmith.compiler.compile import optimise, read_checked
from tinsmith.compiler.passes import PIPELINE
from tinsmith.compiler.read import read_tflite
from tinsmith.compiler.verify import verify_pass
from tinsmith.core.errors import InternalError


def _operators(data: bytes) -> list[str]:
    return [node.operator for node in optimise(read_checked(data)).nodes]


def _padded_convolution(maker: Any, pairs: list[list[int]], *, read_twice: bool = False) -> bytes:
    source = maker.tensor((1, 5, 5, 2), "float32")
    paddings = maker.tensor((4, 2), "int32", data=pairs)
    (_, down, across, channels) = (sum(pair) for pair in pairs)
    padded = maker.tensor((1, 5 + down, 5 + across, 2 + channels), "float32")
    maker.operator("PAD", [source, paddings], [padded])
    shape = (3, 1, 1, 2 + channels)
    weights = maker.tensor(shape, "float32", data=np.ones(shape))
    target = maker.tensor((1, 5 + down, 5 + across, 3), "float32")
    maker.operator("CONV_2D", [padded, weights], [target], padding=1, strideH=1, strideW=1)
    outputs = [target]
    if read_twice:
        outputs.append(maker.tensor((1, 5 + down, 5 + across, 2), "float32"))
        maker.operator("RELU", [padded], [outputs[1]])
    return bytes(maker.finish([source], outputs))


def test_image_padding_moves_into_the_convolution(maker: Any) -> None:
    assert _operators(_padded_convolution(maker, [[0, 0], [1, 0], [0, 2], [0, 0]])) == ["CONV_2D"]


def test_channel_padding_stays(maker: Any) -> None:
    data = _padded_convolution(maker, [[0, 0], [1, 0], [0, 2], [0, 1]])
    assert _operators(data) == ["PAD", "CONV_2D"]


def test_padding_that_others_read_stays(maker: Any) -> None:
    data = _padded_convolution(maker, [[0, 0], [1, 0], [0, 2], [0, 0]], read_twice=True)
    assert _operators(data) == ["PAD", "CONV_2D", "RELU"]


@pytest.mark.parametrize(
    ("scale", "expected"), [(0.05, ["ADD"]), (0.04, ["ADD", "RELU"])], ids=["same", "other"]
)
def test_an_activation_fuses_unless_it_changes_the_scale(
    maker: Any, scale: float, expected: list[str]
) -> None:
    first, second, both = (maker.tensor((1, 8), scale=0.05) for _ in range(3))
    target = maker.tensor((1, 8), scale=scale)
    maker.operator("ADD", [first, second], [both])
    maker.operator("RELU", [both], [target])
    assert _operators(maker.finish([first, second], [target])) == expected


def test_a_depthwise_convolution_of_one_channel_becomes_an_ordinary_one(
    shared_models: Path,
) -> None:
    data = (shared_models / "tflm_micro_speech_int8.tflite").read_bytes()
    assert read_tflite(data).nodes[1].operator == "DEPTHWISE_CONV_2D"
    assert "CONV_2D" in _operators(data)
    assert "DEPTHWISE_CONV_2D" not in _operators(data)


def test_the_computation_of_a_reshape_target_is_dropped(maker: Any) -> None:
    source, target = maker.tensor((1, 2, 3), "float32"), maker.tensor((1, 6), "float32")
    shape = maker.tensor((3,), "int32")
    maker.operator("SHAPE", [source], [shape])
    maker.operator("RESHAPE", [source, shape], [target])
    assert _operators(maker.finish([source], [target])) == ["RESHAPE"]


def test_half_precision_weights_are_widened_at_compile_time(maker: Any) -> None:
    source, target = maker.tensor((1, 2), "float32"), maker.tensor((1, 1), "float32")
    half = maker.tensor((1, 2), "float16", data=np.array([[0.5, -2.0]], np.float16))
    weights = maker.tensor((1, 2), "float32")
    maker.operator("DEQUANTIZE", [half], [weights])
    maker.operator("FULLY_CONNECTED", [source, weights], [target])
    data = maker.finish([source], [target])
    assert _operators(data) == ["FULLY_CONNECTED"]
    assert "-2.0f" in compile_model(data, name="network").source


def _dense(maker: Any, weights: int) -> bytes:
    source, target = maker.tensor((1, 3), "float32"), maker.tensor((1, 2), "float32")
    maker.operator("FULLY_CONNECTED", [source, weights], [target])
    return bytes(maker.finish([source], [target]))


def test_int8_weights_of_a_float32_layer_count_as_the_floats_they_stand_for(
    new_maker: Any, bundle_of: Any
) -> None:
    steps = np.array([[1, -2, 3], [100, 0, -128]])
    narrow, wide = new_maker(), new_maker()
    files = {
        "narrow": _dense(narrow, narrow.tensor((2, 3), scale=0.5, data=steps)),
        "wide": _dense(wide, wide.tensor((2, 3), "float32", data=steps * 0.5)),
    }
    bundle = bundle_of(files)
    window = np.tile(np.array([[0.1, 2.0, -3.0]], np.float32), 2)
    outputs = bundle.split_outputs(bundle.run("host", window).values[0])
    np.testing.assert_array_equal(outputs["narrow"][0], outputs["wide"][0])


@pytest.mark.parametrize(
    ("channels", "operator"),
    [(1, "DEPTHWISE_CONV_2D"), (2, "GROUPED_CONV_2D"), (4, "CONV_2D")],
)
def test_convolutions_of_groups_are_told_apart(maker: Any, channels: int, operator: str) -> None:
    source, target = (maker.tensor((1, 5, 5, 4), "float32") for _ in range(2))
    weights = maker.tensor((4, 3, 3, channels), "float32", data=np.ones((4, 3, 3, channels)))
    maker.operator("CONV_2D", [source, weights], [target], strideH=1, strideW=1)
    assert _operators(maker.finish([source], [target])) == [operator]


def test_passes_leave_public_models_legal(shared_models: Path) -> None:
    for path in sorted(shared_models.glob("*int8.tflite")):
        graph = read_checked(path.read_bytes())
        for step in PIPELINE:
            graph = step(graph)
            verify_pass(graph, step.__name__)


def test_a_broken_graph_names_the_pass(maker: Any) -> None:
    source, target = maker.tensor((1, 8), "float32"), maker.tensor((1, 8), "float32")
    maker.operator("RELU", [source], [target])
    graph = read_checked(maker.finish([source], [target]))
    with pytest.raises(InternalError, match="fuse_nothing"):
        verify_pass(graph.with_nodes(()), "fuse_nothing")
