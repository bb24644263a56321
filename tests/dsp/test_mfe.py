"""MFE: reference values, the float64 definition, limits, the same bits in every build."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DesignError

# Settings, number of features, the first of them in 256ths, their sum.
GOLDEN: list[tuple[dict[str, Any], int, list[int], float]] = [
    (
        {"fft_length": 512},
        3960,
        [72, 70, 82, 83, 87, 101, 131, 170, 134, 89],
        1367.4766,
    ),
    (
        {},
        3960,
        [10, 11, 13, 18, 25, 38, 57, 170],
        796.49609,
    ),
    (
        {"num_filters": 32, "low_frequency_hz": 80, "high_frequency_hz": 7600},
        3168,
        [13, 18, 25, 38, 158, 158, 37],
        739.98047,
    ),
]


def levels(audio: Any, window: Any, rate: float, settings: dict[str, Any]) -> Any:
    """256ths before rounding, [frames, filters]."""
    fft = settings.get("fft_length", 256)
    low, high = settings.get("low_frequency_hz", 0), settings.get("high_frequency_hz", 0)
    length, stride = settings.get("frame_length_s", 0.02), settings.get("frame_stride_s", 0.01)
    power = audio.power(np.asarray(window, np.float64) / 32768, rate, length, stride, fft, 0.98)
    bank = audio.mel(rate, fft, settings.get("num_filters", 40), low, high)
    floor = settings.get("noise_floor_db", -52)
    decibels = 10 * np.log10(np.maximum(power @ bank.T, 1e-30))
    return np.clip((decibels - floor) / (12 - floor), 0, 1) * 256


def assert_on_grid(got: Any, exact: Any) -> None:
    """At most one cell in 1,000 is a step away, and only where the exact level lies on an edge."""
    steps = got.reshape(exact.shape) * 256
    assert np.array_equal(steps, np.round(steps))
    off = np.abs(steps - np.round(exact))
    assert off.max() <= 1
    assert off.mean() <= 1e-3
    assert np.abs(exact - steps).max() < 0.502


@pytest.mark.parametrize(("settings", "length", "first", "total"), GOLDEN)
def test_reference_values(
    features: Callable[..., Any], g3: Any, settings: Any, length: int, first: Any, total: float
) -> None:
    values = features("mfe", g3, rate_hz=16000.0, **settings)
    assert values.shape == (length,)
    assert (values[: len(first)] * 256).tolist() == first
    assert values.sum(dtype=np.float64) == pytest.approx(total, abs=4 / 256)


@pytest.mark.parametrize(
    ("rate", "length", "settings"),
    [
        (16000.0, 16000, {}),
        (16000.0, 16000, {"fft_length": 1024, "num_filters": 64}),
        (8000.0, 4000, {"fft_length": 128, "num_filters": 20, "noise_floor_db": -72}),
        (11025.0, 9000, {"frame_length_s": 0.025, "frame_stride_s": 0.0125, "fft_length": 512}),
        (44100.0, 30001, {"fft_length": 4096, "num_filters": 128, "frame_length_s": 0.09}),
        (1000.0, 700, {"fft_length": 32, "num_filters": 8, "frame_length_s": 0.004}),
        (16000.0, 5000, {"low_frequency_hz": 300, "high_frequency_hz": 4000, "num_filters": 16}),
    ],
)
def test_agrees_with_float64(
    features: Callable[..., Any], audio: Any, rate: float, length: int, settings: dict[str, Any]
) -> None:
    rng = np.random.default_rng(length)
    loudness = 10 ** rng.uniform(0, 4, (4, 1))
    windows = np.round(rng.standard_normal((4, length)) * loudness)
    got = features("mfe", windows, rate_hz=rate, **settings)
    exact = np.array([levels(audio, window, rate, settings) for window in windows])
    assert_on_grid(got, exact)


def test_silence_is_zero_and_full_scale_is_one(features: Callable[..., Any], audio: Any) -> None:
    assert not features("mfe", np.zeros(16000), rate_hz=16000.0).any()
    square = np.where(np.arange(16000) % 4 < 2, 32767.0, -32768.0)
    values = features("mfe", square, rate_hz=16000.0).reshape(99, 40)
    exact = levels(audio, square, 16000.0, {}) == 256
    assert exact.any()
    assert (values[exact] == 1.0).all()


def test_tiny_and_huge_samples_stay_in_range(features: Callable[..., Any]) -> None:
    rng = np.random.default_rng(5)
    for scale in (1e-42, 1e-30, 1e25, 3e37):
        values = features("mfe", rng.standard_normal(4000) * scale, rate_hz=16000.0)
        assert ((values >= 0) & (values <= 1)).all()
        assert (values > 0).any() == (scale > 1)


def test_many_windows_equal_single_ones(features: Callable[..., Any]) -> None:
    windows = np.random.default_rng(6).standard_normal((37, 2000)) * 1000
    together = features("mfe", windows, rate_hz=16000.0)
    for window, row in zip(windows, together, strict=True):
        assert np.array_equal(features("mfe", window, rate_hz=16000.0), row)


def test_one_axis_of_several(features: Callable[..., Any]) -> None:
    windows = (np.random.default_rng(7).standard_normal((5, 3000, 3)) * 1000).astype(np.float32)
    whole = features("mfe", windows.reshape(5, -1), num_axes=3, axes=(2,), rate_hz=16000.0)
    alone = features("mfe", windows[:, :, 2], rate_hz=16000.0)
    assert np.array_equal(whole, alone)


@pytest.mark.parametrize("settings", [{}, {"fft_length": 512}, {"frame_length_s": 0.01}])
def test_same_bits_everywhere(
    everywhere: Callable[..., Any], same_bits: Callable[..., Any], settings: dict[str, Any]
) -> None:
    rng = np.random.default_rng(8)
    windows = np.round(rng.standard_normal((7, 3000)) * 10.0 ** np.arange(-2, 5)[:, None])
    same_bits(everywhere("mfe", windows.astype(np.float32), rate_hz=16000.0, **settings))


def test_shape_and_warning_about_long_frames(plan: Callable[..., Any]) -> None:
    _, made = plan("mfe", 16000, rate_hz=16000.0)
    assert made.shape.dims == (99, 40)
    assert len(made.warnings) == 1
    assert "320 samples but the FFT takes 256" in made.warnings[0]
    assert "fft_length to 512" in made.warnings[0]
    assert not plan("mfe", 16000, rate_hz=16000.0, fft_length=512)[1].warnings
    gaps = plan("mfe", 16000, rate_hz=16000.0, fft_length=512, frame_stride_s=0.03)[1].warnings
    assert "160 samples between them are not used" in gaps[0]


def test_frame_counts_round_as_the_definition_says(plan: Callable[..., Any]) -> None:
    # 11025 Hz * 0.02 s = 220.5 samples: rounded up; 0.0200000001 s: within 0.001 of a whole number.
    assert plan("mfe", 11025, rate_hz=11025.0)[1].shape.dims[0] == (11025 - (221 - 111)) // 111
    exact = plan("mfe", 16000, rate_hz=16000.0, frame_stride_s=0.0200000001)[1]
    assert exact.shape.dims[0] == 50


@pytest.mark.parametrize(
    ("length", "options", "said"),
    [
        (16000, {"num_axes": 2}, "one axis, but 2"),
        (200, {}, "does not fit into a window of 200 samples"),
        (16000, {"frame_stride_s": 0.001}, "981 frames; expected at most 500"),
        (16000, {"frame_stride_s": 0.0001}, "frame_stride_s is 0.0001 s, 2 samples"),
        (16000, {"high_frequency_hz": 9000}, "9000 Hz, above half the sample rate (8000 Hz)"),
        (16000, {"low_frequency_hz": 8000}, "low_frequency_hz is 8000 Hz; expected less"),
        (16000, {"num_filters": 100}, "has no bin of the spectrum"),
        (16000, {"fft_length": 300}, "fft_length is 300; expected one of"),
        (16000, {"num_filters": 1}, "num_filters is 1"),
        (16000, {"noise_floor_db": 5}, "noise_floor_db is 5"),
    ],
)
def test_impossible_designs_are_explained(
    plan: Callable[..., Any], length: int, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(DesignError) as raised:
        plan("mfe", length, rate_hz=16000.0, **options)
    assert said in str(raised.value)
    assert raised.value.hint


def test_suggested_limits_work(plan: Callable[..., Any]) -> None:
    # The remedies named in the errors are themselves accepted.
    assert plan("mfe", 16000, rate_hz=16000.0, num_filters=32)[1].num_features == 99 * 32
    with pytest.raises(DesignError) as raised:
        plan("mfe", 16000, rate_hz=16000.0, frame_stride_s=0.001)
    least = float(str(raised.value.hint).split("frame_stride_s to ")[1].split(" ")[0])
    assert plan("mfe", 16000, rate_hz=16000.0, frame_stride_s=least)[1].shape.dims[0] <= 500
