"""The job `import`: archives, videos, tables and folders of files become samples.

All samples of an import appear together, in the transaction that ends the job: one that is
cancelled, killed or fails leaves none. `DELETE …/imports/{job}` takes them back by the ranges of
row numbers in its result.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.ahead import map_ahead
from tinsmith.core.errors import DatasetError, InputError
from tinsmith.core.progress import Step
from tinsmith.datasets import FileSource, Problem
from tinsmith.datasets.annotations import AnnotateOptions
from tinsmith.datasets.archive import clean_name, extract
from tinsmith.datasets.folder import LabelSource
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.jobs.kind import Arguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.store.blobs import BlobStore
from tinsmith.store.intake.arrivals import Arrival, PlaceOptions, count_present, place
from tinsmith.store.intake.folder import Found, IntakeCategory, IntakeOptions, read_upload
from tinsmith.store.tables import HmacKey, Project

# What a result tells one by one; everything stands in its report.
_TOLD = 100
_WRITERS = 8
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")


class ImportSource(Arguments):
    """What is imported: a stored file, or the list of several."""

    kind: Literal["file", "files"]
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: str = Field(min_length=1, max_length=400)


class ImportOptions(Arguments):
    """What the uploader says."""

    apply: bool = Field(default=True, description="False only tells what would come of it.")
    label: str | None = Field(default=None, max_length=200)
    category: IntakeCategory = "auto"
    metadata: dict[str, str] = Field(default_factory=dict, max_length=100)
    allow_duplicates: bool = False
    label_from: LabelSource = "auto"
    pattern: str | None = Field(default=None, max_length=500)
    annotation_format: str | None = Field(
        default=None, max_length=40, description="The only format of annotations to read."
    )
    class_names: tuple[str, ...] = Field(
        default=(), max_length=10_000, description="Names of numbered classes, in order."
    )
    video_rate_hz: float = Field(
        default=1.0, gt=0, le=1000, description="Pictures taken of each second of a video."
    )
    use_rule: bool = Field(default=True, description="Whether the project's rule reads tables.")


class ImportArguments(Arguments):
    """What to import, and how."""

    source: ImportSource
    options: ImportOptions = ImportOptions()


def import_data(context: TaskContext, arguments: ImportArguments) -> Outcome:
    """Reads everything first, then stores contents, then rows.

    Raises:
        InputError: Nothing of it can be used: a damaged or hostile archive or index.
    """
    options = arguments.options
    with tempfile.TemporaryDirectory() as folder:
        root, aside = Path(folder) / "files", Path(folder) / "aside"
        root.mkdir()
        aside.mkdir()
        root, left_out = _fetch(context, arguments.source, root)
        with context.database.read() as session:
            intake = intake_options(session, context.project, options)
        found = read_upload(root, aside, intake, progress=context.events.progress)
        problems = (*left_out, *found.problems)
        if not found.arrivals and not problems:
            raise DatasetError("the upload holds no recordings", hint="add WAV, CSV, PNG, … files")
        summary = _summary(found, problems)
        for note in found.notes:
            context.events.log(note)
        for problem in problems[:_TOLD]:
            context.events.log(f"Left out: {problem}")
        if options.apply:
            _store_contents(context, found.arrivals)
        report = context.blobs.put(_report(found, problems))
    summary["report_hash"] = report.hash
    if not options.apply:
        return _preview(context, found, summary)
    placing = PlaceOptions(options.allow_duplicates, found.has_index, context.created_by)

    def store(session: Session) -> dict[str, Any]:
        placed = place(session, context.project, found.arrivals, placing)
        added = [item.number for item in placed if item.is_new]
        pairs = zip(found.arrivals, placed, strict=True)
        doubles = [
            {"path": arrival.path, "sample_id": item.number}
            for arrival, item in pairs
            if not item.is_new
        ]
        return {
            **summary, "applied": True, "added": len(added), "duplicates": len(doubles),
            "duplicate_files": doubles[:_TOLD], "samples": ranges(added),
        }  # fmt: skip

    return Outcome(store)


def _preview(context: TaskContext, found: Found, summary: dict[str, Any]) -> Outcome:
    with context.database.read() as session:
        known = count_present(session, context.project, found.arrivals)
    result = {**summary, "applied": False, "added": 0, "duplicates": known, "samples": []}
    return Outcome(lambda _session: result)


def ranges(numbers: Sequence[int]) -> list[list[int]]:
    """Rising numbers as first and last of each run."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs


def is_archive(name: str) -> bool:
    """Whether a file of this name is unpacked."""
    return name.lower().endswith(ARCHIVES)


