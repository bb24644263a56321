"""FLAC, Ogg and MP3: same samples, honest lengths, damage noticed."""

from __future__ import annotations

import contextlib
import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DecodeError, InputError, UnsupportedError
from tinsmith.signals import DecodeOptions, Signal, decode

RATE = 16000


def tone(channels: int = 1, frames: int = 8000) -> npt.NDArray[np.float64]:
    time = np.arange(frames) / RATE
    return np.column_stack(
        [0.5 * np.sin(2 * np.pi * 440 * (index + 1) * time) for index in range(channels)]
    )


def encoded(sound: npt.NDArray[Any], form: str, subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, format=form, subtype=subtype)
    return file.getvalue()


FLAC = encoded(tone(), "FLAC", "PCM_16")
OGG = encoded(tone(), "OGG", "VORBIS")
MP3 = encoded(tone(), "MP3")


def signal(raw: bytes, name: str) -> Signal:
    content = decode(raw, name).content
    assert isinstance(content, Signal)
    return content


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize(("subtype", "bits"), [("PCM_S8", 8), ("PCM_16", 16), ("PCM_24", 24)])
def test_flac_is_exact_at_every_depth(channels: int, subtype: str, bits: int) -> None:
    rng = np.random.default_rng(3)
    whole = rng.integers(-(1 << bits - 1), 1 << bits - 1, (3000, channels))
    raw = encoded((whole << 32 - bits).astype(np.int32), "FLAC", subtype)
    content = signal(raw, "a.flac")
    np.testing.assert_array_equal(content.values, (whole * 2.0 ** (16 - bits)).astype(np.float32))
    assert content.interval_ms == 1000 / RATE


@pytest.mark.parametrize(
    ("form", "subtype", "name", "tolerance"),
    [
        ("OGG", "VORBIS", "a.ogg", 0.05),
        ("OGG", "OPUS", "a.opus", 0.1),
        ("MP3", None, "a.mp3", 0.1),
    ],
)
def test_lossy_sound_has_the_right_scale_rate_and_length(
    form: str, subtype: str | None, name: str, tolerance: float
) -> None:
    content = signal(encoded(tone(), form, subtype), name)
    assert content.interval_ms == 1000 / RATE
    assert content.frames == 8000
    expected = 32768 * tone()[2000:6000, 0]
    error = np.abs(content.values[2000:6000, 0] - expected).max()
    assert error < tolerance * 16384


def test_flac_with_a_damaged_sample_is_refused() -> None:
    for position in range(100, len(FLAC), 97):
        raw = bytearray(FLAC)
        raw[position] ^= 0x10
        with contextlib.suppress(DecodeError):
            np.testing.assert_array_equal(
                signal(bytes(raw), "a.flac").values, signal(FLAC, "a.flac").values
            )


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_cut_flac_is_refused(share: float) -> None:
    raw = encoded(tone(frames=40_000), "FLAC", "PCM_16")
    with pytest.raises(DecodeError):
        decode(raw[: int(len(raw) * share)], "a.flac")


def test_ogg_with_a_damaged_page_is_refused() -> None:
    for position in range(200, len(OGG), 211):
        raw = bytearray(OGG)
        raw[position] ^= 0x01
        with pytest.raises(DecodeError):
            decode(bytes(raw), "a.ogg")


@pytest.mark.parametrize("share", [0.8, 0.999])
def test_cut_lossy_sound_is_read_with_a_warning(share: float) -> None:
    noise = np.random.default_rng(2).uniform(-0.5, 0.5, 60_000)
    raw = encoded(noise, "OGG", "VORBIS")
    decoded = decode(raw[: int(len(raw) * share)], "a.ogg")
    assert any("cut" in warning for warning in decoded.warnings)
    raw = encoded(tone(frames=60_000), "MP3")
    decoded = decode(raw[: int(len(raw) * 0.8)], "a.mp3")
    assert any("cut" in warning for warning in decoded.warnings)


def test_tags_before_mp3_sound_are_skipped_even_if_they_lie() -> None:
    tag = b"ID3\x03\x00\x00" + bytes([0, 0, 1, 0]) + b"TIT2" + b"\x7f" * 124
    np.testing.assert_array_equal(signal(tag + MP3, "a.mp3").values, signal(MP3, "a.mp3").values)
    with pytest.raises(DecodeError, match="no sound"):
        decode(tag, "a.mp3")


def test_damage_between_mp3_frames_is_refused() -> None:
    raw = encoded(np.random.default_rng(2).uniform(-0.5, 0.5, 60_000), "MP3")
    middle = len(raw) // 2
    with pytest.raises(DecodeError, match="damaged: no frame"):
        decode(raw[:middle] + b"\x55" * 50 + raw[middle:], "a.mp3")
    with pytest.raises(DecodeError, match="damaged: no frame"):
        decode(raw[:middle] + raw[middle + 50 :], "a.mp3")


def test_what_surrounds_mp3_sound_is_left_out() -> None:
    plain = signal(MP3, "a.mp3").values
    tagged = MP3 + b"TAG" + b"x" * 125
    np.testing.assert_array_equal(signal(tagged, "a.mp3").values, plain)
    assert decode(tagged, "a.mp3").warnings == ()
    decoded = decode(MP3 + b"garbage", "a.mp3")
    assert decoded.warnings == ("7 bytes after the sound were left out",)


def test_the_claim_of_hours_of_sound_is_stopped() -> None:
    with pytest.raises(UnsupportedError, match="limit is 1000"):
        decode(FLAC, "a.flac", DecodeOptions(max_values=1000))
    raw = bytearray(FLAC)
    (packed,) = struct.unpack_from(">Q", raw, 18)
    struct.pack_into(">Q", raw, 18, packed | 0xFFFFFFFFF)
    with pytest.raises(DecodeError):
        decode(bytes(raw), "a.flac")


@pytest.mark.parametrize("raw", [FLAC, OGG, MP3])
def test_sound_under_another_sound_extension_is_read_with_a_warning(raw: bytes) -> None:
    decoded = decode(raw, "a.wav")
    assert "named .wav" in decoded.warnings[0]


@given(
    st.sampled_from([FLAC, OGG, MP3]),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5),
    st.integers(0, 12_000),
)
@settings(max_examples=150, deadline=None)
def test_damaged_sound_never_crashes(
    raw: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    damaged = bytearray(raw)
    for position, byte in changes:
        damaged[position % len(raw)] = byte
    with contextlib.suppress(InputError):
        content = signal(bytes(damaged[:length]), "a.ogg")
        assert np.isfinite(content.values).all()
