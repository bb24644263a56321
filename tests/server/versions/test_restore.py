"""A version is put back exactly, whatever happened since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from tinsmith.datasets.sample import Sample
from tinsmith.impulse.contents import ImpulseContents, ProjectContents, write_project
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.fit import fit
from tinsmith.store.blobs import BlobStore
from tinsmith.store.database import Database
from tinsmith.store.project_changes import sample_changes, value_changes
from tinsmith.store.project_folder import read_folder
from tinsmith.store.project_restore import Restored, restore
from tinsmith.store.project_state import ProjectState, read_lines, read_state
from tinsmith.store.samples import (
    BulkChange,
    change_samples,
    move_to_trash,
    remove_from_trash,
    touch_data,
)
from tinsmith.store.tables import ImpulseRow, Model, Project, SampleCount, SampleRow, now
from tinsmith.store.versions import add_version, load_version

DESIGN = {
    "name": "Odd",
    "input": {"type": "time-series", "window_ms": 1000, "stride_ms": 500, "interval_ms": 10},
    "processing": [{"id": "statistics", "type": "flatten"}],
    "learning": [{"id": "odd", "type": "anomaly_kmeans", "clusters": 6}],
}


@pytest.fixture
def project(
    database: Database,
    blobs: BlobStore,
    motion_samples: Callable[..., tuple[Sample, ...]],
    tmp_path: Path,
) -> int:
    """Twelve recordings, parts of one of them, an impulse and its model."""
    samples = tuple(item.with_(category="training") for item in motion_samples(12))
    design = parse_impulse(DESIGN)
    trained = ImpulseContents(design, fit(design, samples), {"note": 1})
    contents = ProjectContents("Pumps", samples, {"": trained, "b": ImpulseContents(design)})
    library = write_project(contents, tmp_path / "folder").library
    library.split(library.samples()[0].id, [(0, 150), (150, 300)])
    state = read_folder(tmp_path / "folder", blobs)
    with database.write() as session:
        row = Project(name="new")
        session.add(row)
        session.flush()
        restore(session, row.id, state, blobs)
        return row.id


def state_of(database: Database, blobs: BlobStore, project: int) -> ProjectState:
    with database.read() as session:
        return read_state(session, project, blobs)


def put_back(database: Database, blobs: BlobStore, project: int, state: ProjectState) -> Restored:
    present = state_of(database, blobs, project)
    with database.write() as session:
        lines = read_lines(blobs, present.samples.hash)
        return restore(session, project, state, blobs, lines)


def mutate(database: Database, project: int) -> None:
    """Everything that people do to a project."""
    with database.write() as session:
        numbers = session.scalars(
            select(SampleRow.id).where(SampleRow.project_id == project).order_by(SampleRow.id)
        ).all()
        change_samples(session, project, numbers[:2], BulkChange(label="other", enabled=False))
        change_samples(session, project, numbers[2:4], BulkChange(metadata={"room": "7"}))
        move_to_trash(session, project, numbers[4:8])
        remove_from_trash(session, project, 2)
        row = session.get_one(Project, project)
        row.name, row.readme, row.settings = "Renamed", "new", {"a": 1}
        impulses = session.scalars(
            select(ImpulseRow).where(ImpulseRow.project_id == project).order_by(ImpulseRow.id)
        ).all()
        impulses[0].design = {**impulses[0].design, "name": "Changed"}
        impulses[0].name, impulses[0].model_id, impulses[0].is_default = "Changed", None, False
        impulses[1].deleted_at = now()
        session.add(ImpulseRow(project_id=project, name="New", design=DESIGN, is_default=True))


def test_what_was_changed_deleted_and_purged_comes_back(
    database: Database, blobs: BlobStore, project: int
) -> None:
    before = state_of(database, blobs, project)
    mutate(database, project)
    assert state_of(database, blobs, project).dump() != before.dump()
    restored = put_back(database, blobs, project, before)
    assert restored == Restored(added=2, changed=6, removed=0)
    assert state_of(database, blobs, project).dump() == before.dump()


def test_restoring_can_be_undone(database: Database, blobs: BlobStore, project: int) -> None:
    first = state_of(database, blobs, project)
    mutate(database, project)
    second = state_of(database, blobs, project)
    put_back(database, blobs, project, first)
    put_back(database, blobs, project, second)
    assert state_of(database, blobs, project).dump() == second.dump()


def test_counts_of_labels_are_right_after_restoring(
    database: Database, blobs: BlobStore, project: int
) -> None:
    def counts() -> set[tuple[Any, ...]]:
        with database.read() as session:
            rows = session.scalars(
                select(SampleCount).where(
                    SampleCount.project_id == project, SampleCount.samples > 0
                )
            )
            return {
                (row.category, row.label, row.enabled, row.samples, row.size_bytes,
                 round(row.length_ms)) for row in rows
            }  # fmt: skip

    before, kept = counts(), state_of(database, blobs, project)
    mutate(database, project)
    assert counts() != before
    put_back(database, blobs, project, kept)
    assert counts() == before


def test_a_model_made_from_the_same_data_is_up_to_date_again(
    database: Database, blobs: BlobStore, project: int
) -> None:
    kept = state_of(database, blobs, project)
    mutate(database, project)
    put_back(database, blobs, project, kept)
    with database.read() as session:
        revision = session.get_one(Project, project).data_revision
        models = session.scalars(select(Model).where(Model.project_id == project)).all()
        assert [row.data_revision for row in models] == [revision]


def test_an_old_model_stays_out_of_date(database: Database, blobs: BlobStore, project: int) -> None:
    with database.write() as session:
        touch_data(session, project)
    kept = state_of(database, blobs, project)
    assert kept.models[0]["is_current"] is False
    put_back(database, blobs, project, kept)
    assert state_of(database, blobs, project).dump() == kept.dump()


def test_a_copy_is_the_same_but_for_the_numbers_of_its_rows(
    database: Database, blobs: BlobStore, project: int
) -> None:
    state = state_of(database, blobs, project)
    with database.write() as session:
        row = Project(name="copy")
        session.add(row)
        session.flush()
        restore(session, row.id, state, blobs)
    copy = state_of(database, blobs, row.id)
    assert copy.samples == state.samples
    assert copy.project == state.project
    assert [item["design"] for item in copy.impulses] == [item["design"] for item in state.impulses]
    assert [item["files"] for item in copy.models] == [item["files"] for item in state.models]
    assert state_of(database, blobs, project).dump() == state.dump(), "the original is untouched"


def test_versions_are_numbered_and_numbers_never_come_twice(
    database: Database, blobs: BlobStore, project: int
) -> None:
    state = state_of(database, blobs, project)
    numbers = []
    for text in ("first", "second"):
        with database.write() as session:
            row = add_version(session, project, state, blobs, description=text, created_by=None)
            numbers.append(row.number)
    with database.write() as session:
        session.get_one(type(row), row.id).deleted_at = now()
    with database.write() as session:
        row = add_version(session, project, state, blobs, description="", created_by=None)
        numbers.append(row.number)
    assert numbers == [1, 2, 3]
    assert load_version(row, blobs).dump() == state.dump()
    assert row.summary["samples"] == 13
    assert row.summary["impulses"][0]["name"] == "Odd"


def test_only_what_differs_is_listed(database: Database, blobs: BlobStore, project: int) -> None:
    first = state_of(database, blobs, project)
    mutate(database, project)
    second = state_of(database, blobs, project)
    changes = list(
        sample_changes(
            read_lines(blobs, first.samples.hash), read_lines(blobs, second.samples.hash)
        )
    )
    assert [item.key for item in changes] == sorted(item.key for item in changes)
    assert sorted(item.fields for item in changes) == [
        (), (), (), (), ("enabled", "label"), ("enabled", "label"), ("facts",), ("facts",)
    ]  # fmt: skip
    assert sum(item.after is None for item in changes) == 4
    same = read_lines(blobs, first.samples.hash), read_lines(blobs, first.samples.hash)
    assert list(sample_changes(*same)) == []


def test_a_failure_while_restoring_changes_nothing(
    database: Database, blobs: BlobStore, project: int
) -> None:
    kept = state_of(database, blobs, project)
    mutate(database, project)
    changed = state_of(database, blobs, project)
    present = list(read_lines(blobs, changed.samples.hash))

    def cut_off() -> Iterator[bytes]:
        yield from present[:5]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"), database.write() as session:
        restore(session, project, kept, blobs, cut_off())
    assert state_of(database, blobs, project).dump() == changed.dump()


def test_differences_of_documents_are_named_by_their_place() -> None:
    before = {"a": 1, "blocks": [{"id": "x", "p": {"n": 1}}], "same": [1, 2], "list": [1]}
    after = {"a": 2, "blocks": [{"id": "x", "p": {"n": 2}}, {"id": "y"}], "same": [1, 2],
             "list": [1, 2]}  # fmt: skip
    assert list(value_changes(before, after)) == [
        ("a", 1, 2),
        ("blocks.0.p.n", 1, 2),
        ("blocks.1", None, {"id": "y"}),
        ("list", [1], [1, 2]),
    ]


def test_a_part_still_knows_its_whole(database: Database, blobs: BlobStore, project: int) -> None:
    with database.write() as session:
        numbers = session.scalars(
            select(SampleRow.id).where(SampleRow.project_id == project).order_by(SampleRow.id)
        ).all()
        part = update(SampleRow).where(SampleRow.id == numbers[0])
        session.execute(part.values(parent_id=numbers[1]))
    kept = state_of(database, blobs, project)
    with database.write() as session:
        session.execute(delete(SampleRow).where(SampleRow.id.in_(numbers[:2])))
    put_back(database, blobs, project, kept)
    assert state_of(database, blobs, project).dump() == kept.dump()
