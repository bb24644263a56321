"""Comparing a quantised network with its float32 original, layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema

from tinsmith.core.errors import DatasetError
from tinsmith.emulation.quantization import compare_models

Values = npt.NDArray[Any]
Change = Callable[[Any, Any], None]


def _pair(folder: Path, name: str) -> tuple[bytes, bytes]:
    return tuple((folder / f"mlperf_{name}_{kind}.tflite").read_bytes() for kind in ("f32", "int8"))  # type: ignore[return-value]


def _inputs(shape: tuple[int, ...], low: float = -1.0, high: float = 1.0) -> list[list[Values]]:
    rng = np.random.default_rng(1)
    return [[rng.uniform(low, high, shape).astype(np.float32)] for _ in range(6)]


def _changed(data: bytes, change: Change) -> bytes:
    """The model after `change(model, graph)`, which sees the schema's objects."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    change(model, model.subgraphs[0])
    builder = flatbuffers.Builder(len(data) + 1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "shape", "span", "layers"),
    [
        ("kws_dscnn", (1, 49, 10, 1), (-20.0, 20.0), 12),
        ("ic_resnet8", (1, 32, 32, 3), (0.0, 255.0), 15),
        ("ad_fcae", (1, 640), (-3.0, 3.0), 10),
    ],
)
def test_public_pairs_match_layer_by_layer(
    name: str, shape: tuple[int, ...], span: tuple[float, float], layers: int, shared_models: Path
) -> None:
    report = compare_models(*_pair(shared_models, name), _inputs(shape, *span))
    assert (len(report.layers), report.inputs, report.unmatched) == (layers, 6, ())
    own = [layer.own_db for layer in report.layers]
    assert np.median(own) > 20
    # A layer's own noise is only part of what has gathered up to it.
    first = report.layers[0]
    assert first.sqnr_db <= first.own_db + 3
    assert report.weakest.own_db == min(own)


def test_a_model_against_itself_is_without_noise(shared_models: Path) -> None:
    float32, _ = _pair(shared_models, "ad_fcae")
    with pytest.raises(DatasetError, match="no quantised layer in common"):
        compare_models(float32, float32, _inputs((1, 640)))


@pytest.mark.slow
def test_a_tiny_activation_scale_is_found_and_int16_advised(shared_models: Path) -> None:
    def change(_model: Any, graph: Any) -> None:
        output = graph.tensors[graph.operators[5].outputs[0]]
        output.quantization.scale = output.quantization.scale / 10

    float32, int8 = _pair(shared_models, "ic_resnet8")
    inputs = _inputs((1, 32, 32, 3), 0.0, 255.0)
    before = compare_models(float32, int8, inputs)
    report = compare_models(float32, _changed(int8, change), inputs)
    assert [layer.remedy for layer in before.layers[:12]] == ["fine"] * 12
    assert report.weakest is report.layers[5]
    assert report.weakest.remedy == "int16 activations"
    assert "beyond the range" in report.weakest.reason
    assert report.weakest.saturation > 0.05
    # The sum behind it passes the noise on, and adds as little of its own as before.
    assert report.layers[7].sqnr_db < before.layers[7].sqnr_db - 6
    assert report.layers[7].own_db > 30


def _dense(weights: Values, scales: Values | None = None) -> bytes:
    """A dense layer of float32, or of int8 where the scales of the weights are given."""
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.subgraphs, model.buffers = 3, [graph], [schema.BufferT()]
    graph.tensors, is_int8 = [], scales is not None
    stored = weights.astype(np.float32)
    if scales is not None:
        stored = np.rint(weights / scales[:, None]).astype(np.int8)
    model.buffers.append(schema.BufferT())
    model.buffers[1].data = np.frombuffer(stored.tobytes(), np.uint8)
    for name, shape, buffer, scale in (
        ("input", (1, weights.shape[1]), 0, [1 / 127]),
        ("weights", weights.shape, 1, scales),
        ("output", (1, len(weights)), 0, [0.06]),
    ):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name.encode(), list(shape), buffer
        tensor.type = schema.TensorType.INT8 if is_int8 else schema.TensorType.FLOAT32
        if is_int8:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = list(scale)
            tensor.quantization.zeroPoint = [0] * len(scale)
        graph.tensors.append(tensor)
    code, operator = schema.OperatorCodeT(), schema.OperatorT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    code.version, model.operatorCodes = 1, [code]
    operator.inputs, operator.outputs = [0, 1], [2]
    graph.operators, graph.inputs, graph.outputs = [operator], [0], [2]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def test_one_scale_for_very_different_filters_asks_for_a_scale_each() -> None:
    """One large weight, for an input that is always zero, makes the only scale coarse."""
    weights = np.random.default_rng(2).uniform(-1, 1, (16, 64))
    weights[0, 0] = 60.0
    inputs = _inputs((1, 64))
    for (values,) in inputs:
        values[:, 0] = 0.0
    each = np.abs(weights).max(axis=1) / 127
    (shared,) = compare_models(
        _dense(weights), _dense(weights, each.max(keepdims=True)), inputs
    ).layers
    assert shared.remedy == "per-channel weights"
    assert "differ 6" in shared.reason
    (apart,) = compare_models(_dense(weights), _dense(weights, each), inputs).layers
    assert apart.remedy == "fine"
    assert (apart.worst_channel, apart.operator) == (0, "FULLY_CONNECTED")
    assert apart.own_db > shared.own_db + 8


def test_inputs_of_another_shape_are_refused(shared_models: Path) -> None:
    pair = _pair(shared_models, "ad_fcae")
    with pytest.raises(DatasetError, match=r"\[\[1, 64\]\]"):
        compare_models(*pair, _inputs((1, 64)))
    with pytest.raises(DatasetError, match="no inputs"):
        compare_models(*pair, [])


def test_models_of_different_networks_are_refused(shared_models: Path) -> None:
    float32, _ = _pair(shared_models, "ad_fcae")
    _, int8 = _pair(shared_models, "ic_resnet8")
    with pytest.raises(DatasetError, match="no quantised layer in common"):
        compare_models(float32, int8, _inputs((1, 640)))
