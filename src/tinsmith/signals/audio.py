"""Sound files: WAV read here, FLAC, Ogg (Vorbis, Opus) and MP3 through libsndfile."""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DecodeError
from tinsmith.signals import checks, mpeg, ogg
from tinsmith.signals.types import Decoded, DecodeOptions, Signal
from tinsmith.signals.wav import FULL_SCALE, MAX_RATE_HZ, audio_sensors, decode_wav

_BLOCK_FRAMES = 1 << 16
_UNKNOWN_FRAMES = 1 << 40


def decode_audio(data: bytes, form: str, options: DecodeOptions) -> Decoded:
    """A sound file; one axis a channel, on the int16 scale (full scale = 32768), not rounded.

    Args:
        data: The bytes of the file.
        form: `wav`, `flac`, `ogg` or `mp3`, as found in the bytes.
        options: Limits.

    Raises:
        DecodeError: Cut (except a lossy stream at its end, which is a warning), empty or damaged.
        UnsupportedError: A codec or a size that is not handled.
    """
    if form == "wav":
        signal, notes = decode_wav(data, options)
    elif form == "flac":
        signal, notes = _decode_flac(data, options)
    else:
        signal, notes = _decode_lossy(data, form, options)
    return Decoded(signal, form, warnings=tuple(notes))


@dataclass(frozen=True)
class _Stream:
    """What libsndfile found: samples, rate and the number of frames the header promises."""

    samples: npt.NDArray[Any]
    rate_hz: int
    promised: int

    def signal(self, values: npt.NDArray[Any]) -> Signal:
        return Signal(
            checks.samples(values, row_name="frame"),
            1000.0 / self.rate_hz,
            audio_sensors(values.shape[1]),
        )


def _read(data: bytes, form: str, dtype: str, options: DecodeOptions) -> _Stream:
    """Reads in blocks, so that a short file that claims hours of sound is stopped in time."""
    import soundfile

    blocks: list[npt.NDArray[Any]] = []
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            count = 0
            while True:
                block = file.read(_BLOCK_FRAMES, dtype=dtype, always_2d=True)
                count += block.size
                checks.within_values(count, options)
                if not len(block):
                    break
                blocks.append(block)
            rate, promised, channels = file.samplerate, file.frames, file.channels
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError, OSError) as error:
        reason = str(error).partition(">: ")[2] or str(error)
        if not reason or "File does not exist" in reason:  # what it says when it gives up early
            reason = "no stream of sound in it"
        raise DecodeError(
            f"not readable as {form.upper()}: {reason}",
            hint="the file is cut or damaged; export it again",
        ) from None
    if not 1 <= rate <= MAX_RATE_HZ:
        raise DecodeError(f"the sampling rate is {rate} Hz; expected 1 to {MAX_RATE_HZ}")
    samples = np.concatenate(blocks) if blocks else np.zeros((0, channels), dtype=dtype)
    return _Stream(samples, rate, promised)


def _decode_flac(data: bytes, options: DecodeOptions) -> tuple[Signal, list[str]]:
    bits, total, digest = _stream_info(data)
    stream = _read(data, "flac", "int32", options)
    if total and total != len(stream.samples):
        raise DecodeError(
            f"the FLAC file is cut: its header promises {total} frames, "
            f"{len(stream.samples)} are there",
            hint="copy or export it again",
        )
    notes = [] if any(digest) else ["the FLAC file carries no checksum of its samples"]
    if any(digest) and _flac_digest(stream.samples, bits) != digest:
        raise DecodeError(
            "the FLAC file is damaged: the checksum of its samples does not match",
            hint="copy or export it again",
        )
    return stream.signal(stream.samples / 65536.0), notes


def _stream_info(data: bytes) -> tuple[int, int, bytes]:
    """Bits a sample, total frames (0: unknown) and MD5 of the samples (RFC 9639, section 8.2)."""
    if len(data) < 42 or data[4] & 127 != 0:
        raise DecodeError("the FLAC file is cut or damaged: it has no stream information")
    (packed,) = struct.unpack_from(">Q", data, 18)
    return (packed >> 36 & 31) + 1, packed & 0xFFFFFFFFF, data[26:42]


def _flac_digest(samples: npt.NDArray[np.int32], bits: int) -> bytes:
    width = (bits + 7) // 8
    raw = (samples >> (32 - bits)).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :width]
    return hashlib.md5(raw.tobytes(), usedforsecurity=False).digest()


def _decode_lossy(data: bytes, form: str, options: DecodeOptions) -> tuple[Signal, list[str]]:
    if form == "mp3":
        body, notes = mpeg.whole_frames(_without_id3(data))
    else:
        body, notes = data, ogg.check_pages(data)
    stream = _read(body, form, "float32", options)
    found = len(stream.samples)
    if not found:
        raise DecodeError("the file holds no whole frame of sound")
    if stream.promised < _UNKNOWN_FRAMES and found < stream.promised:
        notes.append(f"the file is cut: its header promises {stream.promised} frames, {found} came")
    return stream.signal(stream.samples * np.float32(FULL_SCALE)), notes


def _without_id3(data: bytes) -> bytes:
    """The sound without leading ID3v2 tags, whose errors the MP3 library reports on stderr."""
    while data[:3] == b"ID3" and len(data) > 10:
        length = 0
        for byte in data[6:10]:
            length = length << 7 | byte & 127
        has_footer = bool(data[5] & 0x10)
        data = data[10 + length + (10 if has_footer else 0) :]
    if not data:
        raise DecodeError("the MP3 file holds tags but no sound")
    return data
