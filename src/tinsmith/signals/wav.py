"""WAV: RIFF, RIFX and RF64 containers with PCM, float, mu-law or A-law samples.

Read by hand because libsndfile silently takes what a cut file still holds and repairs headers that
contradict themselves; a recording must not change its length or rate unnoticed.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError, UnsupportedError
from tinsmith.signals import checks
from tinsmith.signals.types import DecodeOptions, Sensor, Signal

FULL_SCALE = 32768.0
MAX_RATE_HZ = 20_000_000
MAX_CHANNELS = 1024
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_CODECS = {2: "Microsoft ADPCM", 0x11: "IMA ADPCM", 0x31: "GSM 6.10", 0x55: "MP3", 0x161: "WMA"}
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
# As much of a format chunk as means anything. What it says is remembered: recordings of one device,
# thousands of which arrive together, all say the same.
_FORMAT_BYTES = 40
_STREAMING = (0, 0xFFFFFFFF)
# Sizes in the header have 32 bits; what is not samples takes less than 64 bytes.
_MAX_DATA_BYTES = (1 << 32) - 64


@dataclass(frozen=True)
class Format:
    """The `fmt ` chunk, with the extensible form resolved."""

    codec: int
    channels: int
    rate_hz: int
    bytes_per_second: int
    frame_bytes: int
    bits: int
    byte_order: str


def decode_wav(data: bytes, options: DecodeOptions) -> tuple[Signal, list[str]]:
    """The samples on the int16 scale, and warnings.

    Raises:
        DecodeError: Cut, empty, or a header that contradicts itself.
        UnsupportedError: A compressed codec or a depth that is not handled.
    """
    header, samples, notes = _chunks(data)
    _check(header)
    leftover = len(samples) % header.frame_bytes
    if leftover:
        notes.append(f"{leftover} bytes after the last whole frame were left out")
        samples = samples[: len(samples) - leftover]
    checks.within_values(len(samples) // header.frame_bytes * header.channels, options)
    values = checks.samples(_scaled(samples, header).reshape(-1, header.channels), row_name="frame")
    if header.codec == _FLOAT and (peak := float(np.abs(values).max())) > FULL_SCALE:
        notes.append(f"the peak is {peak / FULL_SCALE:.3g} times full scale; it was kept")
    return Signal(values, 1000.0 / header.rate_hz, audio_sensors(header.channels)), notes


@lru_cache(maxsize=64)
def audio_sensors(channels: int) -> tuple[Sensor, ...]:
    """`audio`, or `audio_1`, `audio_2`, ... of a recording with several channels."""
    if channels == 1:
        return (Sensor("audio", "wav"),)
    return tuple(Sensor(f"audio_{index + 1}", "wav") for index in range(channels))


def _chunks(data: bytes) -> tuple[Format, memoryview, list[str]]:
    """The format and the bytes of the samples."""
    order = ">" if data[:4] == b"RIFX" else "<"
    position, long_size = 12, None
    header: Format | None = None
    while position + 8 <= len(data):
        name, size = struct.unpack_from(f"{order}4sI", data, position)
        body = position + 8
        if name == b"data":
            if header is None:
                raise DecodeError("the samples come before the format chunk")
            samples, notes = _samples(data, body, size, long_size)
            return header, samples, notes
        if name == b"ds64" and size >= 24 and body + 24 <= len(data):
            long_size = struct.unpack_from("<Q", data, body + 8)[0]
        if name == b"fmt ":
            header = _format(data[body : body + min(size, _FORMAT_BYTES)], order)
        position = body + size + (size & 1)
    raise DecodeError(
        f"the WAV file has no samples: {len(data)} bytes without a data chunk",
        hint="the recording was cut or never finished; record again",
    )


def _samples(
    data: bytes, body: int, size: int, long_size: int | None
) -> tuple[memoryview, list[str]]:
    available = len(data) - body
    if size == 0xFFFFFFFF and long_size is not None:
        size = long_size
    elif size in _STREAMING and available > 0 and _is_unfinished(data, size):
        return memoryview(data)[body:], [
            "the header has no length (a stream that was not finished); all bytes were taken"
        ]
    if size == 0:
        raise DecodeError("the recording is empty: its data chunk has 0 bytes")
    if size > available:
        raise DecodeError(
            f"the WAV file is cut: its header promises {size} bytes of samples, "
            f"{available} are there",
            hint="the recording or its transfer was interrupted; copy or record it again",
        )
    return memoryview(data)[body : body + size], _tail_notes(data, body + size + (size & 1))


def _tail_notes(data: bytes, position: int) -> list[str]:
    """A warning if what follows the samples is no chunk, as after a wrong length."""
    order = ">" if data[:4] == b"RIFX" else "<"
    while position + 8 <= len(data):
        name, size = struct.unpack_from(f"{order}4sI", data, position)
        is_name = name.isascii() and name.strip(b" \0").isalnum()
        if not is_name or position + 8 + size > len(data):
            break
        position += 8 + size + (size & 1)
    rest = data[position:]
    if not rest.strip(b"\0"):
        return []
    return [f"{len(rest)} bytes after the samples belong to no whole chunk; is the length right?"]


def _is_unfinished(data: bytes, size: int) -> bool:
    """Whether a data size of 0 or "unknown" is that of a stream, not of an empty file."""
    (riff_size,) = struct.unpack_from(">I" if data[:4] == b"RIFX" else "<I", data, 4)
    return size == 0xFFFFFFFF or riff_size in _STREAMING


@lru_cache(maxsize=64)
def _format(body: bytes, order: str) -> Format:
    if len(body) < 16:
        raise DecodeError(f"the format chunk has {len(body)} bytes; expected at least 16")
    codec, channels, rate, byte_rate, frame_bytes, bits = struct.unpack_from(f"{order}HHIIHH", body)
    if codec == _EXTENSIBLE:
        if len(body) < 40 or body[26:40] != _GUID_TAIL:
            raise UnsupportedError("an extensible WAV file with an unknown sample type")
        (codec,) = struct.unpack_from(f"{order}H", body, 24)
    return Format(codec, channels, rate, byte_rate, frame_bytes, bits, order)


@lru_cache(maxsize=64)
def _check(header: Format) -> None:
    if header.codec not in (_PCM, _FLOAT, _A_LAW, _MU_LAW):
        name = _CODECS.get(header.codec, "unknown")
        raise UnsupportedError(
            f"the WAV file is compressed with codec 0x{header.codec:04x} ({name})",
            hint="convert it to plain PCM, e.g. ffmpeg -i in.wav -c:a pcm_s16le out.wav",
        )
    if not 1 <= header.channels <= MAX_CHANNELS or not 1 <= header.rate_hz <= MAX_RATE_HZ:
        raise DecodeError(
            f"the header says {header.channels} channels at {header.rate_hz} Hz; "
            f"expected 1 to {MAX_CHANNELS} channels at 1 to {MAX_RATE_HZ} Hz"
        )
    width = sample_bytes(header)
    if header.frame_bytes != width * header.channels:
        raise DecodeError(
            f"the header contradicts itself: {header.channels} channels of {header.bits} bits make "
            f"{width * header.channels} bytes a frame, it says {header.frame_bytes}",
            hint="write the file again with a tool that knows the true format",
        )
    if header.bytes_per_second not in (0, header.rate_hz * header.frame_bytes):
        raise DecodeError(
            f"the header contradicts itself: {header.rate_hz} Hz at {header.frame_bytes} bytes a "
            f"frame, but {header.bytes_per_second} bytes a second",
            hint="the sampling rate may be wrong; write the file again with the true one",
        )


def sample_bytes(header: Format) -> int:
    """Bytes of one sample of one channel."""
    allowed = {_PCM: range(1, 33), _FLOAT: (32, 64)}.get(header.codec, (8,))
    if header.bits not in allowed:
        raise UnsupportedError(
            f"{header.bits} bits a sample; expected PCM of 1 to 32 bits or float of 32 or 64 bits"
        )
    return math.ceil(header.bits / 8)


def _scaled(samples: memoryview, header: Format) -> npt.NDArray[Any]:
    """Flat samples on the int16 scale; integers of odd depth are left-aligned in their bytes."""
    order, width = header.byte_order, sample_bytes(header)
    if header.codec == _FLOAT:
        floats: npt.NDArray[np.floating[Any]] = np.frombuffer(samples, f"{order}f{width}")
        with np.errstate(over="ignore", invalid="ignore"):
            return floats * FULL_SCALE
    if header.codec in (_MU_LAW, _A_LAW):
        table = _mu_law() if header.codec == _MU_LAW else _a_law()
        return table[np.frombuffer(samples, np.uint8)]
    if width == 1:
        return (np.frombuffer(samples, np.uint8).astype(np.float32) - 128.0) * 256.0
    if width == 3:
        return _pcm_24(samples, order).astype(np.float32) / 256.0
    integers: npt.NDArray[np.integer[Any]] = np.frombuffer(samples, f"{order}i{width}")
    if width == 2:
        return integers
    return integers.astype(np.float64) / 65536.0


def _pcm_24(samples: memoryview, order: str) -> npt.NDArray[np.int32]:
    raw = np.frombuffer(samples, np.uint8).reshape(-1, 3)
    raw = raw[:, ::-1] if order == ">" else raw
    wide = np.zeros((len(raw), 4), dtype=np.uint8)
    wide[:, 1:] = raw
    return wide.view("<i4")[:, 0] >> 8


def _mu_law() -> npt.NDArray[np.float32]:
    """Decoded value of each mu-law byte (ITU-T G.711), 14-bit code on the int16 scale."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    magnitude = ((mantissa << 3) + 0x84 << exponent) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.float32)


