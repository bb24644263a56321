"""Evaluation runs the compiled impulse, and agrees with what training saw."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import Sample, sample_from_signal
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.evaluate import evaluate, predict, split_values
from tinsmith.impulse.features import cut_windows, extract_features
from tinsmith.impulse.fit import fit, network_input
from tinsmith.impulse.fitted import FittedImpulse, Variant

SampleMaker = Callable[..., tuple[Sample, ...]]


@pytest.mark.parametrize("variant", ["float32", "int8"])
def test_the_compiled_impulse_recognises_new_recordings(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...], variant: Variant
) -> None:
    result = evaluate(fitted, testing_samples, variant)
    assert result.classification is not None
    assert result.classification.count == 60
    assert result.classification.accuracy >= 0.95
    assert result.prediction.scores is not None
    assert result.prediction.scores.shape == (60, 3)
    assert np.abs(result.prediction.scores.sum(axis=1) - 1).max() < 0.02
    assert result.samples[:5] == (testing_samples[0].name,) * 5


def test_compiled_features_are_those_training_saw(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    windows = cut_windows(testing_samples, fitted.design, fitted.window)
    expected = extract_features(fitted.blocks, windows.values)
    found = predict(fitted, "float32", windows.values).features
    assert found.tobytes() == np.concatenate(list(expected.values()), axis=1).tobytes()


def test_float32_scores_are_those_of_the_model_file(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    from ai_edge_litert.interpreter import Interpreter

    assert fitted.network is not None
    windows = cut_windows(testing_samples, fitted.design, fitted.window)
    blocks = fitted.blocks
    features = network_input(blocks, extract_features(blocks, windows.values), fitted.scalers)
    interpreter = Interpreter(model_content=fitted.network.float32)
    interpreter.allocate_tensors()
    given, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    expected = []
    for row in features:
        interpreter.set_tensor(given["index"], row.reshape(given["shape"]))
        interpreter.invoke()
        expected.append(interpreter.get_tensor(result["index"]).ravel())
    found = predict(fitted, "float32", windows.values).scores
    assert found is not None
    assert np.abs(found - np.stack(expected)).max() < 1e-5


def test_the_anomaly_score_is_that_of_the_clusters(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...], kmeans_oracle: Callable[..., Any]
) -> None:
    assert fitted.clusters is not None
    windows = cut_windows(testing_samples, fitted.design, fitted.window)
    statistics = extract_features(fitted.blocks, windows.values)["statistics"]
    found = predict(fitted, "int8", windows.values).anomaly
    assert found is not None
    assert np.abs(found - kmeans_oracle(fitted.clusters.model, statistics)).max() < 1e-4


def test_labels_never_learned_are_anomalies_and_no_wrong_answers(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    broken = []
    for sample in testing_samples[:3]:
        signal = sample.load_signal()
        loud = replace(signal, values=signal.values * 6)
        broken.append(
            sample_from_signal(loud, name=f"broken {sample.name}", label="broken",
                               metadata=sample.metadata)
        )  # fmt: skip
    result = evaluate(fitted, [*testing_samples, *broken])
    assert result.classification is not None
    assert result.anomaly is not None
    assert result.classification.count == 60
    assert len(result.windows) == 75
    assert result.anomaly.auroc is not None
    assert result.anomaly.auroc > 0.8
    assert (result.anomaly.normal, result.anomaly.anomalous) == (60, 15)
    assert fitted.clusters is not None
    assert result.anomaly.threshold == fitted.clusters.threshold
    assert result.anomaly.false_positive_rate is not None
    assert result.anomaly.false_positive_rate < 0.1


def test_the_result_is_plain_json(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    document = json.loads(json.dumps(evaluate(fitted, testing_samples).to_dict(), allow_nan=False))
    assert document["variant"] == "int8"
    assert document["classes"] == ["idle", "rattling", "turning"]
    assert len(document["windows"]) == 60
    row = document["windows"][1]
    assert (row["sample"], row["start_ms"]) == (testing_samples[0].name, 500.0)
    assert row["label"] == testing_samples[0].label
    assert len(row["scores"]) == 3
    assert isinstance(row["anomaly"], float)


def test_values_are_taken_apart_in_the_order_of_the_blocks(fitted: FittedImpulse) -> None:
    values = np.arange(8, dtype=np.float32).reshape(2, 4)
    features = np.zeros((2, 1), np.float32)
    found = split_values(fitted, features, values)
    assert found.scores is not None
    assert found.anomaly is not None
    assert found.scores.tolist() == [[0, 1, 2], [4, 5, 6]]
    assert found.anomaly.tolist() == [3, 7]
    turned = fitted.design.model_copy(update={"learning": fitted.design.learning[::-1]})
    found = split_values(replace(fitted, design=turned), features, values)
    assert found.scores is not None
    assert found.anomaly is not None
    assert found.scores.tolist() == [[1, 2, 3], [5, 6, 7]]
    assert found.anomaly.tolist() == [0, 4]


def test_an_impulse_with_the_anomaly_block_first_computes_the_same(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    windows = cut_windows(testing_samples, fitted.design, fitted.window).values
    turned = fitted.design.model_copy(update={"learning": fitted.design.learning[::-1]})
    one = predict(fitted, "int8", windows)
    other = predict(replace(fitted, design=turned), "int8", windows)
    assert one.scores is not None
    assert other.scores is not None
    assert one.anomaly is not None
    assert other.anomaly is not None
    assert one.scores.tobytes() == other.scores.tobytes()
    assert one.anomaly.tobytes() == other.anomaly.tobytes()


def test_regression_is_measured_in_its_own_unit(
    motion_samples: SampleMaker, motion_document: Callable[..., dict[str, Any]]
) -> None:
    speeds = {"idle": "0", "turning": "4", "rattling": "17"}
    samples = [item.with_(label=speeds[item.label]) for item in motion_samples(24)]
    learning = [{"id": "speed", "type": "regression", "training": {"epochs": 40, "threads": 1}}]
    made = fit(parse_impulse(motion_document(learning=learning)), samples[:18])
    result = evaluate(made, samples[18:], "float32")
    assert result.classification is None
    assert result.regression is not None
    assert result.regression.count == 30
    assert result.regression.mae < 3
    with pytest.raises(DatasetError, match="1 labels are not numbers: 'fast'"):
        evaluate(made, [samples[0].with_(label="fast")])


def test_what_cannot_be_tested_is_refused(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...]
) -> None:
    with pytest.raises(DatasetError, match="there are no test samples") as caught:
        evaluate(fitted, ())
    assert caught.value.hint
    with pytest.raises(DatasetError, match="no test window has a label"):
        evaluate(fitted, [testing_samples[0].with_(label="")])
    with pytest.raises(DatasetError, match=r"expected \[n, 300\]"):
        predict(fitted, "int8", np.zeros((2, 299), np.float32))
