"""Samples kept on disk: original bytes by their hash, and one line of facts each.

    data/4f/4f81...c2.wav      the original bytes, never changed
    samples.jsonl              one line per sample, sorted by name; made to diff and merge well
    trash.jsonl                lines of removed samples, until the trash is emptied

Content is written before the line that mentions it and every file is replaced as a whole, so an
interruption leaves at worst content that no line mentions; `collect_garbage` removes it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinsmith.core.errors import DatasetError
from tinsmith.core.hashing import hash_bytes
from tinsmith.core.paths import write_atomic
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.crop import crop, uncrop, with_span
from tinsmith.datasets.events import split
from tinsmith.datasets.export import encoded
from tinsmith.datasets.labelling import normalise
from tinsmith.datasets.record import blob_path, from_line, storable_extension, to_line
from tinsmith.datasets.sample import (
    CATEGORIES,
    Category,
    Dataset,
    FileSource,
    MemorySource,
    Problem,
    Sample,
    Span,
)
from tinsmith.datasets.split_plan import SplitPlan
from tinsmith.signals import NO_OPTIONS, Segment

INDEX = "samples.jsonl"
TRASH = "trash.jsonl"


@dataclass(frozen=True)
class Added:
    """What became of the samples given to `Library.add`.

    Args:
        added: The samples as they are stored.
        duplicates: Samples whose content was there already; nothing was changed for them.
        problems: Samples whose content could not be read.
    """

    added: tuple[Sample, ...]
    duplicates: tuple[Problem, ...]
    problems: tuple[Problem, ...]


class Library:
    """The samples of one project folder.

    Nothing is written until the first sample is added. Every change reads the current lines under a
    lock, so several processes can work on one library.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.data = self.path / "data"

    def read(self) -> Dataset:
        """All samples, sorted by name; damaged lines and missing content are reported."""
        samples, problems = self._lines(INDEX)
        kept = []
        for sample in samples:
            if _source(sample).path.is_file():
                kept.append(sample)
            else:
                problems.append(
                    Problem(sample.name, f"its content {_source(sample).path.name} is missing",
                            "restore the file from a backup, or remove the sample")
                )  # fmt: skip
        return Dataset(tuple(kept), tuple(problems))

    def samples(self) -> tuple[Sample, ...]:
        """All usable samples, sorted by name."""
        return self.read().samples

    def get(self, id_or_name: str) -> Sample:
        """The sample with an id, or with a name that only one sample has.

        Raises:
            DatasetError: There is none, or there are several of that name.
        """
        samples = self.samples()
        found = [sample for sample in samples if sample.id == id_or_name]
        found = found or [sample for sample in samples if sample.name == id_or_name]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(sample.id for sample in found)
            raise DatasetError(f"{len(found)} samples are named {id_or_name!r}", hint=f"use {ids}")
        raise DatasetError(f"there is no sample {id_or_name!r} among {len(samples)}")

    def add(self, samples: Iterable[Sample], *, progress: Progress = silent) -> Added:
        """Copies samples into the library; content that is there already is refused.

        Parts of one recording, as a split makes them, count as different content.

        Raises:
            DatasetError: The index is damaged; nothing was changed.
        """
        given = list(samples)
        with self._locked():
            present = _Present(self._strict(INDEX), self._strict(TRASH))
            added: list[Sample] = []
            duplicates: list[Problem] = []
            problems: list[Problem] = []
            for done, sample in enumerate(given, start=1):
                try:
                    stored = self._store(sample, present)
                    present.add(stored)
                    added.append(stored)
                except _DuplicateError as duplicate:
                    duplicates.append(Problem(sample.name, str(duplicate)))
                except DatasetError as error:
                    problems.append(Problem(sample.name, error.message, error.hint))
                progress(Step("storing", done, len(given), sample.name))
            if added:
                self._write(INDEX, present.samples)
            return Added(tuple(added), tuple(duplicates), tuple(problems))

    def remove(self, ids: Collection[str]) -> tuple[Sample, ...]:
        """Moves samples to the trash, from where `restore` brings them back."""
        return self._move(ids, INDEX, TRASH)

    def restore(self, ids: Collection[str] | None = None) -> tuple[Sample, ...]:
        """Brings samples back from the trash; all of them without `ids`."""
        wanted = {sample.id for sample in self.trash()} if ids is None else ids
        return self._move(wanted, TRASH, INDEX)

    def trash(self) -> tuple[Sample, ...]:
        """The removed samples."""
        return tuple(self._lines(TRASH)[0])

    def empty_trash(self) -> int:
        """Deletes the removed samples for good; the number of files deleted."""
        with self._locked():
            self._write(TRASH, ())
            return len(self._delete(self._orphans()))

    def relabel(self, ids: Collection[str], label: str) -> tuple[Sample, ...]:
        """Gives samples a label ("" for none)."""
        return self._change(ids, lambda sample: replace(sample, label=label))

    def set_category(self, ids: Collection[str], category: Category) -> tuple[Sample, ...]:
        """Moves samples to a part of the data set.

        Raises:
            DatasetError: There is no such part or sample.
        """
        if category not in CATEGORIES:
            raise DatasetError(
                f"the part {category!r} does not exist; expected training, testing or validation"
            )
        return self._change(ids, lambda sample: replace(sample, category=category))

    def set_enabled(self, ids: Collection[str], enabled: bool) -> tuple[Sample, ...]:
        """Says whether samples are used for training and testing."""
        return self._change(ids, lambda sample: replace(sample, enabled=enabled))

    def set_metadata(
        self, ids: Collection[str], metadata: Mapping[str, str | None]
    ) -> tuple[Sample, ...]:
        """Adds or replaces metadata; a value of None removes the key."""

        def changed(sample: Sample) -> Sample:
            merged = {**sample.metadata, **metadata}
            kept = {key: value for key, value in merged.items() if value is not None}
            return replace(sample, metadata=kept)

        return self._change(ids, changed)

    def set_segments(self, id_: str, segments: Sequence[Segment]) -> Sample:
        """Replaces the labels over time of one sample.

        Raises:
            DatasetError: A segment lies outside the recording, or there is no such sample.
        """

        def changed(sample: Sample) -> Sample:
            tidy, notes = normalise(segments, sample.facts.frames)
            if notes:
                raise DatasetError(notes[0], path=sample.name)
            return replace(sample, segments=tidy)

        return self._change([id_], changed)[0]

    def rename(self, id_: str, name: str) -> Sample:
        """Gives one sample another name."""
        return self._change([id_], lambda sample: replace(sample, name=name))[0]

    def crop(self, id_: str, start: int, end: int) -> Sample:
        """Keeps frames [start, end) of one sample; the stored content is not touched.

        Raises:
            DatasetError: The sample is a picture, or there are no such frames or sample.
        """
        return self._change([id_], lambda sample: crop(sample, start, end))[0]

    def uncrop(self, ids: Collection[str]) -> tuple[Sample, ...]:
        """Brings back what was cropped away."""
        return self._change(ids, uncrop)

    def split(self, id_: str, spans: Sequence[Span]) -> tuple[Sample, ...]:
        """Replaces one sample by parts of it, which may overlap; it goes to the trash.

        To undo it, remove the parts and restore the sample.

        Raises:
            DatasetError: The sample is a picture, or there are no such frames or sample.
        """
        with self._locked():
            here = {sample.id: sample for sample in self._strict(INDEX)}
            trash = {sample.id: sample for sample in self._strict(TRASH)}
            sample = _known(here, id_)
            parts = split(sample, spans, taken=here.keys() | trash.keys())
            # Into the trash first: an interruption in between leaves both, and loses nothing.
            self._write(TRASH, (trash | {sample.id: sample}).values())
            kept = [other for other in here.values() if other.id != id_]
            self._write(INDEX, [*kept, *parts])
            return parts

    def update(self, samples: Sequence[Sample]) -> tuple[Sample, ...]:
        """Replaces what people decide about samples by what `samples` say.

        That is label, part, metadata, segments, boxes, name, the crop, and whether it is enabled.

        This is how a split is stored: `library.update(split_by_hash(library.samples()))`.
        """
        new = {sample.id: sample for sample in samples}

        def changed(old: Sample) -> Sample:
            given = new[old.id]
            return replace(
                old, name=given.name, label=given.label, category=given.category,
                metadata=given.metadata, segments=given.segments, boxes=given.boxes,
                enabled=given.enabled, whole=given.whole, source=with_span(old.source, given.span),
                facts=replace(old.facts, frames=given.facts.frames),
            )  # fmt: skip

        return self._change(list(new), changed)

    def apply_split(self, plan: SplitPlan) -> tuple[Sample, ...]:
        """Moves samples as planned, all of them or none; the samples that moved.

        Raises:
            DatasetError: The samples have changed since the split was planned.
        """
        with self._locked():
            samples = plan.apply(self._strict(INDEX))
            moved = {move.id for move in plan.moves}
            if moved:
                self._write(INDEX, samples)
            return tuple(sample for sample in samples if sample.id in moved)

    def verify(self, *, progress: Progress = silent) -> tuple[Problem, ...]:
        """Reads all content and compares it with its hash; also names content without a line."""
        dataset = self.read()
        problems = list(dataset.problems)
        for done, sample in enumerate(dataset.samples, start=1):
            if hash_bytes(_source(sample).path.read_bytes()) != sample.content_hash:
                problems.append(
                    Problem(sample.name, "its content has changed since it was stored",
                            "restore the file from a backup, or remove the sample")
                )  # fmt: skip
            progress(Step("verifying", done, len(dataset.samples), sample.name))
        if not dataset.problems:
            orphans = self._orphans()
            problems += [Problem(path.name, "is not mentioned in the index") for path in orphans]
        return tuple(problems)

    def collect_garbage(self) -> int:
        """Deletes content that neither the index nor the trash mentions; the number deleted.

        Raises:
            DatasetError: The index is damaged, so that it cannot say what it mentions.
        """
        with self._locked():
            return len(self._delete(self._orphans()))

    def _store(self, sample: Sample, present: _Present) -> Sample:
        data, extension = _bytes(sample)
        content_hash = hash_bytes(data)
        if same := present.same(content_hash, sample.span):
            message = f"its content is already there as {same.name}"
            if same.label != sample.label:
                message += f"; the labels differ: {same.label!r} there, {sample.label!r} here"
            raise _DuplicateError(message)
        path = blob_path(self.data, content_hash, extension)
        options = sample.source.options if isinstance(sample.source, FileSource) else None
        stored = replace(
            sample,
            id=present.free_id(content_hash[:16], wanted=sample.id),
            content_hash=content_hash,
            format=extension,
            facts=replace(sample.facts, size_bytes=len(data)),
            source=FileSource(
                path,
                content_hash,
                f"{sample.name}.{extension}",
                options or NO_OPTIONS,
                sample.span,
            ),
        )
        to_line(stored)  # refuses what cannot be stored before anything is written
        if not path.is_file() or hash_bytes(path.read_bytes()) != content_hash:
            write_atomic(path, data)
        return stored

    def _move(self, ids: Collection[str], origin: str, target: str) -> tuple[Sample, ...]:
        with self._locked():
            here = {sample.id: sample for sample in self._strict(origin)}
            there = {sample.id: sample for sample in self._strict(target)}
            moved = [_known(here, id_) for id_ in ids]
            if not moved:
                return ()
            # The line is in both files for a moment, which reading the index tolerates.
            self._write(target, (there | {sample.id: sample for sample in moved}).values())
            gone = {sample.id for sample in moved}
            self._write(origin, [sample for sample in here.values() if sample.id not in gone])
            return tuple(moved)

    def _change(
        self, ids: Collection[str], change: Callable[[Sample], Sample]
    ) -> tuple[Sample, ...]:
        with self._locked():
            samples = {sample.id: sample for sample in self._strict(INDEX)}
            changed = {id_: change(_known(samples, id_)) for id_ in ids}
            if changed:
                self._write(INDEX, (samples | changed).values())
            return tuple(changed.values())

    def _lines(self, name: str) -> tuple[list[Sample], list[Problem]]:
        path = self.path / name
        samples: dict[str, Sample] = {}
        problems: list[Problem] = []
        text = _text(path)
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                sample = from_line(line, self.data)
                if sample.id in samples:
                    raise DatasetError(f"the sample {sample.id} is listed twice")
                samples[sample.id] = sample
            except DatasetError as error:
                problems.append(Problem(f"{name}:{number}", error.message, error.hint))
        return sorted(samples.values(), key=_order), problems

    def _strict(self, name: str) -> list[Sample]:
        """The lines, all of them intact: writing back must not lose what could not be read."""
        samples, problems = self._lines(name)
        if problems:
            raise DatasetError(
                f"{problems[0].path} is damaged: {problems[0].message}; nothing was changed",
                hint=problems[0].hint or "repair or delete this line",
                path=self.path / name,
            )
        return samples

    def _write(self, name: str, samples: Iterable[Sample]) -> None:
        lines = [to_line(sample) + "\n" for sample in sorted(samples, key=_order)]
        write_atomic(self.path / name, "".join(lines).encode())

    def _orphans(self) -> list[Path]:
        kept = {_source(s).path for name in (INDEX, TRASH) for s in self._strict(name)}
        return sorted(
            path for path in self.data.glob("??/*") if path.is_file() and path not in kept
        )

    def _delete(self, paths: list[Path]) -> list[Path]:
        for path in paths:
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()
        return paths

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the library's lock against other processes and threads."""
        self.path.mkdir(parents=True, exist_ok=True)
        if os.name == "nt":  # a folder cannot be locked there; one process may write at a time
            yield
            return
        import fcntl

        handle = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


