"""WAV: every depth and byte order, exact values, and headers that lie."""

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
from hypothesis.extra import numpy as hnp

from tinsmith.core.errors import DecodeError, InputError, UnsupportedError
from tinsmith.signals import DecodeOptions, Sensor, Signal, decode, encode_wav


def wav(
    samples: bytes,
    *,
    codec: int = 1,
    channels: int = 1,
    rate: int = 16000,
    bits: int = 16,
    order: str = "<",
    **change: int,
) -> bytes:
    """A WAV file made by hand; `change` overrides header fields."""
    frame = channels * ((bits + 7) // 8)
    fields = {"byte_rate": rate * frame, "frame": frame, "data_size": len(samples)}
    fields["riff_size"] = 36 + len(samples) + len(samples) % 2
    fields |= change
    form = struct.pack(
        f"{order}HHIIHH", codec, channels, rate, fields["byte_rate"], fields["frame"], bits
    )
    riff = b"RIFX" if order == ">" else b"RIFF"
    return (
        riff
        + struct.pack(f"{order}I", fields["riff_size"])
        + b"WAVEfmt "
        + struct.pack(f"{order}I", 16)
        + form
        + b"data"
        + struct.pack(f"{order}I", fields["data_size"])
        + samples
        + b"\0" * (len(samples) % 2)
    )


def values(raw: bytes) -> npt.NDArray[np.float32]:
    content = decode(raw, "a.wav").content
    assert isinstance(content, Signal)
    return content.values


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("bits", "fmt", "numbers", "expected"),
    [
        (16, "h", [0, 1, -1, 32767, -32768], [0, 1, -1, 32767, -32768]),
        (12, "h", [16, -32768], [16, -32768]),
        (32, "i", [65536, -(1 << 31), 1], [1, -32768, 1 / 65536]),
        (20, None, b"\x00\x01\x00", [1]),
        (24, None, b"\x00\x01\x00", [1]),
    ],
)
def test_pcm_depths_keep_full_precision_on_the_int16_scale(
    order: str, bits: int, fmt: str | None, numbers: Any, expected: list[float]
) -> None:
    if fmt is not None:
        raw = struct.pack(f"{order}{len(numbers)}{fmt}", *numbers)
    else:
        raw = numbers if order == "<" else numbers[::-1]
    assert values(wav(raw, bits=bits, order=order))[:, 0].tolist() == expected


def test_8_bit_is_unsigned_and_24_bit_is_signed() -> None:
    assert values(wav(bytes([128, 0, 255]), bits=8))[:, 0].tolist() == [0, -32768, 32512]
    lowest = values(wav(b"\x00\x00\x80\xff\xff\xff", bits=24))[:, 0].tolist()
    assert lowest == [-32768, -1 / 256]


@pytest.mark.parametrize(("bits", "fmt"), [(32, "f"), (64, "d")])
def test_floats_are_scaled_to_full_scale_32768(bits: int, fmt: str) -> None:
    raw = struct.pack(f"<3{fmt}", 1.0, -0.5, 0.0)
    assert values(wav(raw, codec=3, bits=bits))[:, 0].tolist() == [32768, -16384, 0]


def test_floats_above_full_scale_are_kept_with_a_warning() -> None:
    decoded = decode(wav(struct.pack("<2f", 2.5, 0), codec=3, bits=32), "a.wav")
    assert decoded.warnings == ("the peak is 2.5 times full scale; it was kept",)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e38])
def test_floats_that_are_not_finite_are_refused_with_their_frame(bad: float) -> None:
    with pytest.raises(DecodeError, match=r"frame 1, axis 0 is (nan|inf)"):
        decode(wav(struct.pack("<2f", 0, bad), codec=3, bits=32), "a.wav")


@pytest.mark.parametrize(("codec", "subtype"), [(7, "ULAW"), (6, "ALAW")])
def test_companded_samples_agree_with_libsndfile(codec: int, subtype: str) -> None:
    raw = wav(bytes(range(256)), codec=codec, bits=8)
    expected, _ = soundfile.read(
        io.BytesIO(bytes(range(256))),
        format="RAW",
        subtype=subtype,
        samplerate=8000,
        channels=1,
        dtype="int16",
    )
    np.testing.assert_array_equal(values(raw)[:, 0], expected.astype(np.float32))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
def test_files_of_libsndfile_read_alike(subtype: str, container: str) -> None:
    rng = np.random.default_rng(1)
    sound = rng.uniform(-1, 1, (50, 3))
    file = io.BytesIO()
    soundfile.write(file, sound, 44100, format=container, subtype=subtype)
    decoded = decode(file.getvalue(), "a.wav")
    assert isinstance(decoded.content, Signal)
    file.seek(0)
    reference, _ = soundfile.read(file, dtype="float64")
    np.testing.assert_array_equal(decoded.content.values, (reference * 32768).astype(np.float32))
    assert decoded.content.interval_ms == 1000 / 44100
    assert [sensor.name for sensor in decoded.content.sensors] == ["audio_1", "audio_2", "audio_3"]


def test_chunks_around_the_samples_are_skipped() -> None:
    raw = wav(b"\x01\x00")
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert values(raw[:12] + extra + raw[12:] + extra).tolist() == [[1.0]]


