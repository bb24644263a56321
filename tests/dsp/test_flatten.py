"""Flatten: the statistics of each axis."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from tinsmith.core.errors import DesignError

STATISTICS = ("average", "minimum", "maximum", "rms", "stdev", "skewness", "kurtosis")


def motion() -> np.ndarray:
    """Three axes, 125 frames at 62.5 Hz: the published golden signal G1."""
    n = np.arange(125)
    x = np.sin(2 * np.pi * 2 * n / 62.5) + 0.1 * np.cos(2 * np.pi * 11 * n / 62.5) + 0.01 * (n % 7)
    y = 0.5 * np.cos(2 * np.pi * 5 * n / 62.5) + 9.81
    z = ((37 * n) % 101) / 101
    return np.stack([x, y, z], axis=1)


def oracle(axis: np.ndarray) -> np.ndarray:
    return np.array([
        axis.mean(), axis.min(), axis.max(), np.sqrt(np.mean(axis**2)), axis.std(),
        scipy.stats.skew(axis), scipy.stats.kurtosis(axis),
    ])  # fmt: skip


def test_flatten_gives_the_golden_values(features):
    golden = [0.02976, -1.0404298, 1.1316201, 0.71159457, 0.71097199, 0.010237841, -1.469043]
    found = features("flatten", motion().ravel(), num_axes=3, rate_hz=62.5)
    assert found.shape == (21,)
    np.testing.assert_allclose(found[:7], golden, rtol=1e-4)


@pytest.mark.parametrize("length", [2, 3, 5, 16, 125, 1000])
@pytest.mark.parametrize("offset", [0.0, 9.81, -4000.0])
def test_flatten_equals_double_precision(features, length, offset):
    rng = np.random.default_rng(length)
    window = (rng.gamma(2.0, size=(length, 2)) + offset).astype(np.float32)
    found = features("flatten", window.ravel(), num_axes=2, scale_axes=0.5)
    exact = np.concatenate([oracle(axis * 0.5) for axis in window.T.astype(np.float64)])
    np.testing.assert_allclose(found, exact, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("exponent", [-30, -18, 18, 30])
def test_flatten_survives_tiny_and_huge_values(features, exponent):
    window = np.random.default_rng(3).normal(size=64) * 10.0**exponent
    window = window.astype(np.float32).astype(np.float64)
    np.testing.assert_allclose(features("flatten", window), oracle(window), rtol=2e-5)


@pytest.mark.parametrize("value", [0.0, 9.81, -1e-3, 3e30])
def test_a_constant_axis_has_no_deviation_and_defined_shape(features, value):
    level = np.float32(value)
    found = features("flatten", np.full(125, level))
    size = abs(level)
    assert found.tolist() == [level, level, level, size, 0.0, 0.0, -3.0]


@pytest.mark.parametrize("name", STATISTICS)
def test_flatten_leaves_out_what_is_off(features, plan, name):
    window = motion().ravel()
    whole = features("flatten", window, num_axes=3).reshape(3, 7)
    found = features("flatten", window, num_axes=3, **{name: False}).reshape(3, 6)
    index = STATISTICS.index(name)
    assert np.array_equal(found, np.delete(whole, index, axis=1))
    _, planned = plan("flatten", 375, num_axes=3, **{name: False})
    assert len(planned.labels) == 6


def test_flatten_labels_repeat_for_each_axis(plan):
    _, planned = plan("flatten", 20, num_axes=2)
    labels = planned.feature_labels(("accX", "accY"))
    assert labels[:2] == ("accX Average", "accX Minimum")
    assert labels[7:9] == ("accY Average", "accY Minimum")
    assert len(labels) == planned.num_features == 14


def test_flatten_wants_a_statistic(plan):
    with pytest.raises(DesignError, match="every statistic"):
        plan("flatten", 20, **dict.fromkeys(STATISTICS, False))


def test_flatten_has_the_same_bits_everywhere(everywhere, same_bits):
    rng = np.random.default_rng(4)
    windows = rng.normal(size=(40, 122)).astype(np.float32)
    windows[:10] *= np.float32(1e-20)
    windows[10] = 9.81
    same_bits(everywhere("flatten", windows, num_axes=2))
