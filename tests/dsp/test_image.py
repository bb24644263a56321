"""Image: pixels 0xRRGGBB as numbers from 0 to 1."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DesignError


def picture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    return rng.integers(0, 256, size=(height, width, 3))


def packed(pixels: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return (red << 16 | green << 8 | blue).ravel().astype(np.float32)


def test_colour_gives_each_channel_over_255(features):
    pixels = picture(np.random.default_rng(1), 13, 17)
    found = features("image", packed(pixels), image_size=(13, 17))
    np.testing.assert_allclose(found, pixels.ravel() / 255, rtol=2e-7)


def test_every_level_is_exact_at_both_ends(features):
    levels = np.arange(256)
    found = features("image", packed(np.stack([levels] * 3, axis=1)), image_size=(16, 16))
    assert found[0] == 0.0
    assert found[-1] == 1.0
    np.testing.assert_allclose(found[::3], levels / 255, rtol=1e-7)


def test_grey_weighs_the_channels(features):
    pixels = picture(np.random.default_rng(2), 9, 8)
    found = features("image", packed(pixels), image_size=(9, 8), channels="Grayscale")
    np.testing.assert_allclose(found, (pixels @ [0.299, 0.587, 0.114]).ravel() / 255, rtol=5e-7)


def test_numbers_that_are_no_pixels_are_clamped(features):
    found = features("image", np.array([-5.0, 1e9, 255.9, 16777215.0]), image_size=(2, 2))
    assert found.reshape(4, 3).tolist() == [[0, 0, 0], [1, 1, 1], [0, 0, 1], [1, 1, 1]]


def test_shape_is_height_width_channels(plan):
    _, planned = plan("image", 12, image_size=(3, 4))
    assert (planned.shape.kind, planned.shape.dims) == ("image", (3, 4, 3))
    _, planned = plan("image", 12, image_size=(3, 4), channels="Grayscale")
    assert planned.shape.dims == (3, 4, 1)


def test_image_refuses_what_is_no_image(plan):
    with pytest.raises(DesignError, match="time series"):
        plan("image", 12)
    with pytest.raises(DesignError, match="one value per pixel"):
        plan("image", 12, image_size=(3, 5))
    with pytest.raises(DesignError, match="channels is 'CMYK'"):
        plan("image", 12, image_size=(3, 4), channels="CMYK")


@pytest.mark.parametrize("channels", ["RGB", "Grayscale"])
def test_image_has_the_same_bits_everywhere(everywhere, same_bits, channels):
    rng = np.random.default_rng(3)
    windows = np.stack([packed(picture(rng, 8, 8)) for _ in range(8)])
    same_bits(everywhere("image", windows, image_size=(8, 8), channels=channels))
