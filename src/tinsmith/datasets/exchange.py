"""A data set as one zip file that other platforms read, too, and that comes back as it was.

    info.labels                       the index: labels, boxes, parts and metadata
    training/NAME.ID.EXT              the original files, unaltered
    testing/..., validation/..., unassigned/...

Cropped recordings and samples made in memory have no file of their own; they are written as CBOR
acquisition files, pictures as PNG. The same samples give the same bytes.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.index import INDEX_NAME
from tinsmith.datasets.sample import FileSource, Sample, storable_options
from tinsmith.signals import Image, encode_acquisition

_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644
# Formats that shrink; the others are packed already or hardly shrink.
_TEXTS = frozenset({"csv", "tsv", "txt", "json", "labels"})
# The index of a large data set is one entry a line, so that it can be read in a stream.
_MANY_FILES = 10_000


def pack(samples: Sequence[Sample], *, progress: Progress = silent) -> Iterator[bytes]:
    """The zip file in blocks, each sample read only when its turn comes.

    Raises:
        DatasetError: A sample's file is gone or has changed.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        places = [member_path(sample) for sample in samples]
        _add(archive, INDEX_NAME, _index(samples, places))
        yield sink.take()
        for done, (sample, place) in enumerate(zip(samples, places, strict=True), start=1):
            _add(archive, place, _content(sample))
            progress(Step("packing", done, len(samples), sample.name))
            yield sink.take()
    yield sink.take()


def pack_to(samples: Sequence[Sample], path: Path, *, progress: Progress = silent) -> None:
    """The zip file at `path`, replaced as a whole once it is complete.

    Raises:
        DatasetError: A sample's file is gone or has changed; nothing is written then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        temporary = Path(folder) / "packed.zip"
        with temporary.open("wb") as file:
            for block in pack(samples, progress=progress):
                file.write(block)
        temporary.replace(path)


def member_path(sample: Sample) -> str:
    """Where a sample lies in the archive; its id keeps equal names apart."""
    plain = re.sub(r"[^\w.-]+", "_", sample.name).strip("._")[:60] or "sample"
    extension = sample.format if _is_original(sample) else _made_format(sample)
    return f"{sample.category or 'unassigned'}/{plain}.{sample.id}.{extension}"


def index_entry(sample: Sample, place: str) -> dict[str, Any]:
    """What `info.labels` says about a sample at `place`."""
    entry: dict[str, Any] = {
        "path": place,
        "name": sample.name,
        "category": sample.category or "split",
        "label": _label(sample),
    }
    if sample.metadata:
        entry["metadata"] = dict(sorted(sample.metadata.items()))
    if sample.boxes:
        entry["boundingBoxes"] = [
            {"label": b.label, "x": b.x, "y": b.y, "width": b.width, "height": b.height}
            for b in sample.boxes
        ]
    if not sample.enabled:
        entry["enabled"] = False
    if _is_original(sample) and isinstance(sample.source, FileSource):
        options = storable_options(sample.source.options)
        if options:
            entry["decode"] = options
    return entry


def _label(sample: Sample) -> dict[str, Any]:
    if sample.segments:
        segments = [
            {"startIndex": s.start_index, "endIndex": s.end_index, "label": s.label}
            for s in sample.segments
        ]
        whole = {"label": sample.label} if sample.label else {}
        return {"type": "multi-label", "labels": segments, **whole}
    if sample.label:
        return {"type": "label", "label": sample.label}
    return {"type": "unlabeled"}


def _index(samples: Sequence[Sample], places: Sequence[str]) -> bytes:
    entries = [index_entry(*pair) for pair in zip(samples, places, strict=True)]
    if len(entries) < _MANY_FILES:
        return json.dumps({"version": 1, "files": entries}, indent=1, ensure_ascii=False).encode()
    lines = ['{"version":1,"__ndjson":true}']
    lines += [
        json.dumps({"__key": "files", "__item": entry}, ensure_ascii=False) for entry in entries
    ]
    return "\n".join([*lines, ""]).encode()


def _is_original(sample: Sample) -> bool:
    return isinstance(sample.source, FileSource) and sample.source.span is None


def _made_format(sample: Sample) -> str:
    return "png" if sample.facts.kind == "image" else "cbor"


def _content(sample: Sample) -> bytes:
    data = sample.source.data() if _is_original(sample) else None
    if data is not None:
        return data
    content = sample.load()
    return _png(content) if isinstance(content, Image) else encode_acquisition(content)


def _png(image: Image) -> bytes:
    from PIL import Image as Pillow

    buffer = io.BytesIO()
    Pillow.fromarray(image.pixels).save(buffer, "png")
    return buffer.getvalue()


class _Sink:
    """A file without a position that keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keeps `data`."""
        self._blocks.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to give back."""

    def take(self) -> bytes:
        """All that was written since the last call."""
        data = b"".join(self._blocks)
        self._blocks.clear()
        return data


def _add(archive: zipfile.ZipFile, path: str, data: bytes) -> None:
    info = zipfile.ZipInfo(path, date_time=_TIME)
    info.create_system = 3  # Unix, on every host
    info.external_attr = _MODE << 16
    shrinks = path.rpartition(".")[2] in _TEXTS
    info.compress_type = zipfile.ZIP_DEFLATED if shrinks else zipfile.ZIP_STORED
    archive.writestr(info, data, compresslevel=6)