def manifest(files: Mapping[str, str]) -> bytes:
    """The list of several stored files: hash by path."""
    return json.dumps(files, ensure_ascii=False, sort_keys=True).encode()


def intake_options(session: Session, project_id: int, options: ImportOptions) -> IntakeOptions:
    """What the library is told: the uploader's options with the project's rule and keys."""
    project = session.get_one(Project, project_id)
    rule = project.import_rule if options.use_rule else {}
    keys = session.scalars(select(HmacKey.secret).where(HmacKey.project_id == project_id)).all()
    return IntakeOptions(
        label=options.label,
        category=options.category,
        metadata=options.metadata,
        label_from=options.label_from,
        pattern=options.pattern,
        annotations=AnnotateOptions(options.annotation_format, options.class_names),
        video_rate_hz=options.video_rate_hz,
        rule=ImportRule.model_validate(rule) if rule else None,
        hmac_keys=tuple(keys),
    )


def _fetch(
    context: TaskContext, source: ImportSource, root: Path
) -> tuple[Path, tuple[Problem, ...]]:
    """Lays out the files below `root`; where the data set begins, and what was left out."""
    if source.kind == "file":
        files = {source.name: source.hash}
    else:
        files = json.loads(context.blobs.get(source.hash))
    (single,) = files if len(files) == 1 else (None,)
    if single is not None and is_archive(single):
        return _unpack(context, files[single], single, root)
    problems: list[Problem] = []
    for done, (name, content_hash) in enumerate(sorted(files.items()), start=1):
        if is_archive(name):
            _, more = _unpack(context, content_hash, name, root / _stem(clean_name(name)))
            problems += more
        else:
            path = root / clean_name(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            _lay(context.blobs, content_hash, path)
        context.events.progress(Step("fetching", done, len(files), name))
    return root, tuple(problems)


def _unpack(
    context: TaskContext, content_hash: str, name: str, folder: Path
) -> tuple[Path, tuple[Problem, ...]]:
    # The stored file is named by its hash; messages are to speak of the name people know.
    folder.parent.mkdir(parents=True, exist_ok=True)
    archive = folder.with_name(f".{folder.name}.archive")
    _lay(context.blobs, content_hash, archive)
    try:
        done = extract(archive, folder, progress=context.events.progress)
    except InputError as error:
        error.path = name
        raise
    finally:
        archive.unlink()
    return done.root, done.problems


def _stem(name: str) -> str:
    """The name of an archive without what says that it is one."""
    ending = next(ending for ending in ARCHIVES if name.lower().endswith(ending))
    return name[: -len(ending)] or "archive"


def _lay(blobs: BlobStore, content_hash: str, path: Path) -> None:
    """Puts stored content at a place: a second name of the same file where that can be."""
    source = blobs.path(content_hash)
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)


def _store_contents(context: TaskContext, arrivals: Sequence[Arrival]) -> None:
    """Stores the bytes of all samples; rows follow."""
    wanted = {
        arrival.sample.content_hash: arrival.sample.source.path
        for arrival in arrivals
        if isinstance(arrival.sample.source, FileSource)
    }
    # Few at a time, so that an error is not followed by thousands of others.
    stored = map_ahead(context.blobs.put_file, wanted.values(), _WRITERS)
    for done, _ in enumerate(stored, start=1):
        context.events.progress(Step("storing", done, len(wanted)))


def _summary(found: Found, problems: Sequence[Problem]) -> dict[str, Any]:
    labels = Counter(arrival.sample.label for arrival in found.arrivals)
    categories = Counter(arrival.sample.category for arrival in found.arrivals)
    return {
        "files": len(found.arrivals),
        "formats": dict(Counter(found.formats.values())),
        "annotation_files": dict(islice(found.formats.items(), _TOLD)),
        "unmatched": len(found.unmatched),
        "labels": dict(labels.most_common(_TOLD)),
        "categories": dict(sorted(categories.items())),
        "notes": list(found.notes),
        "failed": len(problems),
        "problems": [asdict(problem) for problem in problems[:_TOLD]],
    }


def _report(found: Found, problems: Sequence[Problem]) -> bytes:
    """Every file and every problem, as lines of JSON."""
    unmatched = set(found.unmatched)
    lines = [
        {
            "path": arrival.path,
            "status": "read",
            "name": arrival.sample.name,
            "label": arrival.sample.label,
            "category": arrival.sample.category,
            "segments": len(arrival.sample.segments),
            "boxes": len(arrival.sample.boxes),
            "is_matched": arrival.path not in unmatched if found.formats else None,
        }
        for arrival in found.arrivals
    ]
    lines += [{"status": "problem", **asdict(problem)} for problem in problems]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()
