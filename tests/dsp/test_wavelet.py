"""Wavelet features of the spectral block against PyWavelets in double precision."""

from __future__ import annotations

import numpy as np
import pytest
import pywt
import scipy.signal
import scipy.stats

from tinsmith.dsp.spectral_plan import WAVELETS

GOLDEN = {
    "db4": ("db4", 1, 84, [
        3.9217455, .10606061, .10606061, -1.4285907, -.94875181, .96478808, 1.4322364, .10744452,
        .020104392, .98703653, .98922938, .98724127, -.036501382, -1.4311807], 27.044629),
    "haar": ("haar", 2, 42, [
        4.3609407, .108, .108, -2.2390006, -1.3981698, 1.384033, 2.137841, -.01230552, 0,
        1.4538591, 2.1221948, 1.4538591, -.00025331421, -1.3391633], 18.066885),
}  # fmt: skip


def describe(x: np.ndarray) -> list[float]:
    # At the ends the high-pass of some wavelets gives 0, and rounding noise here.
    x = np.where(np.abs(x) < 1e-12, 0, x)
    ordered = np.sort(x)
    counts, _ = np.histogram(x, bins=100)
    deviation = x.std()
    flat = np.sqrt(np.mean(x * x)) == 0

    def nth(share: float) -> float:
        return ordered[int((len(x) - 1) * share + 0.5)]

    return [
        scipy.stats.entropy(counts),
        np.count_nonzero(np.diff(x > 0)) / len(x),
        np.count_nonzero(np.diff(x > x.mean())) / len(x),
        *(nth(share) for share in (0.05, 0.25, 0.75, 0.95, 0.5)),
        x.mean(), deviation, x.var(ddof=1), np.sqrt(np.mean(x * x)),
        0.0 if flat else scipy.stats.skew(x), 0.0 if flat else scipy.stats.kurtosis(x),
    ]  # fmt: skip


def oracle(x: np.ndarray, wavelet: str, level: int) -> np.ndarray:
    x = x.astype(np.float32).astype(np.float64)
    parts = pywt.wavedec(x - x.mean(), wavelet, mode="symmetric", level=level)
    return np.array([describe(part) for part in parts])


def recording(seed: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=count).cumsum() * 0.2 + rng.normal(size=count)


@pytest.mark.parametrize("case", GOLDEN)
def test_golden_values(features, case):
    wavelet, level, count, values, total = GOLDEN[case]
    n = np.arange(125 if case == "db4" else 1000)
    x = np.sin(2 * np.pi * 2 * n / 62.5) + 0.1 * np.cos(2 * np.pi * 11 * n / 62.5) + 0.01 * (n % 7)
    y, z = 0.5 * np.cos(2 * np.pi * 5 * n / 62.5) + 9.81, ((37 * n) % 101) / 101
    window, axes = np.stack([x, y, z], axis=1).ravel(), 3
    if case == "haar":
        window, axes = np.sin(2 * np.pi * 0.8 * n / 100) + 0.3 * np.sin(2 * np.pi * 9 * n / 100), 1
        window = window + ((37 * n) % 101) / 505
    found = features("spectral_analysis", window, num_axes=axes, analysis_type="Wavelet",
                     wavelet=wavelet, wavelet_level=level)  # fmt: skip
    assert found.shape == (count,)
    # The mean of the second is 0 up to the rounding of its neighbours.
    np.testing.assert_allclose(found[:14], values, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.astype(np.float64).sum(), total, rtol=1e-4)


@pytest.mark.parametrize("wavelet", WAVELETS)
def test_every_wavelet_equals_double_precision(features, wavelet):
    window = recording(len(wavelet), 401)
    found = features("spectral_analysis", window, analysis_type="Wavelet", wavelet=wavelet,
                     wavelet_level=3).reshape(4, 14)  # fmt: skip
    exact = oracle(window, wavelet, 3)
    # A value on the edge of a histogram bin may fall to the other side of it.
    np.testing.assert_allclose(found[:, 0], exact[:, 0], atol=0.03)
    np.testing.assert_allclose(found[:, 1:], exact[:, 1:], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("level", range(1, 8))
def test_every_level_equals_double_precision(features, level):
    window = recording(level, 32 << level)
    found = features("spectral_analysis", window, analysis_type="Wavelet", wavelet="db10",
                     wavelet_level=level).reshape(level + 1, 14)  # fmt: skip
    exact = oracle(window, "db10", level)
    np.testing.assert_allclose(found[:, 0], exact[:, 0], atol=0.03)
    np.testing.assert_allclose(found[:, 1:], exact[:, 1:], rtol=1e-4, atol=2e-5)


def test_decimation_and_filter_come_first(features):
    window = recording(1, 900)
    found = features("spectral_analysis", window, analysis_type="Wavelet", filter_type="low",
                     input_decimation_ratio=3, filter_cutoff_hz=5.0)  # fmt: skip
    chebyshev = scipy.signal.cheby1(8, 0.05, 0.8 / 3, output="sos")
    start = scipy.signal.sosfilt_zi(chebyshev) * window[0]
    x = scipy.signal.sosfilt(chebyshev, window, zi=start)[0][::3]
    x = scipy.signal.sosfilt(scipy.signal.butter(6, 5.0 * 2 * 3 / 100, output="sos"), x)
    exact = oracle(x, "db4", 1).ravel()
    np.testing.assert_allclose(np.delete(found, [0, 14]), np.delete(exact, [0, 14]), rtol=5e-4,
                               atol=2e-5)  # fmt: skip


def test_a_constant_axis_gives_zeros(features):
    found = features("spectral_analysis", np.full(128, 9.81), analysis_type="Wavelet")
    assert not found.any()


def test_labels_name_component_and_statistic(plan):
    _, planned = plan("spectral_analysis", 256, num_axes=2, analysis_type="Wavelet",
                      extra_low_freq=True)  # fmt: skip
    assert planned.labels[0] == "L0-entropy"
    assert planned.labels[-1] == "L1-kurtosis"
    assert planned.num_features == 2 * 28


@pytest.mark.parametrize("wavelet", ["haar", "bior6.8"])
def test_wavelets_have_the_same_bits_everywhere(everywhere, same_bits, wavelet):
    windows = np.stack([recording(seed, 2 * 130) for seed in range(18)]).astype(np.float32)
    windows[4] *= np.float32(1e-18)
    windows[5] = 1.0
    same_bits(everywhere("spectral_analysis", windows, num_axes=2, analysis_type="Wavelet",
                         wavelet=wavelet, wavelet_level=2))  # fmt: skip
