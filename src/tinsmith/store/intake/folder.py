"""A folder of uploaded files as arrivals: data, annotations, tables by rule, videos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from tinsmith.core.errors import InputError, MissingPackageError
from tinsmith.core.hashing import hash_bytes
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets import Category, Facts, FileSource, Problem, Sample
from tinsmith.datasets.annotations import AnnotateOptions, Annotations, annotate
from tinsmith.datasets.export import encoded
from tinsmith.datasets.folder import FolderOptions, LabelSource, read_folder
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.datasets.index import INDEX_NAME
from tinsmith.datasets.sample import facts_of
from tinsmith.datasets.scan import is_ignored
from tinsmith.signals import Decoded, DecodeOptions, Signal, encode_acquisition, extension_of
from tinsmith.signals.video import VideoOptions, is_video, read_frames
from tinsmith.store.intake.arrivals import Arrival, storable
from tinsmith.store.intake.tables import TablePart, is_table, read_parts

# One file in five, by its hash, becomes a test sample where nobody decides.
_TESTING_SHARE = 5
_HEAD_BYTES = 4096

IntakeCategory = Literal["auto", "training", "testing", "validation", "split"]


@dataclass(frozen=True)
class IntakeOptions:
    """What the uploader says of a folder of files.

    Args:
        label: Label of all samples; None finds out.
        category: Part of the data set; "split" decides by content, "auto" takes what annotations
            and folders say, else training, or by content where an index leaves it open.
        metadata: Facts added to every sample.
        label_from: Where labels come from.
        pattern: Pattern of file names with fields.
        annotations: Which annotations are looked for.
        video_rate_hz: Pictures taken of each second of a video.
        rule: How tables are read; None lets each decide.
        hmac_keys: Keys of devices.
    """

    label: str | None = None
    category: IntakeCategory = "auto"
    metadata: Mapping[str, str] = field(default_factory=dict)
    label_from: LabelSource = "auto"
    pattern: str | None = None
    annotations: AnnotateOptions = field(default_factory=AnnotateOptions)
    video_rate_hz: float = 1.0
    rule: ImportRule | None = None
    hmac_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a folder holds.

    Args:
        arrivals: Samples, their content still in the folder.
        problems: What was left out, and why: one a file, line or object.
        notes: How the folder was understood.
        formats: Key of the format by annotation file; "names" for files of class names.
        unmatched: Data files that no annotation is about, where there are annotations.
        has_index: Whether it is an exported data set with its index.
    """

    arrivals: tuple[Arrival, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    formats: Mapping[str, str]
    unmatched: tuple[str, ...]
    has_index: bool


def read_upload(
    root: Path, aside: Path, options: IntakeOptions, *, progress: Progress = silent
) -> Found:
    """Reads all that was uploaded; nothing is stored.

    Args:
        root: The files; videos and tables in it are replaced by what they become.
        aside: An empty folder of the same file system for what is replaced.
        options: What the uploader says.
        progress: Told what is done.

    Raises:
        InputError: Nothing of it can be understood: a damaged index, a pattern that is none.
    """
    has_index = (root / INDEX_NAME).is_file()
    said = annotate(_files(root), options.annotations)
    problems: list[Problem] = []
    unfolded = _Unfolder(root, aside, options, problems)
    unfolded.run(said, by_rule=options.rule is not None and not has_index, progress=progress)
    dataset = read_folder(
        root,
        FolderOptions(
            label_from=options.label_from,
            pattern=options.pattern,
            decode=DecodeOptions(hmac_keys=options.hmac_keys),
            keep_duplicates=True,
            annotate=options.annotations,
        ),
        progress=progress,
    )
    problems += dataset.problems
    arrivals = []
    for sample in dataset.samples:
        path = sample.source.name if isinstance(sample.source, FileSource) else sample.name
        try:
            arrivals.append(_arrival(path, sample, unfolded.parts.get(path), options, has_index))
        except InputError as error:
            problems.append(Problem(path, error.message, error.hint))
    formats = {path: key for path, key in said.used.items() if path not in unfolded.taken}
    unmatched = said.unmatched if any(key != "names" for key in formats.values()) else ()
    return Found(tuple(arrivals), tuple(problems), dataset.notes, formats, unmatched, has_index)


def _files(root: Path) -> dict[str, bytes | Path]:
    paths = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(root).as_posix(): path for path in paths}


@dataclass(frozen=True)
class _Origin:
    """What a table says of one of its parts.

    Args:
        name: The table's path in the upload.
        decoded: Label, labels over time and metadata; its values lie in a file.
        whole: The table itself, where this part is all of it.
    """

    name: str
    decoded: Decoded
    whole: _Whole | None


@dataclass(frozen=True)
class _Whole:
    """A table that is one sample: facts of it and how its own bytes are decoded."""

    facts: Facts
    source: FileSource


