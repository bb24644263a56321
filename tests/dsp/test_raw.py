"""Raw data: order of values, scale, choice of axes."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError


def test_raw_hands_the_window_over_as_it_is(features):
    window = np.arange(30, dtype=np.float32) - 7
    assert np.array_equal(features("raw", window, num_axes=3), window)


def test_raw_scales_and_takes_axes_in_the_given_order(features):
    window = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    found = features("raw", window.ravel(), num_axes=4, axes=(3, 0), scale_axes=2.5)
    assert np.array_equal(found, (window[:, [3, 0]] * np.float32(2.5)).ravel())


def test_raw_has_the_shape_of_a_series(plan):
    _, planned = plan("raw", 60, num_axes=3, axes=(0, 2))
    assert (planned.shape.kind, planned.shape.dims) == ("series", (20, 2))


def test_raw_names_features_by_position(plan):
    _, planned = plan("raw", 4, num_axes=2)
    assert planned.feature_labels(("x", "y")) == (
        "feature 0",
        "feature 1",
        "feature 2",
        "feature 3",
    )


@pytest.mark.parametrize("scale", [0.0, 1e38, 1e-38])
def test_raw_refuses_a_scale_that_destroys_the_data(plan, scale):
    with pytest.raises(DesignError, match="scale_axes"):
        plan("raw", 10, scale_axes=scale)


def test_raw_refuses_axes_that_are_not_there(plan):
    with pytest.raises(DesignError, match="axis 3"):
        plan("raw", 30, num_axes=3, axes=(0, 3))
    with pytest.raises(DesignError, match="no axis"):
        plan("raw", 30, num_axes=3, axes=())


def test_raw_refuses_windows_with_nan(features):
    windows = np.zeros((3, 8), dtype=np.float32)
    windows[1, 5] = np.nan
    with pytest.raises(DatasetError, match="window 1 holds nan at value 5"):
        features("raw", windows)


def test_raw_has_the_same_bits_everywhere(everywhere, same_bits):
    windows = np.random.default_rng(2).normal(size=(20, 90)).astype(np.float32)
    same_bits(everywhere("raw", windows, num_axes=3, scale_axes=0.3))
    same_bits(everywhere("raw", windows, num_axes=3, axes=(2, 0), scale_axes=0.3))
