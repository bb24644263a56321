"""Four pictures with boxes, and the same boxes written in every format."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest

from tinsmith.datasets import Box

SIZES = {
    "train/cat.01.png": (64, 48),
    "train/dog.01.png": (100, 80),
    "val/cat.02.png": (33, 57),
    "val/none.png": (40, 40),
}
BOXES = {
    "train/cat.01.png": (Box("cat", 4, 6, 20, 30),),
    "train/dog.01.png": (Box("dog", 10, 12.5, 30, 40), Box("cat", 0, 0, 100, 80)),
    "val/cat.02.png": (Box("cat", 3, 7, 11, 50), Box("traffic light", 20, 1, 13, 5.25)),
    "val/none.png": (),
}
CLASSES = ("cat", "dog", "traffic light")


@dataclass(frozen=True)
class Golden:
    """The pictures as files, and what is in them."""

    pictures: dict[str, bytes]
    sizes: dict[str, tuple[int, int]]
    boxes: dict[str, tuple[Box, ...]]
    classes: tuple[str, ...]


def picture(width: int, height: int) -> bytes:
    """A grey PNG of this size."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (width, height, 7)).save(buffer, "png")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def golden() -> Golden:
    """The golden set."""
    pictures = {path: picture(*size) for path, size in SIZES.items()}
    return Golden(pictures, SIZES, BOXES, CLASSES)
