"""What is kept next to samples so that they are found and counted without being read.

Counts per category, label and whether they are enabled; metadata entries; labels over time and of
boxes. Only `store.samples` writes here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tinsmith.datasets import Sample
from tinsmith.store.inserts import insert_rows
from tinsmith.store.tables import Base, SampleLabel, SampleMetadata, SampleRow

# Longer values are found by their beginning.
VALUE_LENGTH = 1000
NAME_LENGTH = 200

_METADATA = Base.metadata.tables["sample_metadata"]
_LABELS = Base.metadata.tables["sample_labels"]
_COUNTS = Base.metadata.tables["sample_counts"]


def _adding(new: Any) -> Any:
    added = {
        name: _COUNTS.c[name] + getattr(new.excluded, name)
        for name in ("samples", "length_ms", "size_bytes")
    }
    key = ["project_id", "category", "label", "enabled"]
    return new.on_conflict_do_update(index_elements=key, set_=added)


_ADD = {
    "sqlite": _adding(sqlite.insert(_COUNTS)),
    "postgresql": _adding(postgresql.insert(_COUNTS)),
}

_Kind = tuple[str, str, bool]
_Totals = Mapping[_Kind, tuple[int, float, int]]


def add_entries(session: Session, project_id: int, items: Iterable[tuple[int, Sample]]) -> None:
    """Makes new rows findable by metadata, labels over time and boxes."""
    metadata: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for number, sample in items:
        shared = {"sample_id": number, "project_id": project_id}
        if sample.metadata:
            metadata += [{**shared, **entry} for entry in metadata_entries(sample.metadata)]
        if sample.segments or sample.boxes:
            labels += [{**shared, **entry} for entry in _label_entries(sample)]
    if metadata:
        insert_rows(session.connection(), _METADATA, metadata)
    if labels:
        insert_rows(session.connection(), _LABELS, labels)


def metadata_entries(metadata: Mapping[str, str]) -> list[dict[str, str]]:
    """Names and values as they are looked for."""
    found = {name[:NAME_LENGTH]: value[:VALUE_LENGTH] for name, value in metadata.items()}
    return [{"name": name, "value": value} for name, value in found.items()]


def remove_entries(session: Session, numbers: Sequence[int]) -> None:
    """Forgets metadata, labels over time and boxes of rows."""
    session.execute(delete(SampleMetadata).where(SampleMetadata.sample_id.in_(numbers)))
    session.execute(delete(SampleLabel).where(SampleLabel.sample_id.in_(numbers)))


def count_new(session: Session, project_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds new rows to the counts."""
    totals: dict[_Kind, tuple[int, float, int]] = {}
    for row in rows:
        kind = (row["category"], row["label"], row["enabled"])
        samples, length_ms, size_bytes = totals.get(kind, (0, 0.0, 0))
        totals[kind] = (
            samples + 1,
            length_ms + row["length_ms"],
            size_bytes + row["size_bytes"],
        )
    _add(session, project_id, totals, 1)


@contextmanager
def recounted(session: Session, project_id: int, numbers: Sequence[int]) -> Iterator[None]:
    """Keeps the counts right while some rows change, are deleted or come back."""
    _add(session, project_id, _totals(session, project_id, numbers), -1)
    yield
    session.flush()
    _add(session, project_id, _totals(session, project_id, numbers), 1)


def _totals(session: Session, project_id: int, numbers: Sequence[int]) -> _Totals:
    """How much there is among some rows, those in the trash left out."""
    kind = (SampleRow.category, SampleRow.label, SampleRow.enabled)
    statement = (
        select(
            *kind,
            func.count(),
            func.sum(SampleRow.length_ms),
            func.sum(SampleRow.size_bytes),
        )
        .where(
            SampleRow.project_id == project_id,
            SampleRow.id.in_(numbers),
            SampleRow.deleted_at.is_(None),
        )
        .group_by(*kind)
    )
    return {
        (category, label, enabled): (samples, length_ms, int(size_bytes))
        for category, label, enabled, samples, length_ms, size_bytes in session.execute(statement)
    }


def _add(session: Session, project_id: int, totals: _Totals, sign: int) -> None:
    """Adds to the counts, or takes away (sign -1)."""
    if not totals:
        return
    values = [
        {
            "project_id": project_id, "category": category, "label": label, "enabled": enabled,
            "samples": sign * samples, "length_ms": sign * length_ms,
            "size_bytes": sign * size_bytes,
        }
        for (category, label, enabled), (samples, length_ms, size_bytes) in sorted(totals.items())
    ]  # fmt: skip
    connection = session.connection()
    connection.execute(_ADD[connection.dialect.name], values)


def _label_entries(sample: Sample) -> list[dict[str, Any]]:
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
