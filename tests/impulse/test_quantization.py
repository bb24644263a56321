"""The quantisation of a trained impulse, and of two files with inputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.quantization import compare_on_rows, quantization_report, read_rows


def test_every_layer_of_a_trained_network_is_measured(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...], trained_cache: Cache
) -> None:
    report = quantization_report(fitted, testing_samples, cache=trained_cache, count=16)
    assert report.inputs == 16
    assert report.unmatched == ()
    assert report.layers[-1].operator == "SOFTMAX"
    assert all(layer.own_db > 20 and layer.remedy == "fine" for layer in report.layers)
    assert report.layers[-1].sqnr_db > 15
    assert report.to_dict()["weakest"] == report.weakest.name


def test_an_impulse_without_a_network_is_refused(
    fitted: FittedImpulse, testing_samples: tuple[Sample, ...], trained_cache: Cache
) -> None:
    alone = replace(fitted, network=None)
    with pytest.raises(DesignError, match="no network"):
        quantization_report(alone, testing_samples, cache=trained_cache)


def test_rows_are_spread_over_all_there_are(fitted: FittedImpulse) -> None:
    assert fitted.network is not None
    width = sum(item.plan.num_features for item in fitted.blocks)
    rows = np.random.default_rng(0).uniform(-1, 1, (50, width)).astype(np.float32)
    models = fitted.network.float32, fitted.network.int8
    report = compare_on_rows(*models, rows, count=3)
    assert report.inputs == 3
    assert report == compare_on_rows(*models, rows[[0, 24, 49]])
    with pytest.raises(DatasetError, match=f"expected \\[n, {width}\\]"):
        compare_on_rows(*models, rows[:, 1:])


def test_inputs_come_from_a_numpy_file(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.arange(6).reshape(2, 3))
    rows = read_rows(tmp_path / "rows.npy")
    assert (rows.dtype, rows.shape) == (np.float32, (2, 3))


@pytest.mark.parametrize("kind", ["absent", "text", "words", "infinite", "number"])
def test_anything_else_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.npy"
    if kind == "text":
        path.write_text("1 2 3")
    elif kind != "absent":
        values = {"words": np.array(["a"]), "infinite": np.array([np.inf]), "number": np.array(3)}
        np.save(path, values[kind])
    with pytest.raises(DatasetError) as caught:
        read_rows(path)
    assert caught.value.path == str(path)
