"""Pictures: PNG, JPEG, BMP, GIF, WebP and PNM through Pillow, always as 8-bit RGB."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError, InputError, UnsupportedError
from tinsmith.signals import bmp
from tinsmith.signals.types import Decoded, DecodeOptions, Image

# Decoders that survive hostile input and that Pillow always has; the rest is refused by `detect`.
PILLOW_NAMES = {
    "png": "PNG",
    "jpeg": "JPEG",
    "bmp": "BMP",
    "gif": "GIF",
    "webp": "WEBP",
    "pnm": "PPM",
}
_ORIENTATION_TAG = 0x0112
_PNG_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
# Python's warning filters belong to the process: one opener at a time may change them.
_OPENING = threading.Lock()


def decode_image(data: bytes, form: str, options: DecodeOptions) -> Decoded:
    """A picture in RGB, turned as its EXIF orientation says, transparency laid on black.

    Args:
        data: The bytes of the file.
        form: A key of `PILLOW_NAMES`, as found in the bytes.
        options: Limits.

    Raises:
        DecodeError: Cut or damaged.
        UnsupportedError: More pixels than the limit, or a pixel type without a meaning in RGB.
    """
    if form == "png":
        check_png(data)
    if form == "bmp" and bmp.has_masks(data):
        return Decoded(Image(bmp.decode_masked(data, options)), form)
    notes: list[str] = []
    try:
        picture, orientation = _open(data, form, options)
        picture.load()
        frames = int(getattr(picture, "n_frames", 1))
        pixels = _turn(_rgb(picture), orientation)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - Pillow raises nearly anything on bad files
        raise _unreadable(form, error) from None
    if orientation is None:
        notes.append("the EXIF data is not readable; the picture was not turned")
    if frames > 1:
        notes.append(f"an animation of {frames} pictures; the first was taken")
    return Decoded(Image(pixels), form, warnings=tuple(notes))


def _unreadable(form: str, error: Exception) -> InputError:
    reason = (str(error).split("<_io")[0].strip() or type(error).__name__)[:160]
    message = f"not readable as {form.upper()}: {reason}"
    if reason.startswith("Unsupported"):
        return UnsupportedError(message, hint="convert it to PNG or JPEG")
    return DecodeError(message, hint="the file is cut or damaged; export it again")


def _open(data: bytes, form: str, options: DecodeOptions) -> tuple[Any, int | None]:
    """The picture, not yet decoded, and its EXIF orientation (None: unreadable)."""
    from PIL import Image as Pillow

    with _OPENING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = Pillow.open(io.BytesIO(data), formats=[PILLOW_NAMES[form]])
        width, height = picture.size
        if width * height > options.max_pixels:
            raise UnsupportedError(
                f"the picture claims {width} x {height} pixels; the limit is {options.max_pixels}",
                hint="scale it down first, or raise max_pixels",
            )
        try:
            exif = picture.getexif()
            orientation = exif.get(_ORIENTATION_TAG, 1)
            if picture.info.get("exif") and not dict(exif):
                return picture, None
        except Exception:  # noqa: BLE001 - as above; a bad EXIF block does not spoil the picture
            return picture, None
    return picture, orientation if orientation in range(1, 9) else 1


def _rgb(picture: Any) -> npt.NDArray[np.uint8]:
    """uint8 [height, width, 3] of any pixel type."""
    mode = picture.mode
    if mode == "I" or mode.startswith("I;16"):
        grey = _to_8_bit(np.asarray(picture))
        return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    if mode == "F":
        raise UnsupportedError("the picture has floating-point pixels; expected 8 or 16 bit")
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        return _on_black(picture.convert("RGBA"))
    return np.array(picture.convert("RGB"), dtype=np.uint8)


def _to_8_bit(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """16-bit grey on the 8-bit scale: 65535 becomes 255, rounded."""
    wide = values.astype(np.int64)
    if wide.size and (wide.min() < 0 or wide.max() > 65535):
        raise UnsupportedError(f"pixels from {wide.min()} to {wide.max()}; expected 16 bit")
    return ((wide + 128) // 257).astype(np.uint8)


def _on_black(picture: Any) -> npt.NDArray[np.uint8]:
    rgba = np.asarray(picture, dtype=np.uint16)
    return ((rgba[:, :, :3] * rgba[:, :, 3:] + 127) // 255).astype(np.uint8)


def _turn(pixels: npt.NDArray[np.uint8], orientation: int | None) -> npt.NDArray[np.uint8]:
    """Undoes an EXIF orientation (TIFF 6.0, tag 274)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def check_png(data: bytes) -> None:
    """Refuses a PNG that is cut or whose critical chunks fail their checksum.

    Pillow skips the checksum of the pixel data, so a damaged file could come out as noise.

    Raises:
        DecodeError: With the chunk and its position.
    """
    position, chunk = 8, b""
    while chunk != b"IEND":
        if position + 12 > len(data):
            raise DecodeError(
                f"the PNG is cut: it ends at byte {len(data)} without an end mark",
                hint="copy or export it again",
            )
        length, chunk = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise DecodeError(
                f"the PNG is cut: chunk {chunk!r} at byte {position} has {length} bytes, "
                f"{len(data) - position - 12} are there",
                hint="copy or export it again",
            )
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if chunk in _PNG_CRITICAL and zlib.crc32(data[position + 4 : end - 4]) != checksum:
            raise DecodeError(
                f"the PNG is damaged: wrong checksum in chunk {chunk.decode()} at byte {position}",
                hint="copy or export it again",
            )
        position = end
