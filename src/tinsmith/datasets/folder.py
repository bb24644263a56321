"""A folder of recordings as a data set.

What is recognised, in this order:

1. `info.labels` at the top: the index of an exported data set.
2. Folders `training`, `testing`, `validation` at the top (also `train`, `test`, `val`): the parts.
3. Below that one folder per label, or files whose name starts with the label.

`structured_labels.labels`, `bounding_boxes.labels` and `label_map.labels` beside the files are used
as well, and without an index also annotations in the formats of other tools. What was recognised
is said in the notes of the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from tinsmith.core.errors import DatasetError
from tinsmith.core.progress import Progress, silent
from tinsmith.datasets.annotations import AnnotateOptions, annotate
from tinsmith.datasets.index import INDEX_NAME, SIDE_FILES, Entry, read_index, read_side_files
from tinsmith.datasets.naming import NamePattern, label_from_name, parse_pattern
from tinsmith.datasets.reading import (
    Candidate,
    read_candidates,
    with_unique_ids,
    without_duplicates,
)
from tinsmith.datasets.sample import Category, Dataset, Problem
from tinsmith.datasets.scan import Scan, scan_folder
from tinsmith.signals import DecodeOptions

LabelSource = Literal["auto", "index", "folder", "name", "none"]

_CATEGORY_FOLDERS: dict[str, Category] = {
    "training": "training", "train": "training",
    "testing": "testing", "test": "testing",
    "validation": "validation", "valid": "validation", "val": "validation",
}  # fmt: skip
# Annotations that are no recordings by their extension.
_ANNOTATION_ENDINGS = (".xml", ".names", ".yaml", ".yml")
# With at least so many files, names that nearly all differ are no labels.
_MANY_FILES = 20


@dataclass(frozen=True)
class FolderOptions:
    """How a folder is read; the defaults find out.

    Args:
        label_from: Where labels come from. "auto" takes the index, else the pattern, else folders,
            else names.
        pattern: Pattern of file names with fields (see `datasets.naming`); `label` and `category`
            are used as such, other fields become metadata. Files that do not match are left out.
        category: Part that all files belong to, whatever their folder says.
        category_folders: Whether folders named training, testing, ... decide the part.
        decode: How files are decoded.
        keep_duplicates: Whether files of equal content are all kept.
        threads: Files read at the same time; 0 means one per core.
        annotations: Whether annotation files of other tools (COCO, YOLO, Pascal VOC, ...) are
            looked for where there is no index.
        annotate: How they are looked for.
    """

    label_from: LabelSource = "auto"
    pattern: str | None = None
    category: Category | None = None
    category_folders: bool = True
    decode: DecodeOptions = field(default_factory=DecodeOptions)
    keep_duplicates: bool = False
    threads: int = 0
    annotations: bool = True
    annotate: AnnotateOptions = field(default_factory=AnnotateOptions)


@dataclass(frozen=True)
class _Place:
    """A file with the part it belongs to and the folders between the two."""

    path: str
    category: Category
    folders: tuple[str, ...]


@dataclass
class _Report:
    """What is collected while a folder is read."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_folder(
    path: str | Path,
    options: FolderOptions | None = None,
    *,
    progress: Progress = silent,
) -> Dataset:
    """Reads all recordings and pictures under a folder.

    Files that cannot be used are reported one by one in `problems`; the rest still loads. Links are
    not followed. Contents are decoded once to check them and again when they are used.

    Raises:
        DatasetError: The folder does not exist, or the index is damaged.
        DesignError: The pattern is not valid.
    """
    options = options or FolderOptions()
    pattern = parse_pattern(options.pattern) if options.pattern else None
    root = Path(path)
    root = root.resolve() if root.exists() else root
    scan = scan_folder(root)
    report = _Report()
    _note_ignored(scan, report)
    entries = _entries(root, scan, options, report)
    annotated: dict[str, Entry] = {}
    if entries is None and options.annotations:
        scan, annotated = _annotated(root, scan, options.annotate, report)
    places = _places(scan.files, options, entries, report)
    report.problems[:0] = scan.problems
    candidates = [
        _apply_annotation(candidate, annotated.get(candidate.relative), options)
        for candidate in _candidates(root, places, options, pattern, entries, report)
    ]
    return _read(candidates, options, report, progress)


def read_files(
    paths: Sequence[str | Path],
    options: FolderOptions | None = None,
    *,
    progress: Progress = silent,
) -> Dataset:
    """Reads single files; labels come from the pattern or from the file names.

    Raises:
        DesignError: The pattern is not valid.
    """
    options = options or FolderOptions()
    pattern = parse_pattern(options.pattern) if options.pattern else None
    report = _Report()
    candidates = []
    for path in (Path(path) for path in paths):
        if not path.is_file():
            report.problems.append(Problem(str(path), "is no file"))
            continue
        guess = "" if options.label_from == "none" else label_from_name(path.name)
        place = _Place(path.name, options.category or "", ())
        candidate = Candidate(
            path.resolve(), str(path), path.stem, guess=guess, category=place.category
        )
        named = _apply_pattern(candidate, pattern, options, report)
        if named is not None:
            candidates.append(named)
    return _read(candidates, options, report, progress)


