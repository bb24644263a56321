"""Samples between the library and their rows; every change of samples passes through here.

Counts per category and label, searchable metadata and the project's data revision are kept up to
date in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tinsmith.datasets import Box, Category, Facts, FileSource, Sample
from tinsmith.datasets.sample import storable_options
from tinsmith.signals import DecodeOptions, Segment, Sensor
from tinsmith.store.tables import (
    Project,
    SampleCount,
    SampleLabel,
    SampleMetadata,
    SampleRow,
    now,
)

BlobPath = Callable[[str], Path]


@dataclass(frozen=True)
class NewSample:
    """A sample to be stored, whose blob is stored already.

    Args:
        sample: What the library knows of it.
        signature: Whether a device's signature was valid.
        device_id: The device it came from.
        parent_id: The sample it was cut from.
        created_by: The user who added it.
    """

    sample: Sample
    signature: str = "unsigned"
    device_id: int | None = None
    parent_id: int | None = None
    created_by: int | None = None


def add_samples(session: Session, project_id: int, items: Sequence[NewSample]) -> list[int]:
    """Stores samples; their row numbers, in order."""
    if not items:
        return []
    moment = now()
    rows = [
        _new_row(project_id, item) | {"created_at": moment, "updated_at": moment} for item in items
    ]
    statement = insert(SampleRow).returning(SampleRow.id, sort_by_parameter_order=True)
    numbers = list(session.scalars(statement, rows))
    _index(session, project_id, zip(numbers, (item.sample for item in items), strict=True))
    _count(session, project_id, rows, 1)
    touch_data(session, project_id)
    return numbers


def update_samples(session: Session, project_id: int, changes: dict[int, Sample]) -> None:
    """Replaces what is known of samples by their row numbers; deleted ones are left alone."""
    rows = session.scalars(
        select(SampleRow).where(
            SampleRow.project_id == project_id,
            SampleRow.id.in_(changes),
            SampleRow.deleted_at.is_(None),
        )
    ).all()
    _count(session, project_id, [_countable(row) for row in rows], -1)
    for row in rows:
        for name, value in columns_of(changes[row.id]).items():
            setattr(row, name, value)
        row.revision += 1
    session.flush()
    _unindex(session, [row.id for row in rows])
    _index(session, project_id, ((row.id, changes[row.id]) for row in rows))
    _count(session, project_id, [_countable(row) for row in rows], 1)
    touch_data(session, project_id)


def move_to_trash(session: Session, project_id: int, numbers: Sequence[int]) -> int:
    """Takes samples out of the project until they are restored; how many."""
    return _set_deleted(session, project_id, numbers, deleted=True)


def restore_from_trash(session: Session, project_id: int, numbers: Sequence[int]) -> int:
    """Brings samples back from the trash; how many."""
    return _set_deleted(session, project_id, numbers, deleted=False)


def touch_data(session: Session, project_id: int) -> None:
    """Notes that the samples of a project have changed."""
    session.execute(
        update(Project)
        .where(Project.id == project_id)
        .values(data_revision=Project.data_revision + 1)
    )


def load_samples(
    session: Session, project_id: int, blob_path: BlobPath, category: Category | None = None
) -> tuple[Sample, ...]:
    """The enabled samples of a project, or of one category, in the order of a project folder."""
    statement = select(SampleRow).where(
        SampleRow.project_id == project_id, SampleRow.deleted_at.is_(None), SampleRow.enabled
    )
    if category is not None:
        statement = statement.where(SampleRow.category == category)
    rows = session.scalars(statement).all()
    found = [to_sample(row, blob_path) for row in rows]
    return tuple(sorted(found, key=lambda sample: (sample.name, sample.id)))


def to_sample(row: SampleRow, blob_path: BlobPath) -> Sample:
    """The library's view of a row; its content stays where it is until it is read."""
    kind: Literal["signal", "image"] = "image" if row.kind == "image" else "signal"
    options = DecodeOptions(**{key: _tuple(value) for key, value in row.options.items()})
    name = f"{row.name}.{row.format}"
    return Sample(
        id=row.key,
        name=row.name,
        content_hash=row.content_hash,
        format=row.format,
        label=row.label,
        category=cast("Category", row.category),
        metadata=row.facts,
        segments=tuple(Segment(*item) for item in row.segments),
        boxes=tuple(Box(*item) for item in row.boxes),
        facts=Facts(
            kind=kind,
            frames=row.frames,
            interval_ms=row.interval_ms,
            sensors=tuple(Sensor(*item) for item in row.sensors),
            width=row.width,
            height=row.height,
            size_bytes=row.size_bytes,
            warnings=tuple(row.warnings),
        ),
        source=FileSource(blob_path(row.content_hash), row.content_hash, name, options),
    )


