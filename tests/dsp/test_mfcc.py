"""MFCC: reference values, the float64 definition, limits, the same bits in every build."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft

from tinsmith.core.errors import DesignError


def exact(audio: Any, window: Any, rate: float, settings: dict[str, Any]) -> Any:
    """[frames, coefficients]"""
    fft, filters = settings.get("fft_length", 256), settings.get("num_filters", 32)
    low, high = settings.get("low_frequency_hz", 0), settings.get("high_frequency_hz", 0)
    length, stride = settings.get("frame_length_s", 0.02), settings.get("frame_stride_s", 0.02)
    power = audio.power(window, rate, length, stride, fft, settings.get("pre_emphasis", 0.98))
    energies = power @ audio.mel(rate, fft, filters, low, high).T
    logs = np.log(np.where(energies == 0, 1e-10, energies))
    cepstra = scipy.fft.dct(logs, type=2, norm="ortho", axis=1)
    total = power.sum(axis=1)
    cepstra[:, 0] = np.log(np.where(total == 0, 1e-10, total))
    cepstra = cepstra[:, : settings.get("num_cepstral", 13)]
    size = settings.get("win_size", 101)
    return normalised(cepstra, size) if size else cepstra


def normalised(rows: Any, size: int) -> Any:
    """Sliding mean, then sliding deviation, over mirrored rows."""
    centred = rows - np.array([window.mean(axis=0) for window in sliding(rows, size)])
    deviations = np.array([window.std(axis=0) for window in sliding(centred, size)])
    return centred / (deviations + 1e-10)


def sliding(rows: Any, size: int) -> list[Any]:
    padded = np.pad(rows, ((size // 2, size // 2), (0, 0)), mode="symmetric")
    return [padded[i : i + size] for i in range(len(rows))]


def test_reference_values_of_the_defaults(features: Callable[..., Any], g3: Any) -> None:
    values = features("mfcc", g3, rate_hz=16000.0)
    first = [0.50232452, 0.080028594, 1.1800458, 1.0805349, 0.96029544, 0.46481326, -0.83290708]
    first += [-1.2167583, 0.37599477, 1.3673451, 1.8400011, 0.74096185, -1.8240941]
    assert values.shape == (650,)
    assert values[:13] == pytest.approx(first, abs=1e-3)
    assert values.sum(dtype=np.float64) == pytest.approx(-0.01977862, abs=1e-3)


def test_reference_values_without_normalisation(features: Callable[..., Any], g3: Any) -> None:
    settings = {"fft_length": 512, "win_size": 0, "low_frequency_hz": 300}
    values = features("mfcc", g3, rate_hz=16000.0, **settings)
    first = [20.755022, 0.57674367, -0.95181818, 8.0093442, 3.9750643, -1.4383732]
    assert values.shape == (650,)
    assert values[:6] == pytest.approx(first, abs=1e-3)
    assert values.sum(dtype=np.float64) == pytest.approx(1594.023, abs=1e-2)


def test_agrees_with_the_float64_definition_on_the_reference_signal(
    features: Callable[..., Any], audio: Any, g3: Any
) -> None:
    got = features("mfcc", g3, rate_hz=16000.0).reshape(50, 13)
    assert np.abs(got - exact(audio, g3, 16000.0, {})).max() < 1e-3


@pytest.mark.parametrize(
    ("rate", "length", "settings"),
    [
        (16000.0, 16000, {}),
        (16000.0, 16000, {"win_size": 0}),
        (16000.0, 16000, {"frame_stride_s": 0.01, "fft_length": 512}),
        (16000.0, 8000, {"win_size": 9}),
        (16000.0, 4000, {"win_size": 301, "num_cepstral": 32}),
        (8000.0, 9000, {"num_filters": 21, "num_cepstral": 20, "win_size": 25}),
        (11025.0, 9000, {"frame_length_s": 0.04, "fft_length": 512, "pre_emphasis": 0.5}),
        (16000.0, 6000, {"pre_emphasis": 0.0, "num_cepstral": 1, "win_size": 1}),
    ],
)
def test_agrees_with_float64(
    features: Callable[..., Any], audio: Any, rate: float, length: int, settings: dict[str, Any]
) -> None:
    rng = np.random.default_rng(length)
    windows = np.round(rng.standard_normal((3, length)) * [[30], [1000], [8000]])
    got = features("mfcc", windows, rate_hz=rate, **settings)
    wanted = np.array([exact(audio, window, rate, settings).ravel() for window in windows])
    # Pre-emphasis nearly empties the lowest bins of white noise, and the logarithm of the narrow
    # filters there magnifies the rounding of the FFT.
    assert np.abs(got - wanted).max() < 2e-2
    assert np.abs(got - wanted).mean() < 1e-4


def test_constant_rows_normalise_to_zero(features: Callable[..., Any]) -> None:
    assert not features("mfcc", np.zeros(16000), rate_hz=16000.0).any()
    # 320 samples repeat: every frame is the same.
    period = np.round(np.random.default_rng(1).standard_normal(320) * 1000)
    assert not features("mfcc", np.tile(period, 50), rate_hz=16000.0).any()
    assert not features("mfcc", np.tile(period, 50), rate_hz=16000.0, win_size=21).any()


def test_quiet_part_of_a_loud_window_keeps_its_variance(
    features: Callable[..., Any], audio: Any
) -> None:
    rng = np.random.default_rng(2)
    loudness = np.where(np.arange(16000) < 8000, 8000, 2)
    window = np.round(rng.standard_normal(16000) * loudness)
    settings = {"win_size": 11}
    got = features("mfcc", window, rate_hz=16000.0, **settings).reshape(50, 13)
    assert np.abs(got - exact(audio, window, 16000.0, settings)).max() < 5e-3


def test_zero_energies_count_as_the_floor(features: Callable[..., Any]) -> None:
    values = features("mfcc", np.zeros(16000), rate_hz=16000.0, win_size=0).reshape(50, 13)
    assert values[:, 0] == pytest.approx(np.log(1e-10), abs=1e-5)
    assert values[:, 1:] == pytest.approx(0, abs=1e-4)


def test_extreme_samples_stay_finite(features: Callable[..., Any]) -> None:
    noise = np.random.default_rng(3).standard_normal(16000)
    for scale in (1e-42, 1e-25, 1e20, 5e37):
        assert np.isfinite(features("mfcc", noise * scale, rate_hz=16000.0)).all()


def test_many_windows_equal_single_ones(features: Callable[..., Any]) -> None:
    windows = np.random.default_rng(4).standard_normal((21, 3000)) * 1000
    together = features("mfcc", windows, rate_hz=16000.0, num_cepstral=20)
    for window, row in zip(windows, together, strict=True):
        assert np.array_equal(features("mfcc", window, rate_hz=16000.0, num_cepstral=20), row)


@pytest.mark.parametrize(
    "settings", [{}, {"win_size": 0}, {"win_size": 5, "num_filters": 21, "num_cepstral": 17}]
)
def test_same_bits_everywhere(
    everywhere: Callable[..., Any], same_bits: Callable[..., Any], settings: dict[str, Any]
) -> None:
    rng = np.random.default_rng(5)
    windows = np.round(rng.standard_normal((7, 4000)) * 10.0 ** np.arange(-2, 5)[:, None])
    same_bits(everywhere("mfcc", windows.astype(np.float32), rate_hz=16000.0, **settings))


def test_shape_and_warnings(plan: Callable[..., Any]) -> None:
    _, made = plan("mfcc", 16000, rate_hz=16000.0)
    assert made.shape.dims == (50, 13)
    assert "64 samples of every frame are not used" in made.warnings[0]
    single = plan("mfcc", 400, rate_hz=16000.0, fft_length=512)[1]
    assert "every feature 0" in single.warnings[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_axes": 3}, "one axis, but 3"),
        ({"num_cepstral": 33}, r"num_cepstral is 33; expected at most num_filters \(32\)"),
        ({"win_size": 100}, "win_size is 100; expected an odd number"),
        ({"high_frequency_hz": 8001}, "above half the sample rate"),
        ({"num_filters": 64}, "has no bin"),
        ({"frame_stride_s": 0.0015}, "frames; expected at most 500"),
        ({"pre_emphasis": 1.5}, "pre_emphasis is 1.5"),
    ],
)
def test_impossible_designs_are_explained(
    plan: Callable[..., Any], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(DesignError, match=said):
        plan("mfcc", 16002, rate_hz=16000.0, **options)
