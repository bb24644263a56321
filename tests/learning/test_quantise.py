from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.core.shapes import FeatureShape
from tinsmith.learning.config import TrainingData
from tinsmith.learning.interpreter import MicroInterpreter, Quantisation, quantised

Train = Callable[..., Any]
MakeData = Callable[..., TrainingData]


def test_the_whole_model_is_int8_with_a_softmax_of_256_steps(
    make_data: MakeData, train: Train
) -> None:
    from ai_edge_litert import schema_py_generated as schema

    data = make_data(FeatureShape("series", (40, 3)))
    model = train(data).int8
    runner = MicroInterpreter(model)
    assert runner.output == Quantisation(1 / 256, -128)
    graph = schema.ModelT.InitFromPackedBuf(bytearray(model)).subgraphs[0]
    kinds = {tensor.type for tensor in graph.tensors}
    assert schema.TensorType.FLOAT32 not in kinds
    assert kinds == {schema.TensorType.INT8, schema.TensorType.INT32}


def test_int8_decides_like_float32(make_data: MakeData, train: Train) -> None:
    data = make_data(FeatureShape("spectrogram", (20, 8)), count=120)
    network = train(data, "conv2d", epochs=15)
    expected = MicroInterpreter(network.float32).run(data.features)
    scores = MicroInterpreter(network.int8).run(data.features)
    assert np.mean(expected.argmax(axis=1) == data.targets) > 0.95
    assert np.mean(scores.argmax(axis=1) == expected.argmax(axis=1)) >= 0.99
    assert np.abs(scores - expected).max() < 0.1


def test_ranges_are_the_true_extremes(make_data: MakeData, train: Train) -> None:
    """One rare peak must widen the range: a moving average would lose it."""
    from tinsmith.learning.quantise import activation_ranges, quantise

    data = make_data(FeatureShape("flat", (6,)), count=200)
    network = train(data)
    features = data.features.copy()
    features[77, 2] = 40.0
    ranges = activation_ranges(network.float32, features)["features"]
    assert ranges["max"][0] == 40.0
    assert ranges["min"][0] == features.min()
    step = MicroInterpreter(quantise(network.float32, features)).input.scale
    assert step == pytest.approx((40.0 - features.min()) / 255, rel=1e-4)


def test_quantising_repeats_byte_for_byte(make_data: MakeData, train: Train) -> None:
    from tinsmith.learning.quantise import quantise

    data = make_data(FeatureShape("flat", (6,)))
    network = train(data)
    assert quantise(network.float32, data.features) == quantise(network.float32, data.features)


def test_a_regression_keeps_its_unit_and_its_accuracy(make_data: MakeData, train: Train) -> None:
    data = make_data(FeatureShape("flat", (12,)), count=150)
    values = (data.features[:, :4].sum(axis=1) * 20 + 150).astype(np.float32)
    data = dataclasses.replace(data, targets=values, classes=("seconds",))
    network = train(data, epochs=60)
    error = np.abs(MicroInterpreter(network.float32).run(data.features)[:, 0] - values).mean()
    int8 = np.abs(MicroInterpreter(network.int8).run(data.features)[:, 0] - values).mean()
    assert error < 0.15 * values.std()
    assert int8 < error + 0.03 * values.std()


def test_windows_that_do_not_fit_the_model_are_refused(make_data: MakeData, train: Train) -> None:
    from tinsmith.learning.quantise import quantise

    network = train(make_data(FeatureShape("flat", (6,))))
    with pytest.raises(DatasetError, match="7 features"):
        quantise(network.float32, np.zeros((3, 7), np.float32))
    with pytest.raises(DatasetError, match="takes"):
        MicroInterpreter(network.int8).run(np.zeros((3, 7), np.float32))


def test_values_round_half_away_from_zero_and_saturate() -> None:
    values = np.array([0.25, -0.25, 0.75, 1e9, -1e9], np.float32)
    assert quantised(values, Quantisation(0.5, 3)).tolist() == [4, 2, 5, 127, -128]
