"""Pictures: pixel types, orientation, damage and bombs."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from tinsmith.core.errors import DecodeError, InputError, UnsupportedError
from tinsmith.signals import DecodeOptions, Image, decode

RNG = np.random.default_rng(5)
PIXELS = RNG.integers(0, 256, (7, 5, 3), dtype=np.uint8)


def encoded(picture: Any, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, format=form, **options)
    return file.getvalue()


def pixels(raw: bytes, name: str) -> npt.NDArray[np.uint8]:
    content = decode(raw, name).content
    assert isinstance(content, Image)
    assert content.pixels.dtype == np.uint8
    assert content.pixels.flags.c_contiguous
    return content.pixels


@pytest.mark.parametrize(
    ("form", "name", "options"),
    [
        ("PNG", "a.png", {}),
        ("BMP", "a.bmp", {}),
        ("PPM", "a.ppm", {}),
        ("WEBP", "a.webp", {"lossless": True}),
    ],
)
def test_lossless_pictures_are_exact(form: str, name: str, options: dict[str, Any]) -> None:
    raw = encoded(Pillow.fromarray(PIXELS), form, **options)
    np.testing.assert_array_equal(pixels(raw, name), PIXELS)


def test_jpeg_is_close_and_upright() -> None:
    smooth = np.zeros((32, 48, 3), np.uint8)
    smooth[:16, :, 0] = 200
    raw = encoded(Pillow.fromarray(smooth), "JPEG", quality=95, subsampling=0)
    assert np.abs(pixels(raw, "a.jpg").astype(int) - smooth).mean() < 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK"])
def test_pixel_types_become_rgb(mode: str) -> None:
    picture = Pillow.fromarray(PIXELS).convert(mode)
    form = "TIFF" if mode == "CMYK" else "PNG"
    if form == "TIFF":
        raw = encoded(picture, "JPEG", quality=100)
        assert pixels(raw, "a.jpg").shape == (7, 5, 3)
        return
    expected = np.array(picture.convert("RGB"))
    np.testing.assert_array_equal(pixels(encoded(picture, form), "a.png"), expected)


def test_transparency_is_laid_on_black() -> None:
    rgba = np.dstack([PIXELS, np.full((7, 5), 51, np.uint8)])
    rgba[0, 0, 3] = 0
    raw = encoded(Pillow.fromarray(rgba), "PNG")
    expected = np.rint(PIXELS * 0.2).astype(np.uint8)
    expected[0, 0] = 0
    np.testing.assert_array_equal(pixels(raw, "a.png"), expected)


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    grey = np.array([[0, 257, 32768], [65535, 128, 129]], dtype=np.uint16)
    found = pixels(encoded(Pillow.fromarray(grey), "PNG"), "a.png")
    assert found[:, :, 0].tolist() == [[0, 1, 128], [255, 0, 1]]
    assert (found == found[:, :, :1]).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    picture = Pillow.fromarray(PIXELS)
    raw = encoded(picture, "PNG", exif=exif)
    operation = {
        2: Pillow.Transpose.FLIP_LEFT_RIGHT,
        3: Pillow.Transpose.ROTATE_180,
        4: Pillow.Transpose.FLIP_TOP_BOTTOM,
        5: Pillow.Transpose.TRANSPOSE,
        6: Pillow.Transpose.ROTATE_270,
        7: Pillow.Transpose.TRANSVERSE,
        8: Pillow.Transpose.ROTATE_90,
    }.get(orientation)
    expected = picture.transpose(operation) if operation is not None else picture
    np.testing.assert_array_equal(pixels(raw, "a.png"), np.array(expected))


def test_the_first_picture_of_an_animation_is_taken_with_a_warning() -> None:
    first, second = (Pillow.new("RGB", (4, 3), colour) for colour in ("red", "blue"))
    raw = encoded(first, "GIF", save_all=True, append_images=[second])
    decoded = decode(raw, "a.gif")
    assert isinstance(decoded.content, Image)
    assert decoded.content.pixels[0, 0].tolist() == [255, 0, 0]
    assert decoded.warnings == ("an animation of 2 pictures; the first was taken",)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def test_a_picture_of_absurd_size_is_refused_before_it_is_decoded() -> None:
    header = struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0)
    raw = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(InputError):
        decode(raw, "bomb.png")
    raw = encoded(Pillow.new("1", (5000, 5000)), "PNG")
    with pytest.raises(UnsupportedError, match="5000 x 5000 pixels; the limit is 1000000"):
        decode(raw, "bomb.png", DecodeOptions(max_pixels=1_000_000))


@pytest.mark.parametrize(("form", "name"), [("PNG", "a.png"), ("JPEG", "a.jpg"), ("BMP", "a.bmp")])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.97])
def test_cut_pictures_are_refused(form: str, name: str, share: float) -> None:
    noise = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    raw = encoded(Pillow.fromarray(noise), form)
    with pytest.raises(DecodeError):
        decode(raw[: int(len(raw) * share)], name)


def test_every_flipped_bit_in_png_pixels_is_noticed() -> None:
    raw = encoded(Pillow.fromarray(PIXELS), "PNG")
    start = raw.index(b"IDAT")
    for position in range(start, len(raw) - 12):
        flipped = bytearray(raw)
        flipped[position] ^= 4
        with pytest.raises(DecodeError):
            decode(bytes(flipped), "a.png")


def test_a_damaged_exif_block_does_not_spoil_the_picture() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    raw = bytearray(encoded(Pillow.fromarray(PIXELS), "JPEG", exif=exif))
    start = raw.index(b"Exif\0\0") + 6
    raw[start : start + 8] = b"\xff" * 8
    decoded = decode(bytes(raw), "a.jpg")
    assert isinstance(decoded.content, Image)
    assert decoded.warnings == ("the EXIF data is not readable; the picture was not turned",)


@pytest.mark.parametrize("top_down", [False, True])
@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (32, (0xFF0000, 0xFF00, 0xFF)),
        (32, (0xFF00, 0xFF0000, 0xFF000000)),
        (32, (0x3FF, 0xFFC00, 0xFFF00000)),
        (16, (0xF800, 0x07E0, 0x001F)),
        (16, (0x0007, 0x0038, 0x0FC0)),
    ],
)
def test_bitmaps_with_any_colour_masks_are_read(
    bits: int, masks: tuple[int, int, int], top_down: bool
) -> None:
    tops = [mask >> ((mask & -mask).bit_length() - 1) for mask in masks]
    stored = np.zeros((3, 5), np.uint64)
    expected = np.zeros((3, 5, 3), np.uint8)
    for channel, (mask, top) in enumerate(zip(masks, tops, strict=True)):
        value = RNG.integers(0, top + 1, (3, 5)).astype(np.uint64)
        stored |= value * np.uint64(mask & -mask)
        expected[:, :, channel] = np.floor(value * (255 / top) + 0.5)
    rows = stored.astype(f"<u{bits // 8}")[:: 1 if top_down else -1]
    padding = b"\0" * (-5 * bits // 8 % 4)
    body = b"".join(row.tobytes() + padding for row in rows)
    info = struct.pack("<IiiHHIIiiII", 40, 5, -3 if top_down else 3, 1, bits, 3, 0, 0, 0, 0, 0)
    head = b"BM" + struct.pack("<IHHI", 66 + len(body), 0, 0, 66)
    raw = head + info + struct.pack("<3I", *masks) + body
    np.testing.assert_array_equal(pixels(raw, "a.bmp"), expected)
    with pytest.raises(DecodeError, match="cut"):
        decode(raw[:-1], "a.bmp")


SEEDS = [
    encoded(Pillow.fromarray(PIXELS), "PNG"),
    encoded(Pillow.fromarray(PIXELS), "JPEG"),
    encoded(Pillow.fromarray(PIXELS), "BMP"),
    encoded(Pillow.fromarray(PIXELS), "GIF"),
    encoded(Pillow.fromarray(PIXELS), "WEBP"),
    encoded(Pillow.fromarray(PIXELS), "PPM"),
]


@pytest.mark.slow
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    st.integers(0, 2000),
)
@settings(max_examples=400, deadline=None)
def test_damaged_pictures_never_crash_or_warn(
    raw: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    damaged = bytearray(raw)
    for position, byte in changes:
        damaged[position % len(raw)] = byte
    with contextlib.suppress(InputError):
        decode(bytes(damaged[:length]), "a.png", DecodeOptions(max_pixels=100_000))
