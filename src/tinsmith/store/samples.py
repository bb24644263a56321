"""Samples between the library and their rows; every change of samples passes through here.

Counts per category and label, searchable metadata and the project's data revision are kept up to
date in the same transaction. Whoever changes samples holds the project's row until the end of the
transaction, so that changes of one project come one after the other on every database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from tinsmith.datasets import Box, Category, Facts, FileSource, Sample, Whole
from tinsmith.datasets.sample import storable_options
from tinsmith.signals import DecodeOptions, Segment, Sensor
from tinsmith.store import name_blocks
from tinsmith.store.inserts import insert_rows
from tinsmith.store.sample_index import (
    add_entries,
    count_new,
    metadata_entries,
    recounted,
    remove_entries,
)
from tinsmith.store.tables import Base, SampleMetadata, SampleRow, now

BlobPath = Callable[[str], Path]
_ROWS = Base.metadata.tables["samples"]
_PROJECTS = Base.metadata.tables["projects"]
_TOUCH = (
    update(_PROJECTS)
    .where(_PROJECTS.c.id == bindparam("number"))
    .values(data_revision=_PROJECTS.c.data_revision + 1)
)
_LAST = select(func.max(_ROWS.c.id))
# Rows changed in one transaction: it keeps other writers waiting for some hundredths of a second.
BATCH = 1000


@dataclass(frozen=True)
class NewSample:
    """A sample to be stored, whose blob is stored already.

    Args:
        sample: What the library knows of it.
        signature: Whether a device's signature was valid.
        device_id: The device it came from.
        parent_id: The sample it was cut from.
        created_by: The user who added it.
        created_at: When it was added; None: now.
    """

    sample: Sample
    signature: str = "unsigned"
    device_id: int | None = None
    parent_id: int | None = None
    created_by: int | None = None
    created_at: datetime | None = None


@dataclass(frozen=True)
class BulkChange:
    """What is set on many samples at once; None leaves it as it is.

    Args:
        label, category, enabled: New values.
        metadata: Entries that are added or replaced.
        without: Names of entries that are removed.
    """

    label: str | None = None
    category: Category | None = None
    enabled: bool | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()


def add_samples(session: Session, project_id: int, items: Sequence[NewSample]) -> list[int]:
    """Stores samples; their row numbers, in order."""
    touch_data(session, project_id)
    return add_to_held(session, project_id, items)


def add_to_held(session: Session, project_id: int, items: Sequence[NewSample]) -> list[int]:
    """Stores samples in a project that `touch_data` holds; their row numbers, in order."""
    if not items:
        return []
    moment = now()
    rows = [_new_row(project_id, item, moment) for item in items]
    numbers = _insert(session.connection(), rows)
    add_entries(session, project_id, zip(numbers, (item.sample for item in items), strict=True))
    count_new(session, project_id, rows)
    name_blocks.note_new(session, project_id, numbers)
    return numbers


def update_samples(session: Session, project_id: int, changes: Mapping[int, Sample]) -> None:
    """Replaces what is known of samples by their row numbers; deleted ones are left alone."""
    touch_data(session, project_id)
    rows = session.scalars(_live(project_id, list(changes))).all()
    numbers = [row.id for row in rows]
    renamed = [row.id for row in rows if row.name != changes[row.id].name]
    with recounted(session, project_id, numbers):
        for row in rows:
            for name, value in columns_of(changes[row.id]).items():
                setattr(row, name, value)
            row.revision += 1
    remove_entries(session, numbers)
    add_entries(session, project_id, ((row.id, changes[row.id]) for row in rows))
    name_blocks.renew(session, project_id, renamed)


def change_samples(
    session: Session, project_id: int, numbers: Sequence[int], change: BulkChange
) -> int:
    """Sets the same on at most `BATCH` samples; how many there were."""
    touch_data(session, project_id)
    found = session.execute(
        _live(project_id, numbers).with_only_columns(SampleRow.id, SampleRow.facts)
    ).all()
    live = [row.id for row in found]
    values: dict[str, Any] = {
        name: value
        for name in ("label", "category", "enabled")
        if (value := getattr(change, name)) is not None
    }
    with recounted(session, project_id, live):
        session.execute(
            update(SampleRow)
            .where(SampleRow.id.in_(live))
            .values(**values, revision=SampleRow.revision + 1, updated_at=now())
            .execution_options(synchronize_session=False)
        )
        if change.metadata or change.without:
            facts = {row.id: _changed(row.facts, change) for row in found}
            _replace_metadata(session, project_id, facts)
    return len(live)


def move_to_trash(session: Session, project_id: int, numbers: Sequence[int]) -> int:
    """Takes samples out of the project until they are restored; how many."""
    return _set_deleted(session, project_id, numbers, deleted=True)


def restore_from_trash(session: Session, project_id: int, numbers: Sequence[int]) -> int:
    """Brings samples back from the trash; how many."""
    return _set_deleted(session, project_id, numbers, deleted=False)


def remove_from_trash(session: Session, project_id: int, limit: int = BATCH) -> int:
    """Forgets at most `limit` samples in the trash for good; how many. Their blobs stay."""
    oldest = (
        select(SampleRow.id)
        .where(SampleRow.project_id == project_id, SampleRow.deleted_at.is_not(None))
        .limit(limit)
    )
    numbers = list(session.scalars(oldest))
    session.execute(delete(SampleRow).where(SampleRow.id.in_(numbers)))
    name_blocks.forget_after_last(session, project_id)
    return len(numbers)


def touch_data(session: Session, project_id: int) -> None:
    """Notes that the samples of a project have changed, and makes other changes of them wait."""
    session.connection().execute(_TOUCH, {"number": project_id})


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
    span = (row.span[0], row.span[1]) if row.span else None
    return Sample(
        id=row.key,
        name=row.name,
        content_hash=row.content_hash,
        format=row.format,
        label=row.label,
        category=cast("Category", row.category),
        metadata=row.facts,
        segments=_segments(row.segments),
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
        source=FileSource(blob_path(row.content_hash), row.content_hash, name, options, span),
        enabled=row.enabled,
        whole=Whole(row.whole["frames"], _segments(row.whole["segments"])) if row.whole else None,
    )


def columns_of(sample: Sample) -> dict[str, Any]:
    """What a row keeps of a sample, by column."""
    facts = sample.facts
    options = sample.source.options if isinstance(sample.source, FileSource) else None
    whole = sample.whole
    return {
        "key": sample.id,
        "name": sample.name,
        "label": sample.label,
        "category": sample.category,
        "enabled": sample.enabled,
        "content_hash": sample.content_hash,
        "format": sample.format,
        "kind": facts.kind,
        "frames": facts.frames,
        "interval_ms": facts.interval_ms,
        "length_ms": facts.duration_ms,
        "width": facts.width,
        "height": facts.height,
        "size_bytes": facts.size_bytes,
        "sensors": _pairs(facts.sensors),
        "warnings": list(facts.warnings),
        "options": storable_options(options) if options else {},
        "span": list(sample.span) if sample.span else None,
        "whole": {"frames": whole.frames, "segments": _triples(whole.segments)} if whole else None,
        "segments": _triples(sample.segments),
        "boxes": [[b.label, b.x, b.y, b.width, b.height] for b in sample.boxes],
        "facts": _sorted(sample.metadata),
    }


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> list[int]:
    """Inserts rows; their numbers, in order.

    Statements on tables, not classes: of a single upload, what SQLAlchemy does for classes would
    take as long as all the rest.
    """
    if connection.dialect.name != "sqlite":
        statement = insert(_ROWS).returning(_ROWS.c.id, sort_by_parameter_order=True)
        return list(connection.scalars(statement, rows))
    # Whoever writes is alone, so the numbers may be given here as SQLite would give them; to tell
    # them row by row costs it more than the rows.
    first = (connection.scalar(_LAST) or 0) + 1
    numbers = range(first, first + len(rows))
    for number, row in zip(numbers, rows, strict=True):
        row["id"] = number
    insert_rows(connection, _ROWS, rows)
    return list(numbers)


def _new_row(project_id: int, item: NewSample, moment: datetime) -> dict[str, Any]:
    columns = columns_of(item.sample)
    columns["metadata"] = columns.pop("facts")
    columns.update(
        revision=1,
        project_id=project_id,
        signature=item.signature,
        device_id=item.device_id,
        parent_id=item.parent_id,
        created_by=item.created_by,
        created_at=item.created_at or moment,
        updated_at=moment,
    )
    return columns


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@lru_cache(maxsize=256)
def _pairs(sensors: tuple[Sensor, ...]) -> Sequence[Sequence[str]]:
    """Names and units; the same object for the same sensors, which is written as JSON but once."""
    return tuple((sensor.name, sensor.units) for sensor in sensors)


def _sorted(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Metadata by name; the same object where there is nothing to sort, as with sensors."""
    return metadata if len(metadata) < 2 else dict(sorted(metadata.items()))


