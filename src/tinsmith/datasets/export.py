"""Samples as files: the original bytes, or their content as WAV or CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DesignError, UnsupportedError
from tinsmith.datasets.crop import uncrop
from tinsmith.datasets.sample import Sample
from tinsmith.signals import Image, Signal, encode_acquisition, encode_wav, resample

ExportForm = Literal["original", "kept", "wav", "csv"]
EXPORT_FORMS: tuple[ExportForm, ...] = ("original", "kept", "wav", "csv")
_MEDIA_TYPES = {
    "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg", "mp3": "audio/mpeg",
    "csv": "text/csv", "txt": "text/plain", "json": "application/json",
    "cbor": "application/cbor", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
    "gif": "image/gif", "webp": "image/webp", "bmp": "image/bmp",
}  # fmt: skip
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_MAX_NAME = 180
_CHUNK_FRAMES = 1 << 15
# Smaller steps of a column without a unit are read as seconds.
_PLAIN_STEP_MS = 0.1


@dataclass(frozen=True)
class Exported:
    """A file made of a sample.

    Args:
        name: File name that any system can store.
        media_type: What the content is, as a MIME type.
        data: The content.
    """

    name: str
    media_type: str
    data: bytes


def export(sample: Sample, form: ExportForm, *, label_first: bool = False) -> Exported:
    """A sample as a file.

    Args:
        sample: Any sample.
        form: "original" is what was uploaded, whole, byte by byte; "kept" the same, unless the
            sample is cropped: then audio becomes WAV and others an acquisition file of the frames
            that are kept. "wav" and "csv" hold the frames that are kept (see `to_wav`, `to_csv`).
        label_first: Begin the name with the label and a dot, from which an import reads it.

    Raises:
        DesignError: There is no such form.
        DatasetError: The sample is a picture and the form "wav" or "csv", or its content is gone.
        UnsupportedError: The recording cannot be written in this form.
    """
    if form not in EXPORT_FORMS:
        raise DesignError(f"the form is {form!r}; expected one of {', '.join(EXPORT_FORMS)}")
    data, extension = _content(sample, form)
    name = _UNSAFE.sub("_", _stem(sample, label_first)[:_MAX_NAME]).lstrip(".") or "sample"
    media_type = _MEDIA_TYPES.get(extension, "application/octet-stream")
    return Exported(f"{name}.{extension}", media_type, data)


def _stem(sample: Sample, label_first: bool) -> str:
    has_label = sample.name == sample.label or sample.name.startswith(f"{sample.label}.")
    use_label = label_first and sample.label and not has_label
    return f"{sample.label}.{sample.name}" if use_label else sample.name


def _content(sample: Sample, form: ExportForm) -> tuple[bytes, str]:
    if form == "wav":
        return to_wav(sample.load_signal()), "wav"
    if form == "csv":
        return to_csv(sample.load_signal()), "csv"
    data = sample.source.data()
    if data is not None and (form == "original" or sample.span is None):
        return data, sample.format
    content = (uncrop(sample) if form == "original" else sample).load()
    if isinstance(content, Signal) and is_audio(content):
        return to_wav(content), "wav"
    return encoded(content)


def encoded(content: Signal | Image) -> tuple[bytes, str]:
    """A signal as an acquisition file, a picture as PNG: both read back to the same values.

    Returns:
        The bytes and the extension of such files.
    """
    if isinstance(content, Signal):
        return encode_acquisition(content), "cbor"
    from PIL import Image as Picture

    buffer = io.BytesIO()
    Picture.fromarray(content.pixels).save(buffer, format="PNG")
    return buffer.getvalue(), "png"


def is_audio(signal: Signal) -> bool:
    """Whether all axes are sound, on the int16 scale."""
    return all(sensor.units == "wav" for sensor in signal.sensors)


def to_wav(signal: Signal, rate_hz: int | None = None) -> bytes:
    """A recording as WAV, an axis a channel.

    Sound is written as 16-bit whole numbers where they hold its values exactly, else as float with
    full scale 1: either reads back to the same values. Other sensors are written as float in their
    own unit, so that a tool for sound sees metres or volts; 1 is 1.

    Args:
        signal: A recording with time.
        rate_hz: Rate to resample to. Without it the rate is kept, or, since WAV has whole hertz
            only, resampled to the nearest.

    Raises:
        UnsupportedError: No time, less than half a hertz, or too large for WAV.
        DesignError: The rates are absurdly far apart.
    """
    wanted = rate_hz if rate_hz is not None else round(signal.frequency_hz)
    if wanted < 1:
        raise UnsupportedError(
            f"a WAV file needs at least 1 Hz; the recording has {signal.frequency_hz:g}",
            hint="export it as CSV, or resample it to 1 Hz or more",
        )
    if abs(signal.frequency_hz - wanted) > 1e-6 * wanted:
        signal = resample(signal, 1000 / wanted)
    if not is_audio(signal):
        return encode_wav(signal, encoding="float32", full_scale=1.0)
    values = signal.values
    is_whole = bool((values >= -32768).all() and (values <= 32767).all()) and np.array_equal(
        values, np.rint(values)
    )
    return encode_wav(signal, encoding="int16" if is_whole else "float32")


def to_csv(signal: Signal) -> bytes:
    """A recording as CSV: a header, then a row a frame, the time in milliseconds first.

    Values are the shortest decimals that read back to the same float32. Features without time have
    no column of time. Its name is `timestamp`, or `timestamp_ms` where steps are so small that a
    reader may take them for seconds.
    """
    head = io.StringIO()
    names = [sensor.name for sensor in signal.sensors]
    if signal.interval_ms > 0:
        names.insert(0, "timestamp" if signal.interval_ms > _PLAIN_STEP_MS else "timestamp_ms")
    csv.writer(head, lineterminator="\n").writerow(names)
    rows = (",".join(row) for chunk in _chunks(signal) for row in zip(*chunk, strict=True))
    return (head.getvalue() + "\n".join(rows) + "\n").encode()


def _chunks(signal: Signal) -> Iterator[list[list[str]]]:
    """Columns of text, some frames at a time: text takes much more memory than numbers."""
    for first in range(0, signal.frames, _CHUNK_FRAMES):
        values = signal.values[first : first + _CHUNK_FRAMES]
        columns = [_texts(values[:, axis]) for axis in range(signal.axes)]
        if signal.interval_ms > 0:
            index = np.arange(first, first + len(values))
            # Nanoseconds are enough, and keep 0.1 * 3 from becoming 0.30000000000000004.
            columns.insert(0, _texts(np.round(index * signal.interval_ms, 6)))
        yield columns


def _texts(values: npt.NDArray[np.floating]) -> list[str]:
    """Shortest decimals; whole numbers without a point."""
    if np.array_equal(values, np.rint(values)) and float(np.abs(values).max()) < 1 << 24:
        return [str(value) for value in values.astype(np.int64).tolist()]
    texts: list[str] = values.astype(np.str_).tolist()
    return texts
