"""One file to one sample, many files at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tinsmith import signals
from tinsmith.core.ahead import map_ahead
from tinsmith.core.errors import DatasetError, DecodeError, TinsmithError
from tinsmith.core.hashing import hash_bytes
from tinsmith.core.progress import Progress, Step
from tinsmith.datasets.labelling import normalise
from tinsmith.datasets.sample import (
    Box,
    Category,
    FileSource,
    Problem,
    Sample,
    facts_of,
)
from tinsmith.signals import NO_OPTIONS, Decoded, DecodeOptions, Segment, Signal


@dataclass(frozen=True)
class Candidate:
    """A file to read and what is known about it before it is opened.

    Args:
        path: The file.
        relative: Path for messages, with forward slashes.
        name: Name of the sample.
        label: Label, or None to take what the file itself says, else `guess`.
        guess: Label to use when nothing better is known, not even labels over time or boxes.
        category: Part of the data set.
        metadata: Facts from the index or the file name; win over those in the file.
        segments: Labels over time from the index; None takes those in the file.
        boxes: Labelled rectangles.
        enabled: Whether the sample is used for training and testing.
        decode: Fields of `DecodeOptions` that the index gives for this file.
    """

    path: Path
    relative: str
    name: str
    label: str | None = None
    guess: str = ""
    category: Category = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    segments: tuple[Segment, ...] | None = None
    boxes: tuple[Box, ...] = ()
    enabled: bool = True
    decode: Mapping[str, Any] = field(default_factory=dict)


def read_candidates(
    candidates: Sequence[Candidate],
    options: DecodeOptions,
    *,
    progress: Progress,
    threads: int,
) -> tuple[list[Sample], list[Problem]]:
    """Reads and checks all files; the order of the result is that of `candidates`."""
    samples: list[Sample] = []
    problems: list[Problem] = []
    results = map_ahead(lambda candidate: read_sample(candidate, options), candidates, threads)
    for done, result in enumerate(results, start=1):
        if isinstance(result, Problem):
            problems.append(result)
        else:
            samples.append(result)
        progress(Step("reading", done, len(candidates), candidates[done - 1].relative))
    return samples, problems


def read_sample(candidate: Candidate, options: DecodeOptions) -> Sample | Problem:
    """The sample of one file, or what is wrong with the file."""
    try:
        options = _own_options(options, candidate.decode)
        data = _bytes(candidate.path, options)
        decoded = signals.decode(data, candidate.relative, options)
        return _with_valid_text(_sample(candidate, decoded, data, options))
    except TinsmithError as error:
        return Problem(candidate.relative, error.message, error.hint)


def _own_options(options: DecodeOptions, fields: Mapping[str, Any]) -> DecodeOptions:
    """The options with what the index says about this file: never keys, never limits.

    Raises:
        DatasetError: A field does not exist or has no such values.
    """
    if not fields:
        return options
    plain = NO_OPTIONS
    known = {
        name
        for name in plain.__dataclass_fields__
        if name != "hmac_keys" and (not name.startswith("max_") or name == "max_gap_rows")
    }
    if set(fields) - known:
        raise DatasetError(f"the index gives unknown options: {sorted(set(fields) - known)[:3]}")
    try:
        given = TypeAdapter(DecodeOptions).validate_python(dict(fields))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DatasetError(f"the index gives an option {where}: {first['msg']}") from None
    return replace(options, **{name: getattr(given, name) for name in fields})


def _bytes(path: Path, options: DecodeOptions) -> bytes:
    try:
        size = path.stat().st_size
        if size == 0:
            raise DecodeError("the file is empty")
        if size > options.max_bytes:
            raise DecodeError(
                f"the file has {size >> 20} MB; the limit is {options.max_bytes >> 20} MB",
                hint="split the recording, or raise max_bytes",
            )
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"cannot be read: {error.strerror or error}") from error


def _sample(candidate: Candidate, decoded: Decoded, data: bytes, options: DecodeOptions) -> Sample:
    content_hash = hash_bytes(data)
    content = decoded.content
    given = candidate.segments if candidate.segments is not None else decoded.segments
    warnings = decoded.warnings
    segments: tuple[Segment, ...] = ()
    if given and isinstance(content, Signal):
        segments, cut = normalise(given, content.frames)
        warnings += cut
    elif given:
        warnings += ("labels over time were ignored: this is a picture",)
    label = candidate.label if candidate.label is not None else decoded.label
    if label is None:
        label = "" if segments or candidate.boxes else candidate.guess
    metadata = {**decoded.metadata, **candidate.metadata}
    if decoded.signature in ("valid", "invalid"):
        metadata.setdefault("signature", decoded.signature)
    return Sample(
        id=content_hash[:16],
        name=candidate.name,
        content_hash=content_hash,
        format=signals.extension_of(candidate.path.name),
        label=label,
        category=candidate.category,
        metadata=metadata,
        segments=segments,
        boxes=candidate.boxes,
        enabled=candidate.enabled,
        facts=facts_of(content, size_bytes=len(data), warnings=warnings),
        source=FileSource(candidate.path, content_hash, candidate.relative, options),
    )


def _with_valid_text(sample: Sample) -> Sample:
    """The sample, if all its texts can be written to a file.

    JSON can smuggle in half a character pair, which no file or screen can show.
    """
    texts = [sample.name, sample.label, *sample.metadata, *sample.metadata.values()]
    texts += [segment.label for segment in sample.segments]
    texts += [box.label for box in sample.boxes]
    texts += [text for sensor in sample.facts.sensors for text in (sensor.name, sensor.units)]
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise DatasetError(f"{text!r} is not valid text", hint="correct the label") from None
    return sample


def without_duplicates(samples: Sequence[Sample]) -> tuple[list[Sample], list[Problem]]:
    """The samples without later copies of the same content; each copy is reported."""
    first: dict[str, Sample] = {}
    kept: list[Sample] = []
    problems: list[Problem] = []
    for sample in samples:
        same = first.setdefault(sample.content_hash, sample)
        if same is sample:
            kept.append(sample)
            continue
        message = f"has exactly the same content as {_path(same)} and was left out"
        if same.label != sample.label:
            message += f"; the labels differ: {same.label!r} there, {sample.label!r} here"
        if same.category != sample.category:
            message += f"; it is in {same.category or 'no part'} there"
        problems.append(Problem(_path(sample), message, "delete one of the two"))
    return kept, problems


def with_unique_ids(samples: Sequence[Sample]) -> list[Sample]:
    """The samples with ids of equal content numbered: `id`, `id-2`, `id-3`."""
    seen: Counter[str] = Counter()
    result = []
    for sample in samples:
        seen[sample.id] += 1
        count = seen[sample.id]
        result.append(sample if count == 1 else replace(sample, id=f"{sample.id}-{count}"))
    return result


def _path(sample: Sample) -> str:
    return sample.source.name if isinstance(sample.source, FileSource) else sample.name