@pytest.mark.parametrize("cut", [1, 2, 50, 99])
def test_a_cut_data_chunk_is_refused_with_both_sizes(cut: int) -> None:
    raw = wav(b"\x01\x00" * 50)
    with pytest.raises(DecodeError, match=f"promises 100 bytes of samples, {100 - cut}") as caught:
        decode(raw[:-cut], "a.wav")
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("data_size", "riff_size"), [(0, 0), (0, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF)]
)
def test_an_unfinished_stream_is_read_with_a_warning(data_size: int, riff_size: int) -> None:
    decoded = decode(wav(b"\x01\x00\x02\x00", data_size=data_size, riff_size=riff_size), "a.wav")
    assert isinstance(decoded.content, Signal)
    assert decoded.content.values.tolist() == [[1.0], [2.0]]
    assert "no length" in decoded.warnings[0]


def test_an_empty_recording_is_refused() -> None:
    with pytest.raises(DecodeError, match="0 bytes"):
        decode(wav(b""), "a.wav")


def test_a_part_of_a_frame_at_the_end_is_left_out_with_a_warning() -> None:
    decoded = decode(wav(b"\x01\x00\x02", data_size=3), "a.wav")
    assert isinstance(decoded.content, Signal)
    assert decoded.content.values.tolist() == [[1.0]]
    assert decoded.warnings == ("1 bytes after the last whole frame were left out",)


@pytest.mark.parametrize(
    "change",
    [{"frame": 4}, {"byte_rate": 44100}, {"frame": 0}],
)
def test_headers_that_contradict_themselves_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match="contradicts itself"):
        decode(wav(b"\x01\x00" * 8, **change), "a.wav")


def test_absurd_rates_and_channels_are_refused() -> None:
    with pytest.raises(DecodeError, match="0 Hz"):
        decode(wav(b"\x01\x00", rate=0), "a.wav")
    with pytest.raises(DecodeError, match="0 channels"):
        decode(wav(b"\x01\x00", channels=0), "a.wav")


@pytest.mark.parametrize("codec", [2, 0x11, 0x31, 0x55, 999])
def test_compressed_codecs_are_refused_by_name(codec: int) -> None:
    with pytest.raises(UnsupportedError, match=f"0x{codec:04x}"):
        decode(wav(b"\x01\x00" * 8, codec=codec), "a.wav")


def test_the_number_of_values_is_limited() -> None:
    with pytest.raises(UnsupportedError, match="limit is 10"):
        decode(wav(b"\x01\x00" * 11), "a.wav", DecodeOptions(max_values=10))


@given(
    hnp.arrays(np.int16, st.tuples(st.integers(1, 200), st.integers(1, 4))),
    st.sampled_from([8000, 11025, 16000, 44100]),
)
@settings(max_examples=60, deadline=None)
def test_16_bit_files_read_back_as_written(samples: Any, rate: int) -> None:
    sensors = tuple(Sensor(f"s{index}", "wav") for index in range(samples.shape[1]))
    raw = encode_wav(Signal(samples.astype(np.float32), 1000 / rate, sensors))
    content = decode(raw, "a.wav").content
    assert isinstance(content, Signal)
    np.testing.assert_array_equal(content.values, samples)
    assert content.interval_ms == 1000 / rate
    assert soundfile.info(io.BytesIO(raw)).samplerate == rate


def test_writing_refuses_what_16_bits_cannot_hold() -> None:
    sensors = (Sensor("a", "wav"),)
    with pytest.raises(UnsupportedError, match="do not fit"):
        encode_wav(Signal(np.array([[40000.0]], np.float32), 0.0625, sensors))
    with pytest.raises(UnsupportedError, match="whole number of hertz"):
        encode_wav(Signal(np.array([[1.0]], np.float32), 0.3, sensors))


def test_no_flipped_bit_of_the_header_changes_length_or_rate_unnoticed() -> None:
    raw = wav(bytes(range(1, 101)), channels=2)
    for bit in range(44 * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with contextlib.suppress(InputError):
            decoded = decode(bytes(flipped), "a.wav")
            assert isinstance(decoded.content, Signal)
            same = decoded.content.values.shape == (25, 2) and decoded.content.interval_ms == 0.0625
            assert same or decoded.warnings


@given(
    st.lists(st.tuples(st.integers(0, 43), st.integers(0, 255)), max_size=6), st.integers(0, 144)
)
@settings(max_examples=200, deadline=None)
def test_damaged_headers_never_crash(changes: list[tuple[int, int]], length: int) -> None:
    raw = bytearray(wav(bytes(range(100)), channels=2))
    for position, byte in changes:
        raw[position] = byte
    with contextlib.suppress(InputError):
        decode(bytes(raw[:length]), "a.wav")


@pytest.mark.parametrize("full_scale", [1.0, 32768.0])
def test_float_files_are_read_by_others_as_parts_of_full_scale(full_scale: float) -> None:
    values = np.random.default_rng(0).normal(0, 3000, (100, 2)).astype(np.float32)
    signal = Signal(values, 1000 / 8000, (Sensor("a", "V"), Sensor("b", "V")))
    data = encode_wav(signal, encoding="float32", full_scale=full_scale)
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        assert (file.samplerate, file.channels, file.subtype, file.frames) == (
            8000,
            2,
            "FLOAT",
            100,
        )
        np.testing.assert_array_equal(file.read(dtype="float32"), values / full_scale)


def test_what_does_not_fit_a_wav_file_is_not_begun() -> None:
    frames = 1 << 31
    huge = Signal(np.broadcast_to(np.float32(0), (frames, 1)), 0.125, (Sensor("a", "wav"),))
    with pytest.raises(UnsupportedError, match="holds 4294967232 bytes"):
        encode_wav(huge)
    wide = Signal(np.zeros((1, 1025), np.float32), 1.0, (Sensor("a", "wav"),) * 1025)
    with pytest.raises(UnsupportedError, match="of 1024 channels"):
        encode_wav(wide)
