"""Counts, metadata and labels are what a recount says, whatever happened to the samples."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tinsmith.datasets import Facts, FileSource, Sample
from tinsmith.datasets.crop import crop, uncrop
from tinsmith.signals import Segment, Sensor
from tinsmith.store.database import Database
from tinsmith.store.samples import (
    BulkChange,
    NewSample,
    add_samples,
    change_samples,
    load_samples,
    move_to_trash,
    remove_from_trash,
    restore_from_trash,
    to_sample,
    update_samples,
)
from tinsmith.store.tables import Project, SampleCount, SampleLabel, SampleMetadata, SampleRow

_LABELS = st.sampled_from(["", "on", "off", "ü"])
_CATEGORIES = st.sampled_from(["training", "testing", "validation", ""])
_METADATA = st.dictionaries(st.sampled_from(["subject", "room"]), st.sampled_from(["1", "2"]))
_FRAMES = 20


@st.composite
def _samples(draw: st.DrawFn) -> Sample:
    content = hashlib.sha256(draw(st.binary(min_size=4, max_size=4))).hexdigest()
    cuts = sorted(draw(st.sets(st.integers(0, _FRAMES), max_size=4)))
    segments = tuple(
        Segment(start, end - 1, draw(st.sampled_from(["a", "b"])))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    )
    return Sample(
        id=content[:16],
        name=draw(st.sampled_from(["one", "two", "a longer name"])),
        content_hash=content,
        format="wav",
        label=draw(_LABELS),
        category=draw(_CATEGORIES),
        metadata=draw(_METADATA),
        segments=segments,
        boxes=(),
        facts=Facts("signal", _FRAMES, 0.1, (Sensor("audio", "wav"),), size_bytes=84),
        source=FileSource(Path("nowhere"), content, "x.wav"),
        enabled=draw(st.booleans()),
    )


_changes = st.builds(
    BulkChange,
    label=st.none() | _LABELS,
    category=st.none() | _CATEGORIES,
    enabled=st.none() | st.booleans(),
    metadata=_METADATA,
    without=st.sampled_from([(), ("subject",)]),
)
_numbers = st.sets(st.integers(0, 8), max_size=5)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(_samples(), max_size=4, unique_by=lambda s: s.id)),
        st.tuples(st.just("edit"), _numbers, _samples()),
        st.tuples(st.just("crop"), _numbers),
        st.tuples(st.just("uncrop"), _numbers),
        st.tuples(st.just("change"), _numbers, _changes),
        st.tuples(st.just("trash"), _numbers),
        st.tuples(st.just("restore"), _numbers),
        st.tuples(st.just("empty")),
    ),
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=_steps)
def test_any_changes_leave_counts_equal_to_a_recount(
    database: Database, steps: list[tuple[object, ...]]
) -> None:
    with database.write() as session:
        project = Project(name="p")
        session.add(project)
        session.flush()
        project_id = project.id
    for step in steps:
        _apply(database, project_id, step)
        _check(database, project_id)


def _apply(database: Database, project_id: int, step: tuple[object, ...]) -> None:
    with database.write() as session:
        rows = session.scalars(
            select(SampleRow).where(SampleRow.project_id == project_id).order_by(SampleRow.id)
        ).all()
        match step:
            case ("add", new):
                known = {row.key for row in rows}
                fresh = [NewSample(s) for s in new if s.id not in known]  # type: ignore[attr-defined]
                add_samples(session, project_id, fresh)
            case ("empty",):
                remove_from_trash(session, project_id)
            case (name, positions, *more):
                chosen = [rows[i] for i in sorted(positions) if i < len(rows)]  # type: ignore[call-overload]
                numbers = [row.id for row in chosen]
                samples = {row.id: to_sample(row, lambda _: Path("nowhere")) for row in chosen}
                if name == "trash":
                    live = [row for row in chosen if row.deleted_at is None]
                    assert move_to_trash(session, project_id, numbers) == len(live)
                elif name == "restore":
                    restore_from_trash(session, project_id, numbers)
                elif name == "change":
                    change_samples(session, project_id, numbers, more[0])  # type: ignore[arg-type]
                else:
                    changes = {n: _edited(str(name), s, more) for n, s in samples.items()}
                    update_samples(session, project_id, changes)


def _edited(name: str, sample: Sample, more: list[object]) -> Sample:
    if name == "crop":
        return crop(sample, 1, sample.facts.frames) if sample.facts.frames > 1 else sample
    if name == "uncrop":
        return uncrop(sample)
    other = more[0]
    assert isinstance(other, Sample)
    return replace(
        sample, name=other.name, label=other.label, category=other.category,
        metadata=other.metadata, enabled=other.enabled,
        segments=tuple(s for s in other.segments if s.end_index < sample.facts.frames),
    )  # fmt: skip


def _check(database: Database, project_id: int) -> None:
    with database.read() as session:
        rows = session.scalars(select(SampleRow).where(SampleRow.project_id == project_id)).all()
        live = [row for row in rows if row.deleted_at is None]
        recount: Counter[tuple[str, str, bool]] = Counter()
        lengths: Counter[tuple[str, str, bool]] = Counter()
        for row in live:
            recount[row.category, row.label, row.enabled] += 1
            lengths[row.category, row.label, row.enabled] += row.length_ms  # type: ignore[assignment]
        counts = session.scalars(select(SampleCount).where(SampleCount.project_id == project_id))
        found = {(c.category, c.label, c.enabled): c for c in counts}
        assert {kind: c.samples for kind, c in found.items() if c.samples} == dict(recount)
        for kind, count in found.items():
            assert count.length_ms == pytest.approx(lengths[kind], abs=1e-6)
            assert count.size_bytes == 84 * recount[kind]
        entries = session.execute(
            select(SampleMetadata.sample_id, SampleMetadata.name, SampleMetadata.value).where(
                SampleMetadata.project_id == project_id
            )
        )
        assert {tuple(entry) for entry in entries} == {
            (row.id, name, value) for row in rows for name, value in row.facts.items()
        }
        labels = session.scalars(select(SampleLabel).where(SampleLabel.project_id == project_id))
        assert {(entry.sample_id, entry.label): entry.count for entry in labels} == Counter(
            (row.id, label) for row in rows for *_, label in row.segments
        )
        used = load_samples(session, project_id, lambda _: Path("nowhere"))
        assert {s.id for s in used} == {row.key for row in live if row.enabled}
        for sample in used:
            assert (sample.span is None) == (sample.whole is None)
