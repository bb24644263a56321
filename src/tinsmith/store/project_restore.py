"""Making a project what a state says: a new one filled, or one that is there put back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, inspect, select, update
from sqlalchemy.orm import Session

from tinsmith.store.blobs import BlobStore
from tinsmith.store.devices import device_number
from tinsmith.store.project_changes import SampleChange, sample_changes
from tinsmith.store.project_state import (
    RESULT_KIND,
    Document,
    ProjectState,
    read_lines,
    sample_of,
)
from tinsmith.store.samples import (
    BATCH,
    NewSample,
    add_samples,
    move_to_trash,
    restore_from_trash,
    set_columns,
    touch_data,
    update_samples,
)
from tinsmith.store.tables import (
    Artifact,
    Base,
    ImpulseRow,
    Model,
    ProfileRow,
    Project,
    SampleRow,
    TestResult,
    now,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Restored:
    """How many samples were changed to make a project what a state says."""

    added: int
    changed: int
    removed: int


def restore(
    session: Session,
    project_id: int,
    state: ProjectState,
    blobs: BlobStore,
    present: Iterator[bytes] | None = None,
) -> Restored:
    """Makes a project what a state says, in the caller's transaction.

    Samples that the state does not know go to the trash, as do impulses. Models stay.

    Args:
        session: A session that writes.
        project_id: The project.
        state: What it becomes.
        blobs: Where the state's lines of samples are.
        present: The lines of the project's samples now, if it is the one the state was read from;
            None for a new project, which must be empty.
    """
    touch_data(session, project_id)
    project = session.get_one(Project, project_id, with_for_update=True, populate_existing=True)
    for name, value in state.project.items():
        setattr(project, name, value)
    project.revision += 1
    devices = _devices(session, project_id, state)
    changes = sample_changes(present or iter(()), read_lines(blobs, state.samples.hash))
    restored = _Samples(session, project_id, devices).apply(changes)
    session.flush()
    session.refresh(project)
    _Impulses(session, project, is_same=present is not None).apply(state)
    return restored


def _devices(session: Session, project_id: int, state: ProjectState) -> dict[str, int]:
    """Numbers of the state's devices, made where they are absent."""
    return {
        row["identifier"]: device_number(
            session, project_id, row["identifier"],
            {name: row[name] for name in ("name", "type", "sensors", "facts")},
        )
        for row in state.devices
    }  # fmt: skip


class _Samples:
    """Changes the samples of a project."""

    def __init__(self, session: Session, project_id: int, devices: Mapping[str, int]) -> None:
        self.session = session
        self.project_id = project_id
        self.devices = devices

    def apply(self, changes: Iterable[SampleChange]) -> Restored:
        """Makes all changes, some at a time."""
        added = changed = removed = 0
        parents: dict[str, str] = {}
        for batch in batches(changes, BATCH):
            wanted = {item.key: item.after for item in batch if item.after is not None}
            gone = [item.key for item in batch if item.after is None]
            numbers = self._numbers([item.key for item in batch])
            removed += self._each(move_to_trash, [numbers[key] for key in gone if key in numbers])
            there = {key: numbers[key] for key in wanted if key in numbers}
            self._each(restore_from_trash, list(there.values()))
            new = {key: wanted[key] for key in wanted if key not in numbers}
            update_samples(
                self.session,
                self.project_id,
                {number: sample_of(wanted[key]) for key, number in there.items()},
            )
            self._add(new)
            parents |= {key: item["parent"] for key, item in new.items() if item["parent"]}
            added, changed = added + len(new), changed + len(there)
        self._set_parents(parents)
        return Restored(added, changed, removed)

    def _each(self, change: Callable[[Session, int, list[int]], int], numbers: list[int]) -> int:
        return change(self.session, self.project_id, numbers) if numbers else 0

    def _numbers(self, keys: list[str]) -> dict[str, int]:
        rows = self.session.execute(
            select(SampleRow.key, SampleRow.id).where(
                SampleRow.project_id == self.project_id, SampleRow.key.in_(keys)
            )
        )
        return {row.key: row.id for row in rows}

    def _add(self, new: Mapping[str, Document]) -> None:
        items = [
            NewSample(
                sample_of(item),
                item["signature"],
                device_id=self.devices.get(item["device"] or ""),
                created_by=item["created_by"],
                created_at=datetime.fromisoformat(made) if (made := item["created_at"]) else None,
            )
            for item in new.values()
        ]
        add_samples(self.session, self.project_id, items)

    def _set_parents(self, parents: Mapping[str, str]) -> None:
        for batch in batches(parents.items(), BATCH):
            numbers = self._numbers([key for pair in batch for key in pair])
            rows = [
                {"id": numbers[key], "parent_id": numbers[parent]}
                for key, parent in batch
                if parent in numbers
            ]
            if rows:
                set_columns(self.session, rows)