class _Unfolder:
    """Puts pictures in the place of videos, and parts in the place of tables with a rule."""

    def __init__(
        self, root: Path, aside: Path, options: IntakeOptions, problems: list[Problem]
    ) -> None:
        self._root, self._aside, self._options = root, aside, options
        self._problems = problems
        self.parts: dict[str, _Origin] = {}
        self.taken: set[str] = set()

    def run(self, said: Annotations, *, by_rule: bool, progress: Progress) -> None:
        """Goes through the data files; annotations are left alone."""
        files = [path for path in said.files if not is_ignored(Path(path).name)]
        for done, relative in enumerate(files, start=1):
            try:
                self._one(relative, by_rule=by_rule)
            except (InputError, MissingPackageError) as error:
                self._problems.append(Problem(relative, error.message, error.hint))
            if relative in self.taken:
                progress(Step("unfolding", done, len(files), relative))

    def _one(self, relative: str, *, by_rule: bool) -> None:
        path = self._root / relative
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if is_video(relative, head):
            self._video(path, relative)
        elif by_rule and is_table(relative):
            self._table(path, relative)

    def _take(self, path: Path, relative: str) -> Path:
        """Moves a file out of the folder."""
        place = self._aside / f"{len(self.taken):06d}"
        path.replace(place)
        self.taken.add(relative)
        return place

    def _video(self, path: Path, relative: str) -> None:
        place = self._take(path, relative)
        written: list[Path] = []
        try:
            options = VideoOptions(rate_hz=self._options.video_rate_hz)
            for number, frame in enumerate(read_frames(place, relative, options), start=1):
                picture = path.with_name(f"{path.stem}.{number:06d}.png")
                with picture.open("xb") as file:
                    written.append(picture)
                    file.write(encoded(frame.image)[0])
        except (InputError, FileExistsError) as error:
            for picture in written:
                picture.unlink()
            if isinstance(error, FileExistsError):
                raise InputError(f"a picture {picture.name} is there already") from None
            raise

    def _table(self, path: Path, relative: str) -> None:
        place = self._take(path, relative)
        written: list[str] = []
        try:
            for part in read_parts(place, relative, self._options.rule or ImportRule()):
                file = path.with_name(f"{part.name}.cbor")
                with file.open("xb") as out:
                    name = file.relative_to(self._root).as_posix()
                    written.append(name)
                    content = part.decoded.content
                    assert isinstance(content, Signal)
                    out.write(part.data or encode_acquisition(content))
                light = replace(part.decoded, content=replace(content, values=content.values[:0]))
                self.parts[name] = _Origin(relative, light, _whole(part, place, relative))
        except (InputError, FileExistsError) as error:
            for name in written:
                (self._root / name).unlink()
                self.parts.pop(name, None)
            if isinstance(error, FileExistsError):
                raise InputError(f"a recording {part.name}.cbor is there already") from None
            raise


def _whole(part: TablePart, place: Path, name: str) -> _Whole | None:
    """The table itself, if the part is all of it."""
    if part.data is not None:
        return None
    size, warnings = place.stat().st_size, part.decoded.warnings
    facts = facts_of(part.decoded.content, size_bytes=size, warnings=warnings)
    content_hash = hash_bytes(place.read_bytes())
    return _Whole(facts, FileSource(place, content_hash, name, part.options))


def _arrival(
    path: str, sample: Sample, origin: _Origin | None, options: IntakeOptions, has_index: bool
) -> Arrival:
    """The sample with what the table and the uploader say.

    Raises:
        DatasetError: It cannot be stored.
    """
    if origin is not None:
        sample = _with_part(sample, origin)
    facts = {**sample.metadata, **options.metadata}
    signature = facts.pop("signature", None) if _is_signed(sample) else None
    if signature is None:
        signature = _signature(sample)
    if options.label is not None:
        sample = sample.with_(label=options.label)
    category = _category(sample, options.category, has_index)
    return Arrival(
        origin.name if origin else path,
        storable(sample.with_(metadata=facts, category=category)),
        signature,
    )


def _with_part(sample: Sample, origin: _Origin) -> Sample:
    """The sample of a part of a table; its own bytes where the part is all of it."""
    decoded = origin.decoded
    label = decoded.label
    if label is None:
        label = "" if decoded.segments else sample.label
    sample = sample.with_(
        label=label,
        segments=decoded.segments,
        metadata={**decoded.metadata, **sample.metadata},
        facts=replace(sample.facts, warnings=decoded.warnings),
    )
    if origin.whole is None:
        return sample
    content_hash = origin.whole.source.content_hash
    return sample.with_(
        id=content_hash[:16],
        content_hash=content_hash,
        format=extension_of(origin.name),
        facts=origin.whole.facts,
        source=origin.whole.source,
    )


def _is_signed(sample: Sample) -> bool:
    return sample.format in ("json", "cbor") and sample.metadata.get("signature") in (
        "valid", "invalid",
    )  # fmt: skip


def _signature(sample: Sample) -> str:
    """Whether an acquisition file without a known key carries a signature at all."""
    if sample.format not in ("json", "cbor") or not isinstance(sample.source, FileSource):
        return "unsigned"
    with sample.source.path.open("rb") as file:
        if b"HS256" not in file.read(_HEAD_BYTES):
            return "unsigned"
    return str(sample.source.read().signature)


def _category(sample: Sample, wanted: IntakeCategory, has_index: bool) -> Category:
    if wanted in ("training", "testing", "validation"):
        return wanted
    if wanted == "auto" and sample.category:
        return sample.category
    if wanted == "auto" and not has_index:
        return "training"
    is_test = int(sample.content_hash[:8], 16) % _TESTING_SHARE == 0
    return "testing" if is_test else "training"
