"""A backup holds everything, is whole or absent, and fills an empty database only."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tinsmith.core.errors import DatasetError, InputError, TinsmithError
from tinsmith.store.backup import restore, save
from tinsmith.store.blobs import BlobStore, open_blobs
from tinsmith.store.database import Database, migrate, open_database
from tinsmith.store.tables import Base, LoginSession, Project, User, now


@pytest.fixture
def original(tmp_path: Path) -> Iterator[tuple[Database, BlobStore]]:
    """A database with a few rows, and two blobs."""
    database, blobs = opened(tmp_path / "original")
    migrate(database)
    for data in (b"one", b"two" * 1_000_000):
        blobs.put(data)
    with database.write() as session:
        session.add(User(id=7, email="ada@example.org", name="Ada ü", password_hash="$argon2id$x"))
        session.flush()
        session.add(Project(id=3, name="Hers", settings={"deep": [1, {"x": None}]}))
        session.add(LoginSession(user_id=7, secret_hash="a" * 64, expires_at=now()))
    yield database, blobs
    database.close()


def opened(folder: Path) -> tuple[Database, BlobStore]:
    database = open_database(f"sqlite:///{folder / 'tinsmith.sqlite'}")
    return database, open_blobs(str(folder / "blobs"), folder / "cache")


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table))]
            for table in Base.metadata.sorted_tables
            if table.name != "sessions"
        }


def test_what_was_saved_comes_back(original: tuple[Database, BlobStore], tmp_path: Path) -> None:
    saved = save(*original, tmp_path / "backup.zip")
    assert (saved.rows, saved.blobs) == (2, 2)
    assert (tmp_path / "backup.zip").stat().st_mode & 0o077 == 0
    database, blobs = opened(tmp_path / "copy")
    assert restore(tmp_path / "backup.zip", database, blobs) == saved
    assert rows(database) == rows(original[0])
    assert sorted(blobs.hashes()) == sorted(original[1].hashes())
    with database.write() as session:
        # Sessions are worth nothing elsewhere; new rows are numbered after the old ones.
        assert session.scalar(select(LoginSession)) is None
        session.add(user := User(email="bob@example.org", name="Bob"))
        session.flush()
        assert user.id == 8
    database.close()


def test_rows_are_of_one_moment_while_others_write(
    original: tuple[Database, BlobStore], tmp_path: Path
) -> None:
    database, blobs = original

    def write_meanwhile(_step: object) -> None:
        with database.write() as session:
            number = len(session.scalars(select(Project.id)).all())
            session.add(Project(name=f"later {number}"))

    saved = save(database, blobs, tmp_path / "backup.zip", write_meanwhile)
    assert saved.rows == 2


def test_a_database_that_is_not_empty_is_left_alone(
    original: tuple[Database, BlobStore], tmp_path: Path
) -> None:
    save(*original, tmp_path / "backup.zip")
    before = rows(original[0])
    with pytest.raises(InputError, match="not empty"):
        restore(tmp_path / "backup.zip", *original)
    assert rows(original[0]) == before


def test_a_backup_never_replaces_a_file(
    original: tuple[Database, BlobStore], tmp_path: Path
) -> None:
    (tmp_path / "backup.zip").write_text("precious")
    with pytest.raises(InputError, match="there already"):
        save(*original, tmp_path / "backup.zip")
    assert (tmp_path / "backup.zip").read_text() == "precious"


@pytest.mark.parametrize(
    "damage", ["cut", "no zip", "other zip", "revision", "row", "blob", "name"]
)
def test_a_damaged_backup_is_refused_and_leaves_no_rows(
    original: tuple[Database, BlobStore], tmp_path: Path, damage: str
) -> None:
    save(*original, tmp_path / "good.zip")
    bad = tmp_path / "bad.zip"
    bad.write_bytes((tmp_path / "good.zip").read_bytes()[: 500 if damage == "cut" else None])
    if damage == "no zip":
        bad.write_text("hello")
    elif damage != "cut":
        rewrite(tmp_path / "good.zip", bad, damage)
    database, blobs = opened(tmp_path / "copy")
    with pytest.raises(TinsmithError) as caught:
        restore(bad, database, blobs)
    assert isinstance(caught.value, InputError | DatasetError)
    if damage == "row":
        assert all(not found for found in rows(database).values())
    database.close()


def rewrite(good: Path, bad: Path, damage: str) -> None:
    """A copy of a backup with one thing wrong."""
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "tinsmith.json":
                if damage == "other zip":
                    continue
                about = json.loads(data)
                about["revision"] = "9999" if damage == "revision" else about["revision"]
                data = json.dumps(about).encode()
            if damage == "row" and name == "tables/users.jsonl":
                data = data[:-20]
            if damage == "blob" and name.startswith("blobs/"):
                data += b"!"
            if damage == "name" and name.startswith("blobs/"):
                name = f"blobs/../../{name[6:10]}"
            new.writestr(name, data)