class _Impulses:
    """Changes the designs of a project and what was made from them."""

    def __init__(self, session: Session, project: Project, *, is_same: bool) -> None:
        self.session = session
        self.project = project
        self.is_same = is_same
        self.impulses: dict[int, ImpulseRow] = {}
        self.models: dict[int, Model] = {}

    def apply(self, state: ProjectState) -> None:
        """Makes the designs, models and results those of a state."""
        for document in state.impulses:
            self._impulse(document)
        for document in state.models:
            self._model(document)
        for document in state.impulses:
            row = self.impulses[document["id"]]
            model = self.models.get(document["model_id"] or 0)
            row.model_id = model.id if model else None
        self._remove_others()
        for document in state.tests:
            self._measured(TestResult, document, ("model_id", "variant"))
        for document in state.profiles:
            self._measured(ProfileRow, document, ("model_id", "target", "variant"))
        self._results(state)
        self.session.flush()

    def _impulse(self, document: Document) -> None:
        row = self._own(ImpulseRow, document["id"]) or ImpulseRow(project_id=self.project.id)
        _fill(row, document, without={"id", "model_id"})
        row.deleted_at = None
        row.revision = (row.revision or 0) + 1
        self.session.add(row)
        self.session.flush()
        self.impulses[document["id"]] = row

    def _remove_others(self) -> None:
        kept = [row.id for row in self.impulses.values()]
        self.session.execute(
            update(ImpulseRow)
            .where(
                ImpulseRow.project_id == self.project.id,
                ImpulseRow.id.not_in(kept),
                ImpulseRow.deleted_at.is_(None),
            )
            .values(deleted_at=now(), is_default=False, revision=ImpulseRow.revision + 1)
        )

    def _model(self, document: Document) -> None:
        impulse = self.impulses[document["impulse_id"]]
        row = self._own(Model, document["id"])
        if row is None or row.impulse_id != impulse.id or row.files != document["files"]:
            row = Model(project_id=self.project.id, impulse_id=impulse.id)
            _fill(row, document, without={"id", "impulse_id"})
        row.data_revision = self._revision(document)
        self.session.add(row)
        self.session.flush()
        self.models[document["id"]] = row

    def _measured(
        self,
        table: type[TestResult] | type[ProfileRow],
        document: Document,
        key: tuple[str, ...],
    ) -> None:
        """Adds a result unless it is the last of its kind already."""
        model = self.models[document["model_id"]]
        document = {**document, "model_id": model.id}
        last = self.session.scalar(
            select(table)
            .where(*(getattr(table, name) == document[name] for name in key))
            .order_by(table.id.desc())
            .limit(1)
        )
        content = "windows_hash" if table is TestResult else "document"
        if last is None or getattr(last, content) != document[content]:
            last = table(project_id=self.project.id)
            _fill(last, document, without={"id"})
            self.session.add(last)
        if isinstance(last, TestResult):
            last.data_revision = self._revision(document)

    def _results(self, state: ProjectState) -> None:
        self.session.execute(
            delete(Artifact).where(
                Artifact.project_id == self.project.id, Artifact.kind == RESULT_KIND
            )
        )
        for document in state.results:
            name = document["document"]["name"]
            impulse = self.impulses[document["document"]["impulse_id"]]
            row = Artifact(project_id=self.project.id)
            _fill(row, document, without={"id"})
            row.kind, row.key = RESULT_KIND, f"{impulse.id}/{name}"[:200]
            row.document = {"impulse_id": impulse.id, "name": name}
            self.session.add(row)

    def _revision(self, document: Document) -> int:
        """The number of the data that something was made from: the present one, or an old one."""
        return self.project.data_revision if document["is_current"] else 0

    def _own(self, table: type[T], number: int) -> T | None:
        """A row of this project; the numbers of a state of elsewhere mean others."""
        row: Any = self.session.get(table, number) if self.is_same else None
        return row if row is not None and row.project_id == self.project.id else None


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _fill(row: Base, document: Document, without: set[str]) -> None:
    """Sets the columns that this Tinsmith knows."""
    for attribute in inspect(type(row)).column_attrs:
        if attribute.key in document and attribute.key not in without:
            setattr(row, attribute.key, document[attribute.key])
