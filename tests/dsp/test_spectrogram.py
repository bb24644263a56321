"""Spectrogram: reference values, the float64 definition, limits, the same bits in every build."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DesignError


def exact(audio: Any, window: Any, rate: float, settings: dict[str, Any]) -> Any:
    fft, floor = settings.get("fft_length", 128), settings.get("noise_floor_db", -52)
    length, stride = settings.get("frame_length_s", 0.02), settings.get("frame_stride_s", 0.01)
    power = audio.power(window, rate, length, stride, fft, 0.0)
    return np.maximum((10 * np.log10(np.maximum(power, 1e-30)) - floor) / (12 - floor), 0)


def test_reference_values(features: Callable[..., Any], g3: Any) -> None:
    values = features("spectrogram", g3 / 32768, rate_hz=16000.0)
    first = [0.62666926, 0.63895714, 0.6799216, 0.80095327, 0.78922463, 0.59854084]
    assert values.shape == (6435,)
    assert values[:6] == pytest.approx(first, rel=1e-5)
    assert values.sum(dtype=np.float64) == pytest.approx(2096.1957, rel=1e-6)


@pytest.mark.parametrize(
    ("rate", "length", "settings"),
    [
        (16000.0, 8000, {}),
        (16000.0, 8000, {"fft_length": 512, "frame_length_s": 0.03}),
        (100.0, 900, {"fft_length": 64, "frame_length_s": 0.5, "frame_stride_s": 0.25}),
        (62.5, 400, {"fft_length": 16, "frame_length_s": 0.2, "frame_stride_s": 0.1}),
        (8000.0, 9000, {"fft_length": 4096, "frame_length_s": 0.5, "noise_floor_db": -80}),
    ],
)
def test_agrees_with_float64(
    features: Callable[..., Any], audio: Any, rate: float, length: int, settings: dict[str, Any]
) -> None:
    rng = np.random.default_rng(length)
    # float32 first: the oracle sees what the block sees.
    windows = (rng.standard_normal((3, length)) * [[0.01], [1], [3000]]).astype(np.float32)
    got = features("spectrogram", windows, rate_hz=rate, **settings)
    wanted = np.array([exact(audio, window, rate, settings).ravel() for window in windows])
    # Where a bin is nearly empty, its decibels magnify the rounding of the FFT.
    assert np.abs(got - wanted).max() < 2e-3
    assert np.abs(got - wanted).mean() < 1e-6


def test_silence_denormals_and_loud_input(features: Callable[..., Any]) -> None:
    assert not features("spectrogram", np.zeros(2000), rate_hz=16000.0).any()
    noise = np.random.default_rng(1).standard_normal(2000)
    assert not features("spectrogram", noise * 1e-42, rate_hz=16000.0).any()
    assert np.isfinite(features("spectrogram", noise * 1e37, rate_hz=16000.0)).all()


def test_one_axis_of_several(features: Callable[..., Any]) -> None:
    windows = np.random.default_rng(2).standard_normal((20, 300, 3)).astype(np.float32)
    options = {"rate_hz": 100.0, "frame_length_s": 0.3, "frame_stride_s": 0.1, "fft_length": 32}
    whole = features("spectrogram", windows.reshape(20, -1), num_axes=3, axes=(1,), **options)
    assert np.array_equal(whole, features("spectrogram", windows[:, :, 1], **options))


@pytest.mark.parametrize("settings", [{}, {"fft_length": 16}, {"frame_length_s": 0.0065}])
def test_same_bits_everywhere(
    everywhere: Callable[..., Any], same_bits: Callable[..., Any], settings: dict[str, Any]
) -> None:
    scales = 10.0 ** np.arange(-5, 4)[:, None]
    windows = np.random.default_rng(3).standard_normal((9, 2000)) * scales
    same_bits(everywhere("spectrogram", windows.astype(np.float32), rate_hz=16000.0, **settings))


def test_shape(plan: Callable[..., Any]) -> None:
    _, made = plan("spectrogram", 16000, rate_hz=16000.0)
    assert made.shape.kind == "spectrogram"
    assert made.shape.dims == (99, 65)
    assert "192 samples of every frame are not used" in made.warnings[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_axes": 2}, "one axis, but 2"),
        ({"frame_length_s": 0.00015}, "frame_length_s is 0.00015 s, 3 samples"),
        ({"frame_length_s": 2.0}, "does not fit"),
        ({"noise_floor_db": -101}, "noise_floor_db is -101"),
    ],
)
def test_impossible_designs_are_explained(
    plan: Callable[..., Any], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(DesignError, match=said):
        plan("spectrogram", 16000, rate_hz=16000.0, **options)
