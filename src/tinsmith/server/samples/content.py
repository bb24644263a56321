"""The content of samples, read by level of detail: any part of a long recording at once.

The levels of a recording are a file in the data folder, named by the hash of the content and how it
is decoded. They are made when a long recording is uploaded, before the upload is answered, and
otherwise when they are first asked for; they may be removed at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError
from tinsmith.core.hashing import digest
from tinsmith.datasets import FileSource, Sample
from tinsmith.datasets.crop import with_span
from tinsmith.datasets.detail import MAX_POINTS, Detail, read_detail, write_detail
from tinsmith.datasets.sample import storable_options
from tinsmith.signals import Signal

# Values from which on decoding takes so long that reads must not wait for it.
_LONG = 500_000
# One recording at a time: of several requests for the same one, the first makes the file.
_BUILDING = threading.Lock()


@dataclass(frozen=True)
class Levels:
    """Levels of detail of recordings, in a folder."""

    root: Path

    def prepare(self, sample: Sample, signal: Signal) -> None:
        """Makes the levels of a recording that was just decoded, if it is long."""
        if signal.values.size < _LONG:
            return
        path = self._path(sample)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_detail(signal, path)

    def read(self, sample: Sample, start: int, end: int, points: int) -> Detail:
        """Least and greatest values of a part of a recording; frames count what is kept of it.

        Raises:
            DatasetError: It is a picture, or no part of it.
        """
        first, frames = self._bounds(sample, start, end)
        last = min(first + frames, first - start + sample.facts.frames)
        found = read_detail(self._ready(sample), first, last, points)
        offset = first - start
        # Whole steps may reach over the edge of a crop.
        low = max(found.start - offset, 0)
        high = min(found.end - offset, sample.facts.frames)
        return replace(found, start=low, end=high, frames=sample.facts.frames)

    def values(self, sample: Sample, start: int, end: int) -> Iterator[npt.NDArray[np.float32]]:
        """The frames [start, end) of a recording, some at a time: float32 [frames, axes].

        Raises:
            DatasetError: It is a picture, or no part of it.
        """
        first, frames = self._bounds(sample, start, end)
        path = self._ready(sample)
        for position in range(first, first + frames, MAX_POINTS):
            count = min(MAX_POINTS, first + frames - position)
            yield read_detail(path, position, position + count, count).minimum

    def signal(self, sample: Sample, start: int, end: int) -> Signal:
        """A part of a recording in memory.

        Raises:
            DatasetError: It is a picture, or no part of it.
        """
        values = np.concatenate(list(self.values(sample, start, end)))
        return Signal(values, sample.facts.interval_ms, sample.facts.sensors)

    def _bounds(self, sample: Sample, start: int, end: int) -> tuple[int, int]:
        """The first frame in the whole recording, and the number of frames."""
        frames = sample.facts.frames
        if sample.facts.kind != "signal":
            raise DatasetError("it is a picture; expected a recording over time", path=sample.name)
        if not 0 <= start < end or start >= frames:
            raise DatasetError(
                f"frames {start} to {end} are wanted of a recording of {frames}",
                hint="the start must lie before the end, and within the recording",
                path=sample.name,
            )
        offset = sample.span[0] if sample.span else 0
        return offset + start, min(end, frames) - start

    def _ready(self, sample: Sample) -> Path:
        path = self._path(sample)
        if path.exists():
            return path
        with _BUILDING:
            if not path.exists():
                whole = replace(sample, source=with_span(sample.source, None))
                path.parent.mkdir(parents=True, exist_ok=True)
                write_detail(whole.load_signal(), path)
        return path

    def _path(self, sample: Sample) -> Path:
        options = sample.source.options if isinstance(sample.source, FileSource) else None
        key = digest(sample.content_hash, storable_options(options) if options else {})
        return self.root / key[:2] / f"{key}.levels"