def _read(
    candidates: list[Candidate], options: FolderOptions, report: _Report, progress: Progress
) -> Dataset:
    samples, problems = read_candidates(
        candidates, options.decode, progress=progress, threads=options.threads
    )
    if options.keep_duplicates:
        samples = with_unique_ids(samples)
    else:
        samples, duplicates = without_duplicates(samples)
        problems += duplicates
    return Dataset(tuple(samples), tuple(report.problems + problems), tuple(report.notes))


def _note_ignored(scan: Scan, report: _Report) -> None:
    used = {INDEX_NAME, *SIDE_FILES}
    ignored = [path for path in scan.ignored if PurePosixPath(path).name not in used]
    if ignored:
        shown = ", ".join(ignored[:5]) + (", ..." if len(ignored) > 5 else "")
        report.notes.append(f"{len(ignored)} hidden files or documents ignored: {shown}")


def _entries(
    root: Path, scan: Scan, options: FolderOptions, report: _Report
) -> dict[str, Entry] | None:
    """What the index says by path, or None if there is none to be used."""
    path = root / INDEX_NAME
    present = path.is_file() and not path.is_symlink()
    if options.label_from == "index" and not present:
        raise DatasetError(f"there is no {INDEX_NAME}; labels were to come from it", path=root)
    if not present or options.label_from not in ("auto", "index"):
        return None
    index = read_index(path)
    report.problems += index.problems
    report.notes += [f"labels and parts come from {INDEX_NAME}", *index.notes]
    known = set(scan.files) | {problem.path for problem in scan.problems}
    for missing in [entry for entry in index.entries if entry not in known]:
        report.problems.append(Problem(missing, f"is listed in {INDEX_NAME} but is not there"))
    return dict(index.entries)


def _annotated(
    root: Path, scan: Scan, options: AnnotateOptions, report: _Report
) -> tuple[Scan, dict[str, Entry]]:
    """The files that are no annotations, and what the annotations among them say, by path."""
    refused = [problem.path for problem in scan.problems]
    others = (path for path in (*refused, *scan.ignored) if path.endswith(_ANNOTATION_ENDINGS))
    paths = [path for path in (*scan.files, *others) if (root / path).is_file()]
    found = annotate(
        {path: root / path for path in paths if not (root / path).is_symlink()}, options
    )
    if not any(key != "names" for key in found.used.values()):
        return scan, {}
    formats = sorted(set(found.used.values()) - {"names"})
    report.notes.append(
        f"labels come from {len(found.used)} annotation files: {', '.join(formats)}"
    )
    report.problems += found.problems
    entries = {
        path: Entry(
            path,
            category=item.category,
            label=item.label,
            segments=item.segments,
            boxes=item.boxes or (),
            metadata=item.metadata,
        )
        for path, item in found.files.items()
        if item.formats
    }
    files = tuple(path for path in scan.files if path not in found.used)
    problems = tuple(item for item in scan.problems if item.path not in found.used)
    return replace(scan, files=files, problems=problems), entries


def _apply_annotation(
    candidate: Candidate, entry: Entry | None, options: FolderOptions
) -> Candidate:
    """The candidate with what annotations say; folders and the user decide the part first."""
    if entry is None:
        return candidate
    decided = candidate.category or options.category is not None
    category = candidate.category if decided else entry.category or ""
    return replace(_apply_entry(candidate, entry), category=category)


def _places(
    files: Sequence[str],
    options: FolderOptions,
    entries: dict[str, Entry] | None,
    report: _Report,
) -> list[_Place]:
    """Every file with its part and the folders that may be its label."""
    if entries is not None:
        unlisted = [path for path in files if path not in entries]
        report.problems += [
            Problem(path, f"is not listed in {INDEX_NAME} and was left out") for path in unlisted
        ]
        listed = [path for path in files if path in entries]
        return [_Place(path, entries[path].category or "", ()) for path in listed]
    places = [_place(path, options) for path in files]
    found = sorted({place.category for place in places} - {""})
    if found and options.category is None:
        report.notes.append(f"parts come from folders: {', '.join(found)}")
        outside = [place.path for place in places if place.category == ""]
        if outside:
            report.notes.append(f"{len(outside)} files lie outside these folders")
    return places


def _place(path: str, options: FolderOptions) -> _Place:
    folders = PurePosixPath(path).parts[:-1]
    category: Category = ""
    if options.category_folders and folders and folders[0].lower() in _CATEGORY_FOLDERS:
        category = _CATEGORY_FOLDERS[folders[0].lower()]
        folders = folders[1:]
    return _Place(path, category, folders)


