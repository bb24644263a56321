"""A project folder goes into a database and comes back byte by byte."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tinsmith.impulse.contents import read_project, write_project
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.store.blobs import BlobStore, open_blobs
from tinsmith.store.database import Database
from tinsmith.store.project_files import read_files, store_files, stream_zip
from tinsmith.store.project_folder import read_folder
from tinsmith.store.project_restore import restore
from tinsmith.store.project_state import parse_state, read_state
from tinsmith.store.tables import Project


def files(root: Path) -> dict[str, bytes]:
    """Every file below a folder by its path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def imported(database: Database, blobs: BlobStore, folder: Path) -> int:
    state = read_folder(folder, blobs)
    with database.write() as session:
        project = Project(name="new")
        session.add(project)
        session.flush()
        restore(session, project.id, state, blobs)
        return project.id


def exported(database: Database, blobs: BlobStore, project_id: int, place: Path) -> Path:
    with database.read() as session:
        state = read_state(session, project_id, blobs)
    packed = b"".join(stream_zip(blobs, read_files(blobs, store_files(state, blobs))))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(place)
    return place


def test_a_folder_comes_back_byte_by_byte(
    database: Database, blobs: BlobStore, folder: Path, tmp_path: Path
) -> None:
    # What the library itself writes is the measure: it normalises what people wrote by hand.
    write_project(read_project(folder), tmp_path / "normal")
    number = imported(database, blobs, folder)
    first = exported(database, blobs, number, tmp_path / "first")
    assert files(first) == files(tmp_path / "normal")
    again = imported(database, blobs, first)
    second = exported(database, blobs, again, tmp_path / "second")
    assert files(second) == files(first)


@pytest.mark.slow
def test_a_trained_network_and_its_results_come_back(
    database: Database,
    blobs: BlobStore,
    make_folder: Callable[[FittedImpulse, Path], Path],
    network: FittedImpulse,
    tmp_path: Path,
) -> None:
    folder = make_folder(network, tmp_path / "p")
    first = exported(database, blobs, imported(database, blobs, folder), tmp_path / "first")
    write_project(read_project(folder), tmp_path / "normal")
    assert files(first) == files(tmp_path / "normal")
    assert (first / "model" / "int8.tflite").stat().st_size > 1000
    assert read_project(first).impulses[""].fitted.key == network.key  # type: ignore[union-attr]


def test_the_zip_depends_on_nothing_but_the_project(
    database: Database, blobs: BlobStore, folder: Path, tmp_path: Path
) -> None:
    packed = []
    for place in ("one", "two"):
        other = open_blobs(str(tmp_path / place))
        number = imported(database, other, folder)
        with database.read() as session:
            state = read_state(session, number, other)
        packed.append(b"".join(stream_zip(other, read_files(other, store_files(state, other)))))
    assert packed[0] == packed[1]


def test_a_state_is_the_same_after_writing_and_reading_its_head(
    database: Database, blobs: BlobStore, folder: Path
) -> None:
    number = imported(database, blobs, folder)
    with database.read() as session:
        state = read_state(session, number, blobs)
    assert parse_state(state.dump()).dump() == state.dump()
    assert state.samples.count == 8
