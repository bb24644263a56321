"""Cropping to where something happens."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import sample_from_signal
from tinsmith.datasets.crop import crop_loudest
from tinsmith.signals import Sensor, Signal


def test_the_loud_part_is_kept_whatever_the_offset_of_the_axis() -> None:
    values = np.full((1000, 1), 500.0, np.float32)
    values[600:700, 0] += 100 * np.sin(np.arange(100))
    sample = sample_from_signal(
        Signal(values, 1.0, (Sensor("audio", "wav"),)), name="word", label="yes",
        metadata={"who": "ann"},
    )  # fmt: skip
    cropped = crop_loudest(sample, 100)
    np.testing.assert_array_equal(cropped.load_signal().values, values[600:700])
    assert (cropped.name, cropped.label, cropped.metadata) == ("word", "yes", {"who": "ann"})
    assert cropped.fingerprint != sample.fingerprint
    assert crop_loudest(sample, 1000) is sample
    with pytest.raises(DatasetError, match="length_ms is 0"):
        crop_loudest(sample, 0)
