"""Resizing: proportions, crops, bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DesignError
from tinsmith.signals import Image, resize


def picture(height: int, width: int) -> Image:
    return Image(np.full((height, width, 3), (200, 100, 50), dtype=np.uint8))


@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.sampled_from(["squash", "fit-short"]),
)
@settings(max_examples=80, deadline=None)
def test_a_plain_picture_fills_the_frame(
    size: tuple[int, int], wanted: tuple[int, int], mode: Any
) -> None:
    result = resize(picture(*size), wanted[1], wanted[0], mode)
    assert result.pixels.shape == (*wanted, 3)
    assert (result.pixels == (200, 100, 50)).all()


def test_the_same_size_changes_nothing() -> None:
    image = Image(np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8))
    for mode in ("squash", "fit-short", "fit-long"):
        np.testing.assert_array_equal(resize(image, 9, 9, mode).pixels, image.pixels)


def test_fit_short_crops_the_longer_side_around_its_centre() -> None:
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = 255
    assert (resize(Image(pixels), 10, 10, "fit-short").pixels == 255).all()


def test_fit_long_shows_all_between_black_bars() -> None:
    result = resize(picture(10, 20), 20, 20, "fit-long").pixels
    assert (result[5:15] == (200, 100, 50)).all()
    assert (result[:5] == 0).all()
    assert (result[15:] == 0).all()


def test_squash_shows_all_of_every_side() -> None:
    pixels = np.zeros((4, 8, 3), np.uint8)
    pixels[:, 4:] = 240
    result = resize(Image(pixels), 2, 2, "squash").pixels
    assert result[0, 0, 0] < 60 < 180 < result[0, 1, 0]


def test_impossible_sizes_and_modes_are_refused() -> None:
    with pytest.raises(DesignError, match="0 x 5"):
        resize(picture(3, 3), 0, 5, "squash")
    with pytest.raises(DesignError, match="zoom"):
        resize(picture(3, 3), 5, 5, "zoom")  # type: ignore[arg-type]