def _candidates(
    root: Path,
    places: list[_Place],
    options: FolderOptions,
    pattern: NamePattern | None,
    entries: dict[str, Entry] | None,
    report: _Report,
) -> list[Candidate]:
    pattern_labels = pattern is not None and "label" in pattern.fields
    guesses = _guesses(places, options, report) if entries is None and not pattern_labels else {}
    if pattern is not None:
        report.notes.append(f"{', '.join(pattern.fields)} come from the pattern {pattern.text!r}")
    side = _side_entries(root, places, report)
    candidates = []
    for place in places:
        candidate = Candidate(
            path=root / place.path,
            relative=place.path,
            name=PurePosixPath(place.path).stem,
            guess=guesses.get(place.path, ""),
            category=place.category,
        )
        candidate = _apply_entry(candidate, side.get(place.path))
        if entries is not None:
            candidate = _apply_entry(candidate, entries[place.path])
        named = _apply_pattern(candidate, pattern, options, report)
        if named is not None:
            candidates.append(named)
    return candidates


def _side_entries(root: Path, places: list[_Place], report: _Report) -> dict[str, Entry]:
    """What side files say, by relative path."""
    found: dict[str, Entry] = {}
    for folder in sorted({PurePosixPath(place.path).parent for place in places}):
        by_name, problems = read_side_files(root / folder)
        report.problems += [replace(p, path=(folder / p.path).as_posix()) for p in problems]
        found |= {(folder / name).as_posix(): entry for name, entry in by_name.items()}
    known = {place.path for place in places}
    for path in sorted(set(found) - known):
        report.problems.append(Problem(path, "has labels in a side file but is not there"))
    if used := len(set(found) & known):
        report.notes.append(f"labels of {used} files come from side files beside them")
    return found


def _apply_entry(candidate: Candidate, entry: Entry | None) -> Candidate:
    if entry is None:
        return candidate
    return replace(
        candidate,
        name=entry.name or candidate.name,
        label=entry.label if entry.label is not None else candidate.label,
        segments=entry.segments if entry.segments is not None else candidate.segments,
        boxes=entry.boxes or candidate.boxes,
        metadata={**candidate.metadata, **entry.metadata},
        enabled=entry.enabled if entry.enabled is not None else candidate.enabled,
        decode=entry.decode or candidate.decode,
    )


def _apply_pattern(
    candidate: Candidate, pattern: NamePattern | None, options: FolderOptions, report: _Report
) -> Candidate | None:
    """The candidate with the fields of its name; None, reported, if the name does not match."""
    if options.category is not None:
        candidate = replace(candidate, category=options.category)
    if pattern is None:
        return candidate
    fields = pattern.match(candidate.relative)
    if fields is None:
        report.problems.append(Problem(candidate.relative, pattern.explain(candidate.relative)))
        return None
    given = fields.pop("category", None)
    category = candidate.category if given is None else _CATEGORY_FOLDERS.get(given.lower())
    if category is None:
        report.problems.append(
            Problem(
                candidate.relative,
                f"the name gives the part {given!r}; expected training, testing or validation",
            )
        )
        return None
    label = fields.pop("label", candidate.label)
    metadata = {**candidate.metadata, **fields}
    return replace(candidate, label=label, category=category, metadata=metadata)


def _guesses(places: list[_Place], options: FolderOptions, report: _Report) -> dict[str, str]:
    """A label for every file from its folder or its name."""
    if options.label_from == "none" or not places:
        return {}
    common = _common(place.folders for place in places)
    folders = {place.path: place.folders[len(common) :] for place in places}
    by_folder = {path: rest[0] for path, rest in folders.items() if rest}
    by_name = {place.path: label_from_name(PurePosixPath(place.path).name) for place in places}
    if options.label_from == "folder" or (options.label_from == "auto" and by_folder):
        return _folder_guesses(by_folder, by_name, common, report)
    names = set(by_name.values())
    if options.label_from == "auto" and _are_no_labels(len(names), len(places)):
        return _without_labels(places, common, report)
    report.notes.append(f"labels come from file names: {_listed(names)}")
    return by_name


def _folder_guesses(
    by_folder: dict[str, str], by_name: dict[str, str], common: tuple[str, ...], report: _Report
) -> dict[str, str]:
    if not by_folder:
        label = common[-1] if common else ""
        report.notes.append(f"labels come from folders: all files are in {label or 'the top'!r}")
        return dict.fromkeys(by_name, label)
    report.notes.append(f"labels come from folders: {_listed(set(by_folder.values()))}")
    outside = [path for path in by_name if path not in by_folder]
    if outside:
        report.notes.append(
            f"{len(outside)} files lie outside the label folders; their names give their labels"
        )
    return {path: by_folder.get(path, by_name[path]) for path in by_name}


def _are_no_labels(names: int, files: int) -> bool:
    return files >= _MANY_FILES and names * 2 > files


def _without_labels(
    places: list[_Place], common: tuple[str, ...], report: _Report
) -> dict[str, str]:
    if common:
        report.notes.append(f"labels come from the only folder: {common[-1]}")
        return {place.path: common[-1] for place in places}
    report.notes.append(
        "no labels were found: nearly every file name is different. Give a pattern such as "
        "'{label}_{subject}_{}.wav', or put the files into one folder per label"
    )
    return {}


def _common(paths: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The longest start that all paths share."""
    listed = list(paths)
    first, last = min(listed), max(listed)
    count = 0
    while count < min(len(first), len(last)) and first[count] == last[count]:
        count += 1
    return first[:count]


def _listed(names: set[str]) -> str:
    shown = ", ".join(sorted(names)[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown
