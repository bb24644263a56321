"""What designs have to fit of a project's data, found without reading every sample."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Text, cast, exists, func, select
from sqlalchemy.orm import Session

from tinsmith.datasets import Sample
from tinsmith.impulse.facts import DataFacts
from tinsmith.store.samples import BlobPath, to_sample
from tinsmith.store.tables import SampleCount, SampleLabel, SampleMetadata, SampleRow

# Suggestions come from at most so many samples, spread evenly over the project.
_MOST_SAMPLES = 2000

_IN_USE = (SampleRow.deleted_at.is_(None), SampleRow.enabled)


def project_facts(session: Session, project_id: int) -> DataFacts:
    """The facts of all samples in use, as `data_facts` finds them; labels of boxes count too."""
    mine = (SampleRow.project_id == project_id, *_IN_USE)
    kinds = session.execute(
        select(SampleRow.kind, func.count()).where(*mine).group_by(SampleRow.kind)
    ).all()
    count = sum(number for _, number in kinds)
    if not count:
        return DataFacts("signal", 0)
    signals = (*mine, SampleRow.kind == "signal")
    intervals = session.execute(
        select(SampleRow.interval_ms, func.count()).where(*signals).group_by(SampleRow.interval_ms)
    ).all()
    return DataFacts(
        kind=_kind([kind for kind, _ in kinds]),
        count=count,
        axes=_axes(session, signals),
        interval_ms=max(intervals, key=lambda row: row[1])[0] if intervals else 0.0,
        intervals_ms=tuple(sorted(interval for interval, _ in intervals)),
        durations_ms=_durations(session, signals),
        labels=_labels(session, project_id),
        unlabelled=_unlabelled(session, mine),
        metadata=_metadata(session, project_id, count),
    )


def some_samples(
    session: Session, project_id: int, blob_path: BlobPath, category: str | None = None
) -> tuple[Sample, ...]:
    """Samples in use, all of them or some thousand spread evenly, by number."""
    mine = [SampleRow.project_id == project_id, *_IN_USE]
    if category is not None:
        mine.append(SampleRow.category == category)
    count = session.scalar(select(func.count()).select_from(SampleRow).where(*mine)) or 0
    if count > _MOST_SAMPLES:
        mine.append(SampleRow.id % -(-count // _MOST_SAMPLES) == 0)
    rows = session.scalars(select(SampleRow).where(*mine).order_by(SampleRow.id)).all()
    return tuple(to_sample(row, blob_path) for row in rows)


def no_path(_hash: str) -> Path:
    """The path of a blob, for those who read no content."""
    return Path()


def _kind(kinds: Sequence[str]) -> Literal["signal", "image", "mixed"]:
    if len(kinds) > 1:
        return "mixed"
    return "image" if kinds[0] == "image" else "signal"


def _axes(session: Session, signals: Sequence[Any]) -> tuple[str, ...]:
    """Axes that all recordings have, in the order of the first."""
    text = cast(SampleRow.sensors, Text)
    found = session.execute(
        select(text, func.min(SampleRow.id)).where(*signals).group_by(text)
    ).all()
    lists = [
        [sensor[0] for sensor in json.loads(sensors)]
        for sensors, _ in sorted(found, key=lambda row: row[1])
    ]
    if not lists:
        return ()
    shared = set.intersection(*(set(names) for names in lists))
    return tuple(dict.fromkeys(name for name in lists[0] if name in shared))


def _durations(session: Session, signals: Sequence[Any]) -> tuple[float, float, float]:
    """Shortest, median and longest recording."""
    length = SampleRow.length_ms
    count, low, high = session.execute(
        select(func.count(), func.min(length), func.max(length)).where(*signals)
    ).one()
    if not count:
        return (0.0, 0.0, 0.0)
    middle = session.scalars(
        select(length)
        .where(*signals)
        .order_by(length)
        .offset((count - 1) // 2)
        .limit(1 + (count % 2 == 0))
    ).all()
    return (low, sum(middle) / len(middle), high)


def _labels(session: Session, project_id: int) -> tuple[str, ...]:
    own = session.scalars(
        select(SampleCount.label)
        .where(SampleCount.project_id == project_id, SampleCount.enabled, SampleCount.samples > 0)
        .distinct()
    )
    timed = session.scalars(
        select(SampleLabel.label)
        .join(SampleRow, SampleRow.id == SampleLabel.sample_id)
        .where(SampleLabel.project_id == project_id, *_IN_USE)
        .distinct()
    )
    return tuple(sorted({*own, *timed} - {""}))


def _unlabelled(session: Session, mine: Sequence[Any]) -> int:
    has_more = exists().where(SampleLabel.sample_id == SampleRow.id)
    statement = select(func.count()).select_from(SampleRow).where(*mine, SampleRow.label == "")
    return session.scalar(statement.where(~has_more)) or 0


def _metadata(session: Session, project_id: int, count: int) -> tuple[str, ...]:
    statement = (
        select(SampleMetadata.name)
        .join(SampleRow, SampleRow.id == SampleMetadata.sample_id)
        .where(SampleMetadata.project_id == project_id, *_IN_USE)
        .group_by(SampleMetadata.name)
        .having(func.count() == count)
    )
    return tuple(sorted(session.scalars(statement)))