def _a_law() -> npt.NDArray[np.float32]:
    """Decoded value of each A-law byte (ITU-T G.711), 13-bit code on the int16 scale."""
    code = np.arange(256, dtype=np.uint8) ^ np.uint8(0x55)
    exponent, mantissa = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    linear = (mantissa << 4) + 8
    magnitude = np.where(exponent > 0, linear + 0x100 << np.maximum(exponent - 1, 0), linear)
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.float32)


def encode_wav(
    signal: Signal,
    *,
    encoding: Literal["int16", "float32"] = "int16",
    full_scale: float = FULL_SCALE,
) -> bytes:
    """`signal` as a WAV file of 16-bit PCM or of float, a channel an axis.

    Args:
        signal: The samples.
        encoding: "int16" rounds values to whole numbers; "float32" divides by `full_scale`.
        full_scale: The value that float writes as 1.

    Raises:
        UnsupportedError: A rate that is no whole number of hertz, values outside int16, or more
            than 4 GB.
    """
    rate = round(signal.frequency_hz)
    if rate < 1 or abs(signal.frequency_hz - rate) > 1e-6 * rate:
        raise UnsupportedError(
            f"a WAV file needs a whole number of hertz; the signal has {signal.frequency_hz:g}",
            hint="resample it first, or save it in the acquisition format",
        )
    width = 2 if encoding == "int16" else 4
    size = signal.frames * signal.axes * width
    if size > _MAX_DATA_BYTES or signal.axes > MAX_CHANNELS:
        raise UnsupportedError(
            f"{size} bytes of {signal.axes} axes; a WAV file holds {_MAX_DATA_BYTES} bytes "
            f"of {MAX_CHANNELS} channels",
            hint="save it in the acquisition format, or in parts",
        )
    samples = _int16(signal) if encoding == "int16" else _float32(signal, full_scale)
    codec = _PCM if encoding == "int16" else _FLOAT
    frame_bytes = width * signal.axes
    form = struct.pack(
        "<HHIIHH", codec, signal.axes, rate, rate * frame_bytes, frame_bytes, 8 * width
    )
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    if encoding == "float32":  # required of any form but PCM
        body += b"fact" + struct.pack("<II", 4, signal.frames)
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _int16(signal: Signal) -> bytes:
    rounded = np.rint(signal.values)
    if rounded.min() < -FULL_SCALE or rounded.max() > FULL_SCALE:
        raise UnsupportedError(
            f"values from {rounded.min():g} to {rounded.max():g} do not fit 16 bits",
            hint="scale them to -32768 .. 32767, or save in the acquisition format",
        )
    return np.minimum(rounded, FULL_SCALE - 1).astype("<i2").tobytes()


def _float32(signal: Signal, full_scale: float) -> bytes:
    return (signal.values / np.float32(full_scale)).astype("<f4").tobytes()
