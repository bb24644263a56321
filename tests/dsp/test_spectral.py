"""Spectral features: golden values, double-precision oracle, labels, limits, bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
import scipy.stats

from tinsmith.core.errors import DesignError

STAGES = {1: (), 3: (3,), 10: (10,), 30: (3, 10), 100: (10, 10), 1000: (10, 10, 10)}


def g1() -> np.ndarray:
    n = np.arange(125)
    x = np.sin(2 * np.pi * 2 * n / 62.5) + 0.1 * np.cos(2 * np.pi * 11 * n / 62.5) + 0.01 * (n % 7)
    y = 0.5 * np.cos(2 * np.pi * 5 * n / 62.5) + 9.81
    return np.stack([x, y, ((37 * n) % 101) / 101], axis=1).ravel()


def g2() -> np.ndarray:
    n = np.arange(1000)
    slow, fast = np.sin(2 * np.pi * 0.8 * n / 100), 0.3 * np.sin(2 * np.pi * 9 * n / 100)
    return slow + fast + ((37 * n) % 101) / 505


MOTION: dict[str, Any] = {"num_axes": 3, "rate_hz": 62.5}
LOW = {"filter_type": "low", "filter_order": 6, "fft_length": 64}
HIGH = {"filter_type": "high", "filter_cutoff_hz": 5, "filter_order": 4, "fft_length": 32,
        "do_log": False, "do_fft_overlap": False}  # fmt: skip
DECIMATED = {"input_decimation_ratio": 3, "filter_type": "low", "filter_cutoff_hz": 5,
             "fft_length": 32}  # fmt: skip

# window, options, number of features, index of the first value, values, sum of all
GOLDEN = {
    "defaults": (g1(), MOTION, 39, 0, [
        0.71097195, 0.010237847, -1.4690429, 1.7897872, 1.7074978, 0.48290127, -0.25839829,
        -0.39493789, -0.80845144, -0.97155548, -1.0799333, -1.1478372, -1.1734735], -12.12853),
    "low": (g1(), MOTION | LOW, 24, 0, [
        0.64460719, -0.21507908, -1.2228227, 5.278355, 26.514884, 0.29227631, 1.1939834,
        0.19458816], 79.738869),
    "high": (g1(), MOTION | HIGH, 57, 0, [
        0.076968201, 0.04310764, -0.86870551, 2.6441238, 6.2722791, 0.010629226, 0.009919744,
        0.02598149], 80.157202),
    "decimated": (g2(), DECIMATED, 10, 0, [
        0.70032259, -0.018453454, -1.4790982, 2.9628642, 7.5489925, 0.92993516, -0.3017215,
        -0.72393517, -0.97144379, -1.1926179], 7.4548444),
    "low bands": (g2(), {"extra_low_freq": True}, 26, 13, [
        0.69698807, -0.034249759, -1.4541253, 2.0808563, 2.8823712, 0.59171706, 0.066472679,
        -0.76726924], -3.6025087),
}  # fmt: skip


@pytest.mark.parametrize("case", GOLDEN)
def test_golden_values(features, case):
    window, options, count, first, values, total = GOLDEN[case]
    found = features("spectral_analysis", window, **options)
    assert found.shape == (count,)
    np.testing.assert_allclose(found[first : first + len(values)], values, rtol=1e-4)
    np.testing.assert_allclose(found.astype(np.float64).sum(), total, rtol=1e-4)


def decimate(x: np.ndarray, ratio: int) -> np.ndarray:
    sections = scipy.signal.cheby1(8, 0.05, 0.8 / ratio, output="sos")
    start = scipy.signal.sosfilt_zi(sections) * x[0]
    return scipy.signal.sosfilt(sections, x, zi=start)[0][::ratio]


def max_hold(x: np.ndarray, length: int, overlap: bool) -> np.ndarray:
    step = length // 2 if overlap else length
    frames = [x[start : start + length] for start in range(0, len(x), step)]
    return np.max([np.abs(np.fft.rfft(frame, length)) ** 2 / length for frame in frames], axis=0)


def shape_of(x: np.ndarray) -> list[float]:
    return [scipy.stats.skew(x), scipy.stats.kurtosis(x)]


def describe(x: np.ndarray, rate_hz: float, options: dict[str, Any]) -> list[float]:
    length = options.get("fft_length", 16)
    x = x - x.mean()
    power = max_hold(x, length, options.get("do_fft_overlap", True))
    values = [np.sqrt(np.mean(x * x)), *shape_of(x), *shape_of(power)]
    kind, cutoff = options.get("filter_type", "none"), options.get("filter_cutoff_hz", 3.0)
    position = min(cutoff, rate_hz / 2) * length / rate_hz
    first = max(1, int(position - 0.5) + 1) if kind == "high" else 1
    last = int(position + 0.5) if kind == "low" else length // 2
    kept = power[first : last + 1]
    if options.get("do_log", True):
        kept = np.log10(np.where(kept == 0, 1e-10, kept))
    return [*values, *kept]


def oracle(window: np.ndarray, num_axes: int, rate_hz: float, **options: Any) -> np.ndarray:
    """The definition in double precision, straight from its text."""
    normal: list[float] = []
    low: list[float] = []
    for axis in window.reshape(-1, num_axes).T:
        x = axis.astype(np.float32).astype(np.float64) * options.get("scale_axes", 1.0)
        ratio = options.get("input_decimation_ratio", 1)
        for stage in STAGES[ratio]:
            x = decimate(x, stage)
        kind, order = options.get("filter_type", "none"), options.get("filter_order", 6)
        if kind != "none" and order:
            cutoff = options.get("filter_cutoff_hz", 3.0) * 2 * ratio / rate_hz
            x = scipy.signal.sosfilt(scipy.signal.butter(order, cutoff, kind, output="sos"), x)
        normal += describe(x, rate_hz / ratio, options)
        if options.get("extra_low_freq"):
            low += describe(decimate(x - x.mean(), 10), rate_hz / ratio / 10, options)
    return np.array(normal + low)


def recording(seed: int, frames: int, num_axes: int) -> np.ndarray:
    """Noise with some colour, on levels like gravity."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(frames, num_axes)).cumsum(axis=0) * 0.3
    return (noise + rng.normal(size=(frames, num_axes)) + rng.uniform(-10, 10, num_axes)).ravel()