def columns_of(sample: Sample) -> dict[str, Any]:
    """What a row keeps of a sample, by column."""
    facts = sample.facts
    options = sample.source.options if isinstance(sample.source, FileSource) else None
    return {
        "key": sample.id,
        "name": sample.name,
        "label": sample.label,
        "category": sample.category,
        "content_hash": sample.content_hash,
        "format": sample.format,
        "kind": facts.kind,
        "frames": facts.frames,
        "interval_ms": facts.interval_ms,
        "length_ms": facts.duration_ms,
        "width": facts.width,
        "height": facts.height,
        "size_bytes": facts.size_bytes,
        "sensors": [[sensor.name, sensor.units] for sensor in facts.sensors],
        "warnings": list(facts.warnings),
        "options": storable_options(options) if options else {},
        "segments": [[item.start_index, item.end_index, item.label] for item in sample.segments],
        "boxes": [[b.label, b.x, b.y, b.width, b.height] for b in sample.boxes],
        "facts": dict(sorted(sample.metadata.items())),
    }


def _new_row(project_id: int, item: NewSample) -> dict[str, Any]:
    return columns_of(item.sample) | {
        "project_id": project_id,
        "enabled": True,
        "span": None,
        "signature": item.signature,
        "device_id": item.device_id,
        "parent_id": item.parent_id,
        "created_by": item.created_by,
    }


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _index(session: Session, project_id: int, items: Iterable[tuple[int, Sample]]) -> None:
    metadata: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for number, sample in items:
        shared = {"sample_id": number, "project_id": project_id}
        metadata += [
            {**shared, "name": name, "value": value[:1000]}
            for name, value in sample.metadata.items()
        ]
        labels += [{**shared, **entry} for entry in _labels(sample)]
    if metadata:
        session.execute(insert(SampleMetadata), metadata)
    if labels:
        session.execute(insert(SampleLabel), labels)


def _labels(sample: Sample) -> list[dict[str, Any]]:
    counts: Counter[str] = Counter()
    lengths: Counter[str] = Counter()
    for segment in sample.segments:
        counts[segment.label] += 1
        lengths[segment.label] += segment.end_index - segment.start_index + 1
    counts.update(box.label for box in sample.boxes)
    interval_ms = sample.facts.interval_ms
    return [
        {"label": label, "count": count, "length_ms": lengths[label] * interval_ms}
        for label, count in counts.items()
    ]


def _unindex(session: Session, numbers: Sequence[int]) -> None:
    session.execute(delete(SampleMetadata).where(SampleMetadata.sample_id.in_(numbers)))
    session.execute(delete(SampleLabel).where(SampleLabel.sample_id.in_(numbers)))


def _countable(row: SampleRow) -> dict[str, Any]:
    names = ("category", "label", "enabled", "length_ms", "size_bytes")
    return {name: getattr(row, name) for name in names}


def _count(session: Session, project_id: int, rows: Sequence[dict[str, Any]], sign: int) -> None:
    """Adds rows to the counts of their category and label, or takes them away (sign -1)."""
    totals: dict[tuple[str, str, bool], list[float]] = {}
    for row in rows:
        total = totals.setdefault((row["category"], row["label"], row["enabled"]), [0, 0.0, 0])
        total[0] += sign
        total[1] += sign * row["length_ms"]
        total[2] += sign * row["size_bytes"]
    if not totals:
        return
    values = [
        {
            "project_id": project_id, "category": category, "label": label, "enabled": enabled,
            "samples": int(total[0]), "length_ms": total[1], "size_bytes": int(total[2]),
        }
        for (category, label, enabled), total in sorted(totals.items())
    ]  # fmt: skip
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(SampleCount)
    added = {
        name: getattr(SampleCount, name) + getattr(new.excluded, name)
        for name in ("samples", "length_ms", "size_bytes")
    }
    key = ["project_id", "category", "label", "enabled"]
    session.execute(new.on_conflict_do_update(index_elements=key, set_=added), values)


def _set_deleted(
    session: Session, project_id: int, numbers: Sequence[int], *, deleted: bool
) -> int:
    there = SampleRow.deleted_at.is_(None) if deleted else SampleRow.deleted_at.is_not(None)
    rows = session.scalars(
        select(SampleRow).where(
            SampleRow.project_id == project_id, SampleRow.id.in_(numbers), there
        )
    ).all()
    moment = now() if deleted else None
    for row in rows:
        row.deleted_at = moment
        row.revision += 1
    _count(session, project_id, [_countable(row) for row in rows], -1 if deleted else 1)
    touch_data(session, project_id)
    return len(rows)