class _Present:
    """What a library holds while samples are added to it."""

    def __init__(self, samples: Iterable[Sample], trash: Iterable[Sample]) -> None:
        self.samples: list[Sample] = []
        # The trash is not compared with, but its ids come back when it is restored.
        self._parts_in_trash = {sample.id for sample in trash if "-" in sample.id}
        self._ids: set[str] = set()
        self._by_content: dict[str, list[Sample]] = {}
        for sample in samples:
            self.add(sample)

    def add(self, sample: Sample) -> None:
        """Notes one more sample."""
        self.samples.append(sample)
        self._ids.add(sample.id)
        self._by_content.setdefault(sample.content_hash, []).append(sample)

    def same(self, content_hash: str, span: Span | None) -> Sample | None:
        """A sample with the same frames; the whole of a recording holds all of its parts."""
        for other in self._by_content.get(content_hash, ()):
            if span is None or other.span is None or span == other.span:
                return other
        return None

    def free_id(self, stem: str, wanted: str) -> str:
        """The wanted id if it is made of the stem, the stem, or with the first number none has."""
        taken = self._ids | self._parts_in_trash
        if wanted.startswith(f"{stem}-") and wanted not in taken:
            return wanted
        number, id_ = 1, stem
        while id_ in taken:
            number += 1
            id_ = f"{stem}-{number}"
        return id_


class _DuplicateError(Exception):
    """The content is in the library already."""


def _known(samples: Mapping[str, Sample], id_: str) -> Sample:
    if id_ not in samples:
        raise DatasetError(f"there is no sample with the id {id_!r}; nothing was changed")
    return samples[id_]


def _order(sample: Sample) -> tuple[str, str]:
    return sample.name, sample.id


def _source(sample: Sample) -> FileSource:
    assert isinstance(sample.source, FileSource)
    return sample.source


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot be read: {error}", path=path) from error


def _bytes(sample: Sample) -> tuple[bytes, str]:
    """The bytes to store and their extension."""
    data = sample.source.data()
    if data is not None:
        return data, storable_extension(sample.format)
    assert isinstance(sample.source, MemorySource)
    return encoded(sample.source.content)
