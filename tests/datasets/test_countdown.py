"""Seconds until an event as regression target."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import WindowSpec, make_windows
from tinsmith.datasets.countdown import seconds_until
from tinsmith.signals import Segment


def test_targets_count_down_from_the_end_of_a_window(make_sample) -> None:
    sample = make_sample(segments=(Segment(0, 59, "toasting"), Segment(60, 99, "burnt")))
    counted = seconds_until(sample, "burnt")
    windows = make_windows([counted], WindowSpec(200, 200, label_rule="last"))
    # The last frames of the windows are 19, 39, 59, 79 and 99, a hundredth of a second each.
    np.testing.assert_allclose(windows.targets(), [0.41, 0.21, 0.01, -0.19, -0.39], rtol=1e-6)


def test_recording_without_the_event_or_time(make_sample) -> None:
    sample = make_sample(segments=(Segment(0, 59, "toasting"),))
    with pytest.raises(DatasetError, match="never has the label 'burnt'"):
        seconds_until(sample, "burnt")
    with pytest.raises(DatasetError, match="no time"):
        seconds_until(make_sample(interval_ms=0, segments=(Segment(0, 5, "x"),)), "x")
