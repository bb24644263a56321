"""The database opens, migrates, keeps readers and writers apart, and is backed up."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select

from tinsmith.core.errors import EnvironmentError_, InputError
from tinsmith.store.database import (
    Database,
    alembic_config,
    back_up,
    migrate,
    open_database,
    revision,
)
from tinsmith.store.tables import Base, Setting, User
from tinsmith.store.tables.base import is_declared


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'data' / 'tinsmith.sqlite'}")
    migrate(opened)
    yield opened
    opened.close()


def test_migrations_make_exactly_the_tables_of_the_classes(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_declared}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_form_one_chain(database: Database) -> None:
    script = ScriptDirectory.from_config(alembic_config(database))
    found = list(script.walk_revisions())
    assert len(script.get_heads()) == 1
    assert [item.revision for item in found] == sorted(
        (item.revision for item in found), reverse=True
    )


def test_a_new_database_is_brought_to_the_newest_revision(database: Database) -> None:
    newest = ScriptDirectory.from_config(alembic_config(database)).get_current_head()
    assert revision(database) == newest
    assert migrate(database) is None


def test_a_database_of_a_newer_tinsmith_is_left_alone(database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(EnvironmentError_, match="9999"):
        migrate(database)
    assert revision(database) == "9999"


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    def fail_halfway() -> None:
        with database.write() as session:
            session.add(Setting(name="half", value="written"))
            session.flush()
            raise InputError("halfway")

    with pytest.raises(InputError, match="halfway"):
        fail_halfway()
    with database.read() as session:
        assert session.get(Setting, "half") is None


def test_many_writers_wait_for_each_other(database: Database) -> None:
    def add(worker: int) -> None:
        for number in range(20):
            with database.write() as session:
                count = session.scalar(select(func.count(Setting.name)))
                session.add(Setting(name=f"{worker}-{number}", value=str(count)))

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        counts = sorted(int(value) for value in session.scalars(select(Setting.value)))
    # Every writer saw what all earlier ones had stored.
    assert counts == list(range(160))


def test_a_connection_that_outlives_its_database_is_closed_when_it_is_given_back(
    database: Database,
) -> None:
    with database.read() as session:
        connection = session.connection().connection.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        database.close()
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_times_come_back_in_utc(database: Database) -> None:
    with database.write() as session:
        session.add(User(email="a@example.org", name="A"))
    with database.read() as session:
        created = session.scalars(select(User)).one().created_at
    assert created.utcoffset() is not None
    assert created.tzinfo is not None


def test_a_backup_is_a_whole_database(database: Database, tmp_path: Path) -> None:
    with database.write() as session:
        session.add(Setting(name="kept", value="yes"))
    copy = back_up(database, tmp_path / "backups" / "copy.sqlite")
    assert [path.name for path in copy.parent.iterdir()] == ["copy.sqlite"]
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT value FROM settings").fetchall() == [("yes",)]


def test_an_older_database_is_backed_up_before_it_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with database.write() as session:
        connection = session.connection()
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0000')")
    with pytest.raises(EnvironmentError_, match="0000"):
        migrate(database, tmp_path / "backups")
    database.close()
    assert len(list((tmp_path / "backups").iterdir())) == 1


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "mysql://localhost/x", "://"])
def test_a_url_that_is_no_database_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        open_database(url)


def test_an_unreachable_database_is_reported() -> None:
    with pytest.raises(EnvironmentError_, match="cannot be opened"):
        open_database("postgresql://nobody:secret@localhost:1/none")


def test_foreign_keys_are_checked(database: Database) -> None:
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert "users" in inspect(connection).get_table_names()