def assert_close(found: np.ndarray, exact: np.ndarray) -> None:
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("fft_length", [4, 8, 16, 32, 64, 128, 512, 1024])
@pytest.mark.parametrize("overlap", [True, False])
def test_every_fft_length_equals_double_precision(features, fft_length, overlap):
    options = {"fft_length": fft_length, "do_fft_overlap": overlap, "scale_axes": 0.7}
    window = recording(fft_length, 300, 2)
    found = features("spectral_analysis", window, num_axes=2, **options)
    assert_close(found, oracle(window, 2, 100.0, **options))


@pytest.mark.parametrize("order", [0, 2, 4, 6, 8])
@pytest.mark.parametrize("kind", ["low", "high"])
@pytest.mark.parametrize("cutoff", [0.5, 3.0, 20.0, 49.0])
def test_every_filter_equals_double_precision(features, order, kind, cutoff):
    options = {"filter_type": kind, "filter_order": order, "filter_cutoff_hz": cutoff,
               "fft_length": 128}  # fmt: skip
    window = recording(order, 500, 1)
    found = features("spectral_analysis", window, **options)
    exact = oracle(window, 1, 100.0, **options)
    # What a high-pass leaves of a large level is the difference of large numbers.
    level = 1e-4 * np.abs(exact[0])
    np.testing.assert_allclose(found, exact, rtol=2e-4, atol=max(2e-4, level))


@pytest.mark.parametrize("ratio", [3, 10, 30, 100, 1000])
@pytest.mark.parametrize("kind", ["none", "low", "high"])
def test_every_decimation_ratio_equals_double_precision(features, ratio, kind):
    options = {"input_decimation_ratio": ratio, "filter_type": kind, "fft_length": 16,
               "filter_cutoff_hz": 100 / ratio}  # fmt: skip
    window = recording(ratio, 40 * ratio, 1)
    found = features("spectral_analysis", window, rate_hz=1000.0, **options)
    assert_close(found, oracle(window, 1, 1000.0, **options))


@pytest.mark.parametrize("kind", ["none", "low", "high"])
@pytest.mark.parametrize("ratio", [1, 3])
def test_low_bands_of_several_axes_follow_all_axes(features, kind, ratio):
    options = {"extra_low_freq": True, "filter_type": kind, "input_decimation_ratio": ratio,
               "fft_length": 32}  # fmt: skip
    window = recording(5, 2000, 3)
    found = features("spectral_analysis", window, num_axes=3, **options)
    assert_close(found, oracle(window, 3, 100.0, **options))


def test_a_cutoff_far_below_the_rate_stays_exact(features):
    # A direct-form filter in single precision is off by percents here.
    options = {"filter_type": "low", "filter_cutoff_hz": 1.0, "filter_order": 8,
               "fft_length": 1024}  # fmt: skip
    window = recording(6, 8000, 1)
    found = features("spectral_analysis", window, rate_hz=1000.0, **options)
    np.testing.assert_allclose(found, oracle(window, 1, 1000.0, **options), rtol=5e-4)


def test_axes_are_taken_in_the_given_order(features):
    window = recording(7, 100, 4)
    whole = features("spectral_analysis", window, num_axes=4).reshape(4, -1)
    found = features("spectral_analysis", window, num_axes=4, axes=(3, 1)).reshape(2, -1)
    assert np.array_equal(found, whole[[3, 1]])


