"""The size of a picture from its first bytes."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import BinaryIO

from tinsmith.core.errors import DatasetError

_ORIENTATION_TAG = 0x0112
# Values of the EXIF orientation that lay the picture on its side.
_TURNED = (5, 6, 7, 8)


def picture_size(name: str, content: bytes | Path) -> tuple[int, int]:
    """Width and height in pixels as the picture is shown, turned as its EXIF data says.

    Raises:
        DatasetError: It cannot be read as a picture.
    """
    try:
        if isinstance(content, bytes):
            return _size(io.BytesIO(content))
        with content.open("rb") as file:
            return _size(file)
    except Exception as error:
        raise DatasetError(
            f"{name} has boxes in shares of its size, but its size cannot be read",
            hint="the picture is damaged; export it again",
        ) from error


def _size(file: BinaryIO) -> tuple[int, int]:
    from PIL import Image as Pillow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Pillow.open(file) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION_TAG) in _TURNED
    return (height, width) if turned else (width, height)