def _triples(segments: Sequence[Segment]) -> list[list[Any]]:
    return [[item.start_index, item.end_index, item.label] for item in segments]


def _segments(triples: Sequence[Sequence[Any]]) -> tuple[Segment, ...]:
    return tuple(Segment(*triple) for triple in triples)


def _live(project_id: int, numbers: Sequence[int]) -> Any:
    return select(SampleRow).where(
        SampleRow.project_id == project_id,
        SampleRow.id.in_(numbers),
        SampleRow.deleted_at.is_(None),
    )


def _changed(facts: Mapping[str, str], change: BulkChange) -> dict[str, str]:
    kept = {name: value for name, value in facts.items() if name not in change.without}
    return dict(sorted((kept | dict(change.metadata)).items()))


def set_columns(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Sets columns of samples, each row by its `id` and the columns' names in the database.

    Neither raises nor checks revisions: the caller holds the samples and raises them itself.
    """
    table = SampleRow.__table__
    names = [name for name in rows[0] if name != "id"]
    changed = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    session.connection().execute(
        table.update().where(table.c.id == bindparam("row_id")).values(changed),  # type: ignore[attr-defined]
        [{"row_id": row["id"]} | {f"new_{name}": row[name] for name in names} for row in rows],
    )


def _replace_metadata(
    session: Session, project_id: int, facts: Mapping[int, Mapping[str, str]]
) -> None:
    if not facts:
        return
    set_columns(session, [{"id": number, "metadata": entries} for number, entries in facts.items()])
    session.execute(delete(SampleMetadata).where(SampleMetadata.sample_id.in_(facts)))
    rows = [
        {"sample_id": number, "project_id": project_id, **entry}
        for number, entries in facts.items()
        for entry in metadata_entries(entries)
    ]
    if rows:
        session.execute(insert(SampleMetadata), rows)


def _set_deleted(
    session: Session, project_id: int, numbers: Sequence[int], *, deleted: bool
) -> int:
    touch_data(session, project_id)
    there = SampleRow.deleted_at.is_(None) if deleted else SampleRow.deleted_at.is_not(None)
    changed = (
        update(SampleRow)
        .where(SampleRow.project_id == project_id, SampleRow.id.in_(numbers), there)
        .values(
            deleted_at=now() if deleted else None,
            revision=SampleRow.revision + 1,
            updated_at=now(),
        )
        .returning(SampleRow.id)
        .execution_options(synchronize_session=False)
    )
    with recounted(session, project_id, numbers):
        found = session.scalars(changed).all()
    if not deleted:
        name_blocks.renew(session, project_id, found)
    return len(found)
