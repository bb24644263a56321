"""Videos as pictures at a chosen rate, and their sound as a signal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinsmith.core.errors import DecodeError, MissingPackageError, UnsupportedError
from tinsmith.signals import checks
from tinsmith.signals.detect import extension_of
from tinsmith.signals.types import Image, Sensor, Signal

EXTENSIONS = frozenset({"mp4", "m4v", "mov", "avi", "mkv", "webm"})
_FULL_SCALE = 32768.0
_HEAD_BYTES = 64


@dataclass(frozen=True)
class VideoOptions:
    """How a video is cut into pictures.

    Args:
        rate_hz: Pictures per second of the video; a picture is never taken twice, so a rate above
            the video's own takes each of its pictures once.
        max_frames: Pictures that are taken at most.
        max_pixels: Pixels of one picture.
        max_seconds: Length of the video.
    """

    rate_hz: float = 1.0
    max_frames: int = 100_000
    max_pixels: int = 16 * 1024 * 1024
    max_seconds: float = 4 * 3600.0


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a video and the time it was asked for, in seconds from the beginning."""

    time_s: float
    image: Image


def is_video(name: str, head: bytes) -> bool:
    """Whether a file of this name that begins so is a video that is read."""
    return extension_of(name) in EXTENSIONS and _container(head) is not None


def read_frames(
    source: bytes | Path, name: str, options: VideoOptions | None = None
) -> Iterator[Frame]:
    """The pictures of a video, one at a time: at each k / rate the one that is shown then.

    The same file and options give the same pictures: decoding runs in one thread.

    Args:
        source: Its bytes or its place.
        name: Its name, for messages.
        options: Rate and limits.

    Raises:
        DecodeError: Damaged, even if only from some moment on.
        UnsupportedError: No such video, without pictures, or beyond a limit.
        MissingPackageError: PyAV is not installed.
    """
    options = options or VideoOptions()
    if not 0 < options.rate_hz <= 1000:
        raise UnsupportedError(
            f"a rate of {options.rate_hz:g} pictures a second; expected above 0, at most 1000"
        )
    with _open(source, name) as container:
        if not container.streams.video:
            raise UnsupportedError("the video has no pictures", hint="import its sound instead")
        stream = container.streams.video[0]
        _use_one_thread(stream)
        _check_size(stream.codec_context.width, stream.codec_context.height, options)
        taken = 0
        for taken, frame in enumerate(_choose(container.decode(stream), options), start=1):
            if taken > options.max_frames:
                raise UnsupportedError(
                    f"the video gives more than {options.max_frames} pictures",
                    hint="choose a lower rate, or cut it into shorter videos",
                )
            yield frame
        if not taken:
            raise DecodeError("the video holds no pictures", hint="it is cut; record it again")


def read_sound(
    source: bytes | Path, name: str, options: VideoOptions | None = None
) -> Signal | None:
    """The sound of a video on the int16 scale, a channel an axis; None if it has none.

    Raises:
        DecodeError: Damaged.
        UnsupportedError: No such video, or longer than the limit.
        MissingPackageError: PyAV is not installed.
    """
    options = options or VideoOptions()
    with _open(source, name) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        _use_one_thread(stream)
        rate = int(stream.codec_context.sample_rate or 0)
        if rate < 1:
            raise DecodeError("the sound of the video has no rate")
        blocks = _sound_blocks(container.decode(stream), rate, options)
        parts = list(blocks)
    if not parts:
        return None
    values = np.concatenate(parts)
    names = ("audio",) if values.shape[1] == 1 else [f"audio{n}" for n in range(values.shape[1])]
    sensors = tuple(Sensor(axis, "wav") for axis in names)
    return Signal(checks.samples(values), 1000.0 / rate, sensors)


def _container(head: bytes) -> str | None:
    """The demuxer for a file that begins so; only these are ever tried.

    Others would follow what a file says: playlists that name further files or addresses.
    """
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    return "matroska" if head[:4] == b"\x1aE\xdf\xa3" else None


@contextmanager
def _open(source: bytes | Path, name: str) -> Iterator[Any]:
    try:
        import av
    except ImportError:
        raise MissingPackageError(
            "videos need the package av, which is not installed",
            hint="pip install 'tinsmith[formats]'",
        ) from None
    file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    with file:
        form = _container(file.read(_HEAD_BYTES))
        file.seek(0)
        if form is None:
            raise UnsupportedError(
                "is no video that is read", hint="MP4, MOV, AVI, MKV and WebM are", path=name
            )
        try:
            with av.open(file, mode="r", format=form, metadata_errors="ignore") as container:
                yield container
        except (av.FFmpegError, EOFError, ValueError, OverflowError) as error:
            text = getattr(error, "strerror", None) or str(error)[:120] or type(error).__name__
            raise DecodeError(
                f"the video is damaged: {text}", hint="copy or record it again", path=name
            ) from error
        except (DecodeError, UnsupportedError) as error:
            raise error.at(name) from None


def _use_one_thread(stream: Any) -> None:
    """Makes decoding the same each time."""
    if stream.codec_context is None:
        raise UnsupportedError("the video's codec is not known", hint="convert it to H.264")
    stream.codec_context.thread_count = 1


def _check_size(width: int, height: int, options: VideoOptions) -> None:
    if width * height > options.max_pixels:
        raise UnsupportedError(
            f"the video has {width} x {height} pixels; the limit is {options.max_pixels}",
            hint="scale it down first",
        )


def _choose(frames: Iterator[Any], options: VideoOptions) -> Iterator[Frame]:
    """For each moment k / rate the last frame that begins by then, never the same one twice."""
    start: float | None = None
    shown: Any = None
    moment = 0
    for frame in frames:
        if frame.time is None:
            continue
        start = float(frame.time) if start is None else start
        time_s = float(frame.time) - start
        _check_length(time_s, options)
        _check_size(frame.width, frame.height, options)
        if shown is not None and time_s > moment / options.rate_hz + 1e-6:
            yield Frame(moment / options.rate_hz, _image(shown))
            # Moments that pass while one picture is shown give it only once.
            moment = max(moment + 1, int(np.ceil(time_s * options.rate_hz - 1e-6)))
        shown = frame
    if shown is not None and start is not None:
        last = float(shown.time) - start
        if last >= moment / options.rate_hz - 1e-6:
            yield Frame(moment / options.rate_hz, _image(shown))


def _check_length(time_s: float, options: VideoOptions) -> None:
    if time_s > options.max_seconds:
        raise UnsupportedError(
            f"the video is longer than {options.max_seconds:g} s", hint="cut it into shorter videos"
        )


def _image(frame: Any) -> Image:
    return Image(np.ascontiguousarray(frame.to_ndarray(format="rgb24")))


def _sound_blocks(frames: Iterator[Any], rate: int, options: VideoOptions) -> Iterator[Any]:
    """float32 [frames, channels] of each block of sound."""
    from av import AudioResampler

    resampler = AudioResampler(format="fltp", rate=rate)
    count = 0
    for frame in frames:
        for block in resampler.resample(frame):
            values = block.to_ndarray().T * np.float32(_FULL_SCALE)
            count += len(values)
            _check_length(count / rate, options)
            yield values
