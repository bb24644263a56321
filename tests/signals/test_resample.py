"""Resampling: lengths, identity, frequencies, levels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DesignError
from tinsmith.signals import Sensor, Signal, resample


def of(values: list[float] | np.ndarray, interval_ms: float) -> Signal:
    column = np.asarray(values, dtype=np.float32)[:, np.newaxis]
    return Signal(column, interval_ms, (Sensor("a", "g"),))


def test_the_same_interval_returns_the_same_signal() -> None:
    signal = of([1, 2, 3], 16)
    assert resample(signal, 16) is signal


@given(
    st.integers(1, 500),
    st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000]),
    st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000]),
)
@settings(max_examples=40, deadline=None)
def test_length_is_the_ceiling_of_the_ratio_of_rates(frames: int, rate: int, wanted: int) -> None:
    result = resample(of(np.ones(frames), 1000 / rate), 1000 / wanted)
    assert result.frames == max(1, math.ceil(wanted * frames / rate))
    assert result.interval_ms == 1000 / wanted
    assert result.sensors == (Sensor("a", "g"),)


@given(st.integers(1, 300), st.floats(0.05, 20), st.floats(-1000, 1000, width=32))
@settings(max_examples=80, deadline=None)
def test_a_constant_stays_constant_to_its_ends(frames: int, ratio: float, level: float) -> None:
    result = resample(of(np.full(frames, level), 10 * ratio), 10)
    np.testing.assert_allclose(result.values, level, rtol=5e-3, atol=1e-6)


@pytest.mark.parametrize(("rate", "wanted"), [(44100, 16000), (48000, 16000), (8000, 16000)])
def test_tones_below_the_new_limit_stay_and_above_it_vanish(rate: int, wanted: int) -> None:
    def tone(frequency: float, sampled: int) -> np.ndarray:
        return 1000 * np.sin(2 * np.pi * frequency * np.arange(sampled) / sampled)

    kept = resample(of(tone(1000, rate), 1000 / rate), 1000 / wanted).values[:, 0]
    expected = tone(1000, wanted)
    assert np.abs(kept - expected)[200:-200].max() < 5
    if rate > wanted:
        gone = resample(of(tone(12000, rate), 1000 / rate), 1000 / wanted).values[:, 0]
        assert np.abs(gone[200:-200]).max() < 10


def test_odd_intervals_do_not_drift() -> None:
    time = np.arange(12_000) * 5.0349121093750115
    slow = np.sin(2 * np.pi * time / 5000)
    result = resample(of(slow, 5.0349121093750115), 10.0)
    expected = np.sin(2 * np.pi * np.arange(result.frames) * 10.0 / 5000)
    assert np.abs(result.values[:, 0] - expected)[50:-50].max() < 0.01


def test_axes_do_not_mix() -> None:
    values = np.zeros((100, 2), np.float32)
    values[:, 1] = 7
    signal = Signal(values, 10, (Sensor("a", ""), Sensor("b", "")))
    result = resample(signal, 4).values
    assert (result[:, 0] == 0).all()
    np.testing.assert_allclose(result[:, 1], 7, rtol=5e-3)


@pytest.mark.parametrize("interval", [0, -1, math.nan, math.inf, 1e9])
def test_impossible_intervals_are_refused(interval: float) -> None:
    with pytest.raises(DesignError, match="resample"):
        resample(of([1, 2], 10), interval)


def test_features_without_time_are_refused() -> None:
    with pytest.raises(DesignError, match="features without time"):
        resample(of([1], 0), 10)
