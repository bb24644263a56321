"""Contents that nothing needs are removed, and nothing else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tinsmith.core.errors import EnvironmentError_
from tinsmith.datasets.sample import Sample
from tinsmith.store.blobs import BlobMissingError, open_blobs
from tinsmith.store.blobs.folder import FolderBlobs
from tinsmith.store.database import Database
from tinsmith.store.garbage import Collected, collect
from tinsmith.store.project_files import EXPORT_KIND, store_files
from tinsmith.store.project_state import read_state
from tinsmith.store.samples import NewSample, add_samples, move_to_trash, remove_from_trash
from tinsmith.store.tables import (
    Artifact,
    Deployment,
    ImpulseRow,
    Job,
    Model,
    Project,
    SampleRow,
    Version,
    now,
)
from tinsmith.store.versions import add_version


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    found = open_blobs(str(tmp_path / "blobs"))
    assert isinstance(found, FolderBlobs)
    return found


@pytest.fixture
def project(database: Database) -> int:
    with database.write() as session:
        row = Project(name="Pumps")
        session.add(row)
        session.flush()
        return row.id


def age(blobs: FolderBlobs) -> None:
    """Makes all contents two days old."""
    for content_hash in blobs.hashes():
        os.utime(blobs.path(content_hash), (now().timestamp() - 2 * 86400,) * 2)


def stored(blobs: FolderBlobs, model: Sample, content: bytes, key: str = "") -> NewSample:
    blob = blobs.put(content)
    sample = model.with_(id=key or blob.hash[:16], content_hash=blob.hash, format="csv")
    return NewSample(sample)


@pytest.fixture
def model(motion_samples: Callable[..., tuple[Sample, ...]]) -> Sample:
    return motion_samples(1)[0]


def test_what_any_row_mentions_is_kept(
    database: Database, blobs: FolderBlobs, project: int, model: Sample
) -> None:
    with database.write() as session:
        numbers = add_samples(
            session, project, [stored(blobs, model, b"one"), stored(blobs, model, b"two")]
        )
        move_to_trash(session, project, numbers[1:])
        impulse = ImpulseRow(project_id=project, name="a", design={})
        session.add(impulse)
        session.flush()
        file = blobs.put(b"model").hash
        session.add(
            Model(project_id=project, impulse_id=impulse.id, design={}, data_revision=0,
                  files={"int8.tflite": file})
        )  # fmt: skip
        session.add(
            Deployment(project_id=project, number=1, form="", target="", variant="", memory="",
                       file_name="", blob_hash=blobs.put(b"zip").hash, size_bytes=3, report={})
        )  # fmt: skip
        session.add(
            Job(project_id=project, kind="import_project",
                arguments={"archive": blobs.put(b"archive").hash})
        )  # fmt: skip
    garbage = blobs.put(b"garbage").hash
    age(blobs)
    fresh = blobs.put(b"fresh").hash
    assert collect(database, blobs) == Collected(kept=6, removed=1, removed_bytes=7)
    assert not blobs.exists(garbage)
    assert blobs.exists(fresh)
    age(blobs)
    assert collect(database, blobs).removed == 1, "nobody came to need it"


def test_a_version_and_an_export_keep_what_the_project_has_lost(
    database: Database, blobs: FolderBlobs, project: int, model: Sample
) -> None:
    with database.write() as session:
        numbers = add_samples(session, project, [stored(blobs, model, b"one")])
    content = model_hash(database)
    with database.read() as session:
        state = read_state(session, project, blobs)
    with database.write() as session:
        version = add_version(session, project, state, blobs, description="", created_by=None)
    listed = store_files(state, blobs)
    with database.write() as session:
        session.add(Artifact(project_id=project, kind=EXPORT_KIND, key="", blob_hash=listed))
        move_to_trash(session, project, numbers)
        remove_from_trash(session, project)
    age(blobs)
    assert collect(database, blobs).removed == 0
    with database.write() as session:
        row = session.get_one(Version, version.id)
        row.deleted_at, row.manifest_hash = now(), ""
    # The head and the lines of the version go; the export still names the content.
    assert collect(database, blobs).removed == 2
    assert blobs.exists(content)
    with database.write() as session:
        old = session.scalars(select(Artifact)).one()
        old.created_at = now() - timedelta(days=8)
    collect(database, blobs)
    assert list(blobs.hashes()) == []


def model_hash(database: Database) -> str:
    with database.read() as session:
        found: str = session.scalars(select(SampleRow.content_hash)).one()
        return found


def test_nothing_is_removed_when_a_list_is_missing_or_being_made(
    database: Database, blobs: FolderBlobs, project: int
) -> None:
    blobs.put(b"garbage")
    age(blobs)
    with database.write() as session:
        job = Job(project_id=project, kind="version", state="running")
        session.add(job)
    with pytest.raises(EnvironmentError_, match="is reading a whole project"):
        collect(database, blobs)
    with database.write() as session:
        session.get_one(Job, job.id).state = "failed"
        session.add(Version(project_id=project, number=1, manifest_hash="a" * 64))
    with pytest.raises(BlobMissingError):
        collect(database, blobs)
    assert len(list(blobs.hashes())) == 1


class Noticing(FolderBlobs):
    """Tells when the first content was removed."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.is_first_gone = threading.Event()

    def delete_unused(self, hash: str, before: datetime) -> bool:  # noqa: A002 - its name there
        is_gone = super().delete_unused(hash, before)
        if is_gone:
            self.is_first_gone.set()
        return is_gone


def test_uploads_of_old_unused_content_survive_collecting_at_the_same_time(
    database: Database, blobs: FolderBlobs, project: int, model: Sample
) -> None:
    swept = Noticing(blobs.root)
    contents = [f"content {number}".encode() for number in range(200)]
    for content in contents:
        blobs.put(content)
    age(blobs)
    done = threading.Event()

    def sweep() -> None:
        while not done.is_set():
            collect(database, swept)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    assert swept.is_first_gone.wait(30), "some are removed before their upload comes"
    for start in range(0, len(contents), 5):
        items = [stored(blobs, model, content) for content in contents[start : start + 5]]
        with database.write() as session:
            add_samples(session, project, items)
    done.set()
    sweeper.join()
    with database.read() as session:
        rows = session.scalars(select(SampleRow.content_hash)).all()
    assert len(rows) == len(contents)
    assert all(blobs.exists(content_hash) for content_hash in rows)
