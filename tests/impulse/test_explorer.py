"""Windows on a map, and what features say."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tinsmith.core.errors import DesignError, UnsupportedError
from tinsmith.core.progress import Step
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.design import Impulse
from tinsmith.impulse.explorer import MapSettings, embedding, importance, window_map
from tinsmith.impulse.features import FeatureTable, feature_table, plan_blocks, window_format
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.learning.embedding import without_head


@pytest.fixture(scope="module")
def table(training_samples: tuple[Sample, ...], motion_design: Impulse) -> FeatureTable:
    window = window_format(training_samples, motion_design)
    return feature_table(training_samples, motion_design, window, cache=Cache(None))


def test_every_window_has_its_point(
    table: FeatureTable, training_samples: tuple[Sample, ...]
) -> None:
    found = window_map(table, training_samples)
    assert found.points.shape == (120, 2)
    assert found.labels == table.labels
    assert found.sample_ids[5] == training_samples[1].id
    assert found.start_ms[:6] == (0, 500, 1000, 1500, 2000, 0)
    plain = json.loads(json.dumps(found.to_dict()))
    assert (plain["shown"], plain["total"], plain["source"]) == (120, 120, "features")
    assert plain["windows"][5]["sample"] == training_samples[1].id


def test_many_windows_are_thinned_out_and_it_says_so(
    table: FeatureTable, training_samples: tuple[Sample, ...]
) -> None:
    steps: list[Step] = []
    found = window_map(
        table, training_samples, MapSettings(dims=3, limit=30), progress=steps.append
    )
    assert (found.points.shape, found.total) == ((30, 3), 120)
    assert set(found.labels) == {"idle", "turning", "rattling"}
    assert steps[0].note == "30 of 120 windows"
    with pytest.raises(DesignError, match="the limit is 3"):
        MapSettings(limit=3)


def test_a_map_is_made_once(table: FeatureTable, training_samples: tuple[Sample, ...]) -> None:
    pytest.importorskip("sklearn", reason="the learn extra is not installed")
    cache, settings = Cache(None), MapSettings("tsne", limit=40)
    first = window_map(table, training_samples, settings, cache=cache)
    misses = cache.misses
    again = window_map(table, training_samples, settings, cache=cache)
    assert cache.misses == misses
    assert first.points.tobytes() == again.points.tobytes()


def test_the_embedding_is_what_the_last_layer_takes(
    fitted: FittedImpulse, table: FeatureTable, training_samples: tuple[Sample, ...]
) -> None:
    values = embedding(fitted, table.features)
    assert values.shape == (120, 20)
    assert (values >= 0).all(), "the layer before ends in a ReLU"
    assert fitted.network is not None
    weights, bias = last_layer(fitted.network.float32)
    logits = values @ weights.T + bias
    predicted = [fitted.classes[index] for index in logits.argmax(axis=1)]
    assert np.mean(np.array(predicted) == np.array(table.labels)) > 0.9
    found = window_map(table, training_samples, fitted=fitted)
    assert found.source == "embedding"


def last_layer(tflite: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias of the last dense layer, read by the public schema."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(tflite))
    graph = model.subgraphs[0]
    dense = [item for item in graph.operators if len(item.inputs) == 3][-1]

    def values(index: int) -> np.ndarray:
        tensor = graph.tensors[index]
        data = np.asarray(model.buffers[tensor.buffer].data, np.uint8)
        return data.view(np.float32).reshape(tensor.shape)

    return values(dense.inputs[1]), values(dense.inputs[2])


def test_without_a_network_or_a_hidden_layer_there_is_no_embedding(
    fitted: FittedImpulse, table: FeatureTable
) -> None:
    with pytest.raises(DesignError, match="has no trained network"):
        embedding(replace(fitted, network=None), table.features)
    assert fitted.network is not None
    body = without_head(without_head(fitted.network.float32))
    with pytest.raises(UnsupportedError, match="a single layer"):
        without_head(body)


def test_important_features_are_those_that_tell_the_machines_apart(
    table: FeatureTable, training_samples: tuple[Sample, ...], motion_design: Impulse
) -> None:
    pytest.importorskip("sklearn", reason="the learn extra is not installed")
    blocks = plan_blocks(motion_design, window_format(training_samples, motion_design))
    found = importance(table, blocks)
    values = dict(found.features)
    assert len(values) == sum(item.plan.num_features for item in blocks)
    assert values["statistics/accX Stdev"] > values["statistics/accX Skewness"] + 0.2
    assert found.axes[0][1] == max(values.values())
    assert {name for name, _ in found.axes} == {"accX", "accY", "accZ"}
    assert found.method == "mutual information"
