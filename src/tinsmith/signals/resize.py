"""Pictures brought to the size a model sees."""

from __future__ import annotations

import numpy as np

from tinsmith.core.errors import DesignError
from tinsmith.signals.types import FitMode, Image


def resize(image: Image, width: int, height: int, mode: FitMode) -> Image:
    """`image` scaled to `width` x `height` pixels with an area-weighted linear filter.

    Args:
        image: Any picture.
        width: Columns of the result.
        height: Rows of the result.
        mode: `squash` ignores proportions; `fit-short` fills the frame and crops the longer side
            around its centre; `fit-long` shows the whole picture with black bars.

    Raises:
        DesignError: A size below 1 or an unknown mode.
    """
    if width < 1 or height < 1:
        raise DesignError(f"the picture size is {width} x {height}; expected at least 1 x 1")
    if mode == "squash":
        return _scaled(image, width, height, (0.0, 0.0, float(image.width), float(image.height)))
    if mode == "fit-short":
        return _scaled(image, width, height, _centre_crop(image, width, height))
    if mode == "fit-long":
        return _letterbox(image, width, height)
    raise DesignError(f"the resize mode is {mode!r}; expected squash, fit-short or fit-long")


def _centre_crop(image: Image, width: int, height: int) -> tuple[float, float, float, float]:
    """The largest centred box (left, top, right, bottom) with the proportions asked for."""
    scale = min(image.width / width, image.height / height)
    crop_width, crop_height = min(width * scale, image.width), min(height * scale, image.height)
    left, top = (image.width - crop_width) / 2, (image.height - crop_height) / 2
    right, bottom = min(left + crop_width, image.width), min(top + crop_height, image.height)
    return left, top, right, bottom


def _letterbox(image: Image, width: int, height: int) -> Image:
    scale = min(width / image.width, height / image.height)
    inner_width = min(width, max(1, round(image.width * scale)))
    inner_height = min(height, max(1, round(image.height * scale)))
    inner = _scaled(
        image, inner_width, inner_height, (0.0, 0.0, float(image.width), float(image.height))
    )
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    pixels[top : top + inner_height, left : left + inner_width] = inner.pixels
    return Image(pixels)


def _scaled(image: Image, width: int, height: int, box: tuple[float, float, float, float]) -> Image:
    if (image.width, image.height) == (width, height) and box == (0.0, 0.0, width, height):
        return image
    from PIL import Image as Pillow

    picture = Pillow.fromarray(image.pixels)
    scaled = picture.resize((width, height), Pillow.Resampling.BILINEAR, box=box)
    return Image(np.array(scaled, dtype=np.uint8))
