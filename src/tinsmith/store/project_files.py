"""A project's state as the plain files of a project folder, and a folder as a state.

Files are listed by path and the hash of their content: what the store holds already is not copied.
Exporting, importing and exporting again gives the same bytes in every file.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.record import blob_path, to_line
from tinsmith.impulse.design import dump_impulse, parse_impulse
from tinsmith.impulse.fitted import VARIANTS
from tinsmith.impulse.project import first_files
from tinsmith.store.blobs import BlobStore
from tinsmith.store.project_state import Document, ProjectState, read_lines, sample_of

# Lists of files that were exported, among the results of jobs.
EXPORT_KIND = "project-export"
# The earliest moment a zip can name.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644
# Zip files name the size of larger members in another way.
_LARGE_BYTES = (1 << 31) - 1


@dataclass(frozen=True, order=True)
class FileEntry:
    """A file: its path, forward slashes, and the blob with its bytes."""

    path: str
    hash: str
    size: int


def store_files(state: ProjectState, blobs: BlobStore, progress: Progress = silent) -> str:
    """Stores the list of a project's files, and those that are new; the blob with the list."""
    entries = [*_texts(state, blobs), *_sample_files(state, blobs, progress)]
    lines = (
        json.dumps([entry.path, entry.hash, entry.size], ensure_ascii=False).encode() + b"\n"
        for entry in sorted(entries)
    )
    return blobs.put_stream(_joined(lines)).hash


def read_files(blobs: BlobStore, content_hash: str) -> Iterator[FileEntry]:
    """The files of a list, sorted by path."""
    for line in read_lines(blobs, content_hash):
        yield FileEntry(*json.loads(line))


def stream_zip(blobs: BlobStore, entries: Iterable[FileEntry]) -> Iterator[bytes]:
    """Files as one zip, piece by piece; the same files give the same bytes.

    Raises:
        BlobError: Content is missing or damaged; what was given until then is no whole zip.
    """
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.path, date_time=_TIME)
            info.create_system = 3  # Unix, on every host
            info.external_attr = _MODE << 16
            with archive.open(info, "w", force_zip64=entry.size > _LARGE_BYTES) as member:
                for piece in blobs.stream(entry.hash):
                    member.write(piece)
                    yield sink.take()
    yield sink.take()


class _Sink:
    """A file that cannot be gone back in and keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keeps `data`."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """All that was written since the last call."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def _texts(state: ProjectState, blobs: BlobStore) -> Iterator[FileEntry]:
    """All files but those of the samples."""
    texts = first_files(state.project["name"])
    if state.project["readme"]:
        texts["README.md"] = state.project["readme"].encode()
    models = {row["id"]: row for row in state.models}
    for row in state.impulses:
        place = f"impulses/{row['folder']}/" if row["folder"] else ""
        texts[f"{place}impulse.toml"] = dump_impulse(parse_impulse(row["design"])).encode()
        for result, data in _results(state, row, blobs).items():
            texts[f"{place}results/{result}.json"] = data
        model = models.get(row["model_id"])
        for file, content_hash in (model["files"] if model else {}).items():
            size = blobs.size(content_hash) or 0
            yield FileEntry(f"{place}model/{file}", content_hash, size)
    for path, data in texts.items():
        blob = blobs.put(data)
        yield FileEntry(path, blob.hash, blob.size)


def _results(state: ProjectState, impulse: Document, blobs: BlobStore) -> dict[str, bytes]:
    """Results of an impulse as files by name."""
    found = {
        row["document"]["name"]: blobs.get(row["blob_hash"])
        for row in state.results
        if row["document"]["impulse_id"] == impulse["id"]
    }
    for row in state.profiles:
        if row["model_id"] == impulse["model_id"]:
            name = f"profile-{row['target']}-{row['variant']}"
            found[name] = result_text(arranged(row["document"]))
    tests = {row["variant"]: row for row in state.tests if row["model_id"] == impulse["model_id"]}
    document = {
        variant: {
            **arranged(tests[variant]["metrics"]),
            "windows": json.loads(blobs.get(tests[variant]["windows_hash"])),
        }
        for variant in VARIANTS
        if variant in tests
    }
    if document:
        found["test"] = result_text(document)
    return found


def result_text(value: Any) -> bytes:
    """A result as project folders keep it."""
    return (json.dumps(value, indent=1) + "\n").encode()


def arranged(value: Any) -> Any:
    """A result with its fields in the order in which it was made; databases forget it."""
    if isinstance(value, Mapping):
        names = _orders().get(frozenset(value), sorted(value))
        return {name: arranged(value[name]) for name in names}
    if isinstance(value, list | tuple):
        return [arranged(item) for item in value]
    # One zero: not every database keeps the sign of the other.
    return value + 0.0 if isinstance(value, float) else value


@cache
def _orders() -> dict[frozenset[str], tuple[str, ...]]:
    """The order of fields by which fields there are."""
    from tinsmith.compiler.plan import StepMemory
    from tinsmith.emulation import Cost
    from tinsmith.emulation.cycles import Estimate
    from tinsmith.impulse.profile import Profile
    from tinsmith.learning import metrics

    kinds = (
        Profile, StepMemory, Cost, Estimate, metrics.ClassificationMetrics, metrics.ClassScores,
        metrics.Averages, metrics.RegressionMetrics, metrics.AnomalyMetrics,
    )  # fmt: skip
    orders = [tuple(item.name for item in fields(kind)) for kind in kinds]
    orders.append(TEST_FIELDS)
    return {frozenset(order): order for order in orders}


# What model testing says of a variant, without its windows.
TEST_FIELDS = (
    "variant", "classes", "classification", "regression", "anomaly", "anomaly_threshold", "normal",
)  # fmt: skip


def _sample_files(state: ProjectState, blobs: BlobStore, progress: Progress) -> Iterator[FileEntry]:
    """The index of the samples and their contents, each once."""
    if not state.samples.count:
        return
    contents: dict[str, FileEntry] = {}
    lines: list[tuple[str, str, str]] = []
    for done, line in enumerate(read_lines(blobs, state.samples.hash), start=1):
        document = json.loads(line)
        sample = sample_of(document)
        lines.append((sample.name, sample.id, to_line(sample)))
        path = blob_path(Path("data"), sample.content_hash, sample.format).as_posix()
        contents[path] = FileEntry(path, sample.content_hash, document["size_bytes"])
        progress(Step("listing", done, state.samples.count, sample.name))
    lines.sort()
    blob = blobs.put_stream(_joined(f"{line}\n".encode() for _, _, line in lines))
    yield FileEntry("samples.jsonl", blob.hash, blob.size)
    yield from contents.values()


def _joined(lines: Iterable[bytes], at_once: int = 1000) -> Iterator[bytes]:
    """Lines in larger pieces."""
    held: list[bytes] = []
    for line in lines:
        held.append(line)
        if len(held) == at_once:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)
