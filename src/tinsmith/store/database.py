"""Opening the database: SQLite in one file, or PostgreSQL by URL; sessions and migrations."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from tinsmith.core.errors import EnvironmentError_, InputError
from tinsmith.store.inserts import json_text

# How long a writer waits for another one before it gives up.
_BUSY_S = 30
_BACKUPS_KEPT = 5


class _Changes:
    """A count that several threads may raise."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def increase(self) -> None:
        with self._lock:
            self.count += 1


@dataclass(frozen=True)
class Database:
    """An open database.

    Args:
        url: Where it is, as SQLAlchemy writes it.
        engine: Its pool of connections.
    """

    url: str
    engine: Engine
    _changes: _Changes = field(default_factory=_Changes, repr=False, compare=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is one file on this machine."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; it sees one state of the database throughout."""
        with self._readers() as session:
            yield session

    @contextmanager
    def write(self, *, only_samples: bool = False) -> Iterator[Session]:
        """A session whose changes are stored together at its end, or not at all on an error.

        Args:
            only_samples: Whether nothing but samples changes, so that what is remembered of people
                and keys stays true.
        """
        try:
            with self._writers() as session, session.begin():
                yield session
        finally:
            if not only_samples:
                self._changes.increase()

    @property
    def changes(self) -> int:
        """Rises after every write through this object, those of samples only left out."""
        return self._changes.count

    def close(self) -> None:
        """Closes all connections; those that a thread still uses, once it gives them back."""
        event.listen(self.engine.pool, "checkin", _close_entry)
        self.engine.dispose()

    @cached_property
    def _readers(self) -> sessionmaker[Session]:
        return sessionmaker(self.engine, expire_on_commit=False)

    @cached_property
    def _writers(self) -> sessionmaker[Session]:
        # A writer on SQLite takes the lock when it begins: a reader that becomes a writer later
        # could only fail if another one was faster.
        engine = self.engine.execution_options(tinsmith_write=True)
        return sessionmaker(engine, expire_on_commit=False)


def _close_entry(_connection: Any, entry: ConnectionPoolEntry) -> None:
    entry.close()


def open_database(url: str) -> Database:
    """Opens a database by URL; `sqlite:///FILE` is made when absent.

    Raises:
        InputError: The URL is not understood.
        EnvironmentError_: The database cannot be reached.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InputError(
            f"the database URL {url!r} is not understood",
            hint="expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
        ) from error
    name = parsed.get_backend_name()
    if name == "sqlite":
        engine = _sqlite(parsed.database)
    elif name == "postgresql":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=20,
            pool_pre_ping=True,
            json_serializer=json_text,
        )
        event.listen(engine, "connect", _prepare_postgresql)
    else:
        raise InputError(
            f"the database {name!r} is not supported", hint="use SQLite or PostgreSQL 15 or newer"
        )
    try:
        with engine.connect():
            pass
    except OperationalError as error:
        raise EnvironmentError_(
            f"the database cannot be opened: {error.orig}",
            hint="check that it runs and that user, password and name are right",
        ) from error
    return Database(parsed.render_as_string(hide_password=False), engine)


def migrate(database: Database, backups: Path | None = None, *, to: str = "head") -> str | None:
    """Brings the tables up to date.

    Args:
        database: The database.
        backups: Folder for a copy of a SQLite file, taken before anything is changed.
        to: The revision to stop at.

    Returns:
        The revision it had before, if it was older and had any.

    Raises:
        EnvironmentError_: The database was made by a newer Tinsmith.
    """
    from alembic import command
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    config = alembic_config(database)
    newest = ScriptDirectory.from_config(config).get_current_head()
    current = revision(database)
    if current == newest:
        return None
    if current and backups and database.is_sqlite:
        back_up(database, backups / f"before-{newest}-{_stamp()}.sqlite")
        _prune(backups)
    try:
        with database.engine.execution_options(tinsmith_write=True).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    except CommandError as error:
        raise EnvironmentError_(
            f"the database has the revision {current}, which this Tinsmith does not know",
            hint="use the Tinsmith it was last used with, or a newer one",
        ) from error
    return current


def revision(database: Database) -> str | None:
    """The revision of the tables; None in a new database."""
    from alembic.migration import MigrationContext

    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return MigrationContext.configure(connection).get_current_revision()


def alembic_config(database: Database) -> Any:
    """Alembic's configuration for a database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = database.url
    return config


def back_up(database: Database, path: Path) -> Path:
    """Copies a SQLite database to `path` while it may be in use.

    Raises:
        InputError: It is no SQLite database.
    """
    source = make_url(database.url).database
    if not database.is_sqlite or not source:
        raise InputError("only SQLite databases are copied as files", hint="use pg_dump")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(partial)) as new:
        old.backup(new)
    partial.replace(path)
    return path


def _prune(folder: Path) -> None:
    copies = sorted(folder.glob("before-*.sqlite"), key=lambda path: path.stat().st_mtime)
    for path in copies[:-_BACKUPS_KEPT]:
        path.unlink()


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S")


def _sqlite(file: str | None) -> Engine:
    if not file or file == ":memory:":
        raise InputError(
            "the database URL names no file", hint="expected sqlite:///FILE, such as a path"
        )
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    # autocommit=None leaves transactions to the events below.
    engine = create_engine(
        f"sqlite:///{file}",
        connect_args={"timeout": _BUSY_S, "check_same_thread": False},
        pool_size=40,
        max_overflow=40,
        # The connection used last knows the pages that it wrote; any other reads them anew.
        pool_use_lifo=True,
        json_serializer=json_text,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # Questions are many and short: to compile one, or to share it out, takes longer than it does.
    connection.execute("SET jit = off")
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.commit()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transactions begin too late; see `_begin_sqlite`.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "cache_size = -65536",
        "mmap_size = 1073741824",
        "temp_store = MEMORY",
        # Many small transactions change the same pages; they are moved to their place together.
        "wal_autocheckpoint = 4000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("tinsmith_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