@pytest.mark.parametrize("level", [0.0, 9.81, -1e6])
def test_a_constant_axis_gives_defined_features(features, level):
    found = features("spectral_analysis", np.full(125, level))
    assert found[:5].tolist() == [0, 0, -3, 0, -3]
    np.testing.assert_allclose(found[5:], -10, rtol=1e-6)


def test_a_level_does_not_change_the_features(features):
    window = (np.random.default_rng(8).integers(-512, 512, 256) / 256).astype(np.float32)
    found = features("spectral_analysis", window + np.float32(1024))
    assert np.array_equal(found, features("spectral_analysis", window))


@pytest.mark.parametrize("exponent", [-12, -6, 6, 12])
def test_tiny_and_huge_values_keep_their_shape(features, exponent):
    window = recording(9, 125, 1)
    found = features("spectral_analysis", window * 10.0**exponent, do_log=False)
    exact = oracle(window * 10.0**exponent, 1, 100.0, do_log=False)
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=0)


def test_windows_are_independent_of_their_neighbours(features):
    windows = np.stack([recording(seed, 60, 2) for seed in range(37)]).astype(np.float32)
    together = features("spectral_analysis", windows, num_axes=2)
    for index in (0, 15, 16, 36):
        assert np.array_equal(
            together[index], features("spectral_analysis", windows[index], num_axes=2)
        )


def test_labels_name_bins_by_their_edges(plan):
    _, planned = plan("spectral_analysis", 375, **MOTION)
    assert planned.labels[:6] == ("RMS", "Skewness", "Kurtosis", "Spectral Skewness",
                                  "Spectral Kurtosis", "Spectral Power 1.95 - 5.86 Hz")  # fmt: skip
    assert planned.labels[-1] == "Spectral Power 29.3 - 33.2 Hz"
    assert planned.num_features == 39


def test_labels_of_low_bands_follow_those_of_all_axes(plan):
    _, planned = plan("spectral_analysis", 600, num_axes=2, extra_low_freq=True, fft_length=8)
    labels = planned.feature_labels(("x", "y"))
    assert len(labels) == planned.num_features == 36
    assert labels[0] == "x RMS"
    assert labels[9] == "y RMS"
    assert labels[18] == "x RMS LF"
    assert labels[23] == "x Spectral Power 0.62 - 1.88 Hz"
    assert labels[27] == "y RMS LF"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filter_type": "low", "filter_cutoff_hz": 50}, "expected less than 50 Hz"),
        ({"filter_type": "high", "filter_cutoff_hz": 60}, "expected less than 50 Hz"),
        ({"filter_type": "low", "filter_order": 5}, "filter_order"),
        ({"filter_type": "low", "filter_cutoff_hz": 16, "input_decimation_ratio": 3}, "at most 15"),
        ({"filter_type": "low", "filter_cutoff_hz": 0.0}, "filter_cutoff_hz"),
        ({"filter_type": "band"}, "filter_type is 'band'"),
        ({"input_decimation_ratio": 7}, "input_decimation_ratio is 7"),
        ({"fft_length": 24}, "power of two"),
        ({"fft_length": 2}, "at least 4"),
        ({"fft_length": 8192}, "at most 4096"),
        ({"filter_type": "low", "filter_cutoff_hz": 1, "fft_length": 16}, "no frequency bin"),
        ({"extra_low_freq": True, "fft_length": 256}, "expected at least 128"),
        ({"analysis_type": "Wavelet", "wavelet_level": 6}, "needs 2048 values"),
        ({"analysis_type": "Wavelet", "wavelet": "db40"}, "wavelet is 'db40'"),
        ({"scale_axes": float("nan")}, "finite"),
        ({"window": "hann"}, "unknown parameter"),
    ],
)
def test_designs_that_make_no_sense_are_refused(plan, options, message):
    with pytest.raises(DesignError, match=message):
        plan("spectral_analysis", 1000, **options)


def test_an_fft_longer_than_the_window_is_a_warning(plan):
    _, planned = plan("spectral_analysis", 50, fft_length=64)
    assert "fewer than fft_length 64" in planned.warnings[0]
    assert plan("spectral_analysis", 64, fft_length=64)[1].warnings == ()


@pytest.mark.parametrize(
    "options",
    [
        {},
        LOW,
        HIGH,
        {"fft_length": 128, "do_fft_overlap": False},
        {"input_decimation_ratio": 3, "extra_low_freq": True, "fft_length": 4},
    ],
)
def test_spectral_has_the_same_bits_everywhere(everywhere, same_bits, options):
    windows = np.stack([recording(seed, 90, 2) for seed in range(20)]).astype(np.float32)
    windows[3:8] *= np.float32(1e-18)
    windows[8] = 9.81
    windows[9] = 0.0
    same_bits(everywhere("spectral_analysis", windows, num_axes=2, rate_hz=62.5, **options))
