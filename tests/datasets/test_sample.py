"""Samples in memory."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import Dataset, sample_from_signal
from tinsmith.datasets.sample import storable_options
from tinsmith.signals import DecodeOptions, Image, Segment, Sensor, Signal

_SENSORS = (Sensor("x", "g"),)


def test_id_depends_on_content_alone(make_sample) -> None:
    assert make_sample("a", "x").id == make_sample("b", "y").id
    assert make_sample(offset=1).id != make_sample().id
    assert make_sample(interval_ms=20).id != make_sample().id


def test_content_comes_back(make_sample) -> None:
    sample = make_sample()
    assert sample.load() is sample.load_signal()
    assert sample.facts.duration_ms == 1000
    with pytest.raises(DatasetError, match="expected a picture"):
        sample.load_image()
    picture = sample_from_signal(Image(np.zeros((2, 3, 3), np.uint8)), name="p")
    assert (picture.facts.width, picture.facts.height) == (3, 2)
    with pytest.raises(DatasetError, match="expected a recording"):
        picture.load_signal()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    values = np.zeros((5, 1), np.float32)
    values[3] = value
    with pytest.raises(DatasetError, match="row 3"):
        sample_from_signal(Signal(values, 10.0, _SENSORS), name="bad")


def test_empty_signal_is_refused() -> None:
    with pytest.raises(DatasetError, match="no values"):
        sample_from_signal(Signal(np.zeros((0, 1), np.float32), 10.0, _SENSORS), name="bad")


def test_classes_include_labels_over_time(make_sample) -> None:
    dataset = Dataset(
        (make_sample("a", "idle"), make_sample("b", "", segments=(Segment(0, 1, "on"),)))
    )
    assert dataset.classes == ("idle", "on")
    assert len(dataset.category("training")) == 0


def test_stored_options_hold_no_keys_and_no_limits() -> None:
    options = DecodeOptions(hmac_keys=("k",), max_bytes=5, interval_ms=2.0, columns=("a", "b"))
    assert storable_options(options) == {"interval_ms": 2.0, "columns": ["a", "b"]}
