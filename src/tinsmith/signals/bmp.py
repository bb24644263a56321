"""BMP pictures with colour masks of any layout, of which Pillow reads only the usual ones."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError, UnsupportedError
from tinsmith.signals.types import DecodeOptions

_BITFIELDS, _ALPHA_BITFIELDS = 3, 6
_MASKS_AT = 54


def has_masks(data: bytes) -> bool:
    """Whether this is a BMP file of 16 or 32 bits a pixel whose header names colour masks."""
    if len(data) < _MASKS_AT + 12 or struct.unpack_from("<I", data, 14)[0] < 40:
        return False
    bits, compression = struct.unpack_from("<HI", data, 28)
    return bits in (16, 32) and compression in (_BITFIELDS, _ALPHA_BITFIELDS)


def decode_masked(data: bytes, options: DecodeOptions) -> npt.NDArray[np.uint8]:
    """uint8 [height, width, 3]; transparency is laid on black.

    Raises:
        DecodeError: Cut, or sizes and masks that make no sense.
        UnsupportedError: More pixels than the limit.
    """
    (offset,) = struct.unpack_from("<I", data, 10)
    header_bytes, width, height = struct.unpack_from("<Iii", data, 14)
    bits, compression = struct.unpack_from("<HI", data, 28)
    if width < 1 or height == 0:
        raise DecodeError(f"the BMP header says {width} x {abs(height)} pixels")
    if width * abs(height) > options.max_pixels:
        raise UnsupportedError(
            f"the picture claims {width} x {abs(height)} pixels; the limit is {options.max_pixels}",
            hint="scale it down first, or raise max_pixels",
        )
    row_bytes = (width * bits + 31) // 32 * 4
    if offset < _MASKS_AT + 12 or offset + row_bytes * abs(height) > len(data):
        raise DecodeError(
            f"the BMP file is cut: {row_bytes * abs(height)} bytes of pixels from byte {offset} "
            f"expected, the file has {len(data)}",
            hint="copy or export it again",
        )
    rows = np.frombuffer(data, np.uint8, row_bytes * abs(height), offset)
    raw = rows.reshape(abs(height), row_bytes)[:, : width * bits // 8]
    pixels = np.ascontiguousarray(raw).view(f"<u{bits // 8}").astype(np.uint32)
    has_alpha = compression == _ALPHA_BITFIELDS or header_bytes >= 56
    masks = struct.unpack_from("<4I" if has_alpha else "<3I", data, _MASKS_AT)
    colours = [_component(pixels, mask) for mask in masks[:3]]
    if has_alpha and masks[3]:
        alpha = _component(pixels, masks[3])
        colours = [(colour * alpha + 127) // 255 for colour in colours]
    picture = np.dstack(colours).astype(np.uint8)
    return np.ascontiguousarray(picture if height < 0 else picture[::-1])


def _component(pixels: npt.NDArray[np.uint32], mask: int) -> npt.NDArray[np.uint32]:
    """One colour of all pixels on the scale 0 to 255."""
    if mask == 0:
        return np.zeros_like(pixels)
    shift = (mask & -mask).bit_length() - 1
    highest = mask >> shift
    if highest & (highest + 1):
        raise DecodeError(f"the BMP header has a colour mask with holes: 0x{mask:08x}")
    value = (pixels & np.uint32(mask)) >> np.uint32(shift)
    scaled = (value.astype(np.uint64) * 255 + highest // 2) // highest
    return scaled.astype(np.uint32)
