"""Backups: the rows of all tables and every blob in one zip file, from a server that may run.

    tinsmith.json          what it is: format, revision of the tables, number of rows of each
    tables/<name>.jsonl    one row a line
    blobs/<hash>           content as it was stored

Rows are read in one transaction and therefore belong together; blobs never change and are stored
before the rows that name them, so those copied afterwards are complete. The file says nothing of
the kind of database: what was saved from SQLite can be restored into PostgreSQL and the other way
round.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Table, column, func, insert, select, table, text

from tinsmith.core.errors import DatasetError, InputError
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.store.blobs import BlobStore
from tinsmith.store.blobs.blob import HASH
from tinsmith.store.database import Database, migrate, revision
from tinsmith.store.tables import Base
from tinsmith.store.tables.base import UtcTime

FORMAT = 1
_ABOUT = "tinsmith.json"
_BATCH = 500
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Saved:
    """What a backup holds.

    Args:
        revision: Revision of the tables.
        rows: Number of rows of all tables.
        blobs: Number of blobs.
    """

    revision: str
    rows: int
    blobs: int


def save(database: Database, blobs: BlobStore, path: Path, progress: Progress = silent) -> Saved:
    """Writes a backup; the file appears under its name only when it is whole.

    Raises:
        InputError: The file is there already, or the database is empty or not up to date.
    """
    if path.exists():
        raise InputError("the file is there already", path=path, hint="choose another name")
    current = revision(database)
    if current != newest(database):
        raise InputError(
            f"the tables have the revision {current}; this Tinsmith has {newest(database)}",
            hint="start the server once, which brings them up to date",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".partial")
    # It holds hashes of passwords and keys of devices: nobody else may read it.
    handle = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
            counts = _save_rows(database, archive, progress)
            stored = _save_blobs(blobs, archive, progress)
            about = {"format": FORMAT, "revision": current, "rows": counts, "blobs": stored}
            archive.writestr(_ABOUT, json.dumps(about, indent=1), zipfile.ZIP_DEFLATED)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Saved(str(current), sum(counts.values()), stored)


def restore(path: Path, database: Database, blobs: BlobStore, progress: Progress = silent) -> Saved:
    """Fills an empty database and a store of blobs from a backup.

    Rows go in as one: after an error the database has none. Sessions are left out, so everybody
    signs in anew.

    Raises:
        InputError: The database is not empty, or the file cannot be read.
        DatasetError: The file is no backup, damaged, or of a newer Tinsmith.
    """
    if revision(database) is not None:
        raise InputError(
            "the database is not empty", hint="restore into a new folder or an empty database"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            about = _about(archive, path)
            known = _check_revision(database, str(about["revision"]), path)
            stored = _restore_blobs(archive, blobs, progress)
            migrate(database, to=known)
            with database.engine.execution_options(tinsmith_write=True).begin() as connection:
                rows = _restore_rows(connection, archive, about["rows"], progress)
            migrate(database)
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        raise InputError(f"the backup cannot be read: {error}", path=path) from error
    except (ValueError, KeyError, TypeError, EOFError) as error:
        raise DatasetError(f"the backup is damaged: {error}", path=path) from error
    return Saved(known, rows, stored)


def newest(database: Database) -> str:
    """The revision of the tables that this Tinsmith has."""
    from alembic.script import ScriptDirectory

    from tinsmith.store.database import alembic_config

    return str(ScriptDirectory.from_config(alembic_config(database)).get_current_head())


# A session is worth nothing elsewhere, and the rest is of the moment.
_LEFT_OUT = frozenset({"sessions", "login_links", "login_failures"})


def _tables() -> list[Table]:
    return [item for item in Base.metadata.sorted_tables if item.name not in _LEFT_OUT]


def _save_rows(database: Database, archive: zipfile.ZipFile, progress: Progress) -> dict[str, int]:
    counts: dict[str, int] = {}
    tables = _tables()
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            # One state for all tables; on SQLite a transaction has that anyway.
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            for done, item in enumerate(tables, start=1):
                counts[item.name] = _save_table(connection, item, archive)
                progress(Step("saving tables", done, len(tables), item.name))
    return counts


def _save_table(connection: Connection, item: Table, archive: zipfile.ZipFile) -> int:
    count = 0
    statement = select(item).order_by(*item.primary_key.columns)
    rows = connection.execution_options(yield_per=_BATCH).execute(statement)
    entry = zipfile.ZipInfo(f"tables/{item.name}.jsonl")
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as file:
        for row in rows.mappings():
            values = {name: _plain(value) for name, value in row.items()}
            file.write(json.dumps(values, separators=(",", ":")).encode() + b"\n")
            count += 1
    return count


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _save_blobs(blobs: BlobStore, archive: zipfile.ZipFile, progress: Progress) -> int:
    count = 0
    for name in blobs.hashes():
        with archive.open(f"blobs/{name}", "w", force_zip64=True) as file:
            for chunk in blobs.stream(name):
                file.write(chunk)
        count += 1
        progress(Step("saving content", count, 0, name[:8]))
    return count


def _about(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    if _ABOUT not in archive.namelist():
        raise DatasetError("the file is no backup of Tinsmith", path=path)
    found = json.loads(archive.read(_ABOUT))
    if not isinstance(found, dict) or found["format"] != FORMAT:
        raise DatasetError(
            "the backup has a form this Tinsmith does not know",
            path=path,
            hint="use the Tinsmith that wrote it, or a newer one",
        )
    return found


def _check_revision(database: Database, wanted: str, path: Path) -> str:
    from alembic.script import ScriptDirectory

    from tinsmith.store.database import alembic_config

    script = ScriptDirectory.from_config(alembic_config(database))
    if wanted not in {item.revision for item in script.walk_revisions()}:
        raise DatasetError(
            f"the backup has the revision {wanted[:20]!r}, which this Tinsmith does not know",
            path=path,
            hint="use the Tinsmith that wrote it, or a newer one",
        )
    return wanted


def _restore_blobs(archive: zipfile.ZipFile, blobs: BlobStore, progress: Progress) -> int:
    count = 0
    names = [name for name in archive.namelist() if name.startswith("blobs/")]
    for name in names:
        wanted = name.removeprefix("blobs/")
        if not HASH.fullmatch(wanted):
            raise ValueError(f"{name[:100]!r} is not the name of a blob")
        with archive.open(name) as file:
            stored = blobs.put_stream(iter(partial(file.read, _CHUNK), b""))
        if stored.hash != wanted:
            blobs.delete(stored.hash)
            raise ValueError(f"the content of {wanted} is not what was saved")
        count += 1
        progress(Step("restoring content", count, len(names), wanted[:8]))
    return count


def _restore_rows(
    connection: Connection,
    archive: zipfile.ZipFile,
    counts: Mapping[str, int],
    progress: Progress,
) -> int:
    total = 0
    tables = _tables()
    for done, item in enumerate(tables, start=1):
        if item.name in counts:
            with archive.open(f"tables/{item.name}.jsonl") as file:
                found = _restore_table(connection, item, file)
            if found != counts[item.name]:
                raise ValueError(f"{item.name} has {found} rows of {counts[item.name]}")
            total += found
        progress(Step("restoring tables", done, len(tables), item.name))
    return total


def _restore_table(connection: Connection, item: Table, file: Any) -> int:
    count = 0
    # A table of an older revision has other columns: those the file names are filled.
    connection.execute(item.delete())
    for batch in _batches(file):
        columns = [column(name, item.c[name].type if name in item.c else None) for name in batch[0]]
        rows = [{name: _typed(item, name, value) for name, value in row.items()} for row in batch]
        connection.execute(insert(table(item.name, *columns)), rows)
        count += len(batch)
    if connection.dialect.name == "postgresql" and "id" in item.c and count:
        _count_on(connection, item)
    return count


def _batches(file: BinaryIO) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for line in file:
        batch.append(json.loads(line))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _typed(item: Table, name: str, value: Any) -> Any:
    is_time = name in item.c and isinstance(item.c[name].type, UtcTime)
    return datetime.fromisoformat(value) if is_time and value is not None else value


def _count_on(connection: Connection, item: Table) -> None:
    """Has new rows numbered after those that were restored."""
    if item.c.id.type.python_type is not int:
        return
    sequence = connection.scalar(select(func.pg_get_serial_sequence(item.name, "id")))
    if sequence is not None:
        last = connection.scalar(select(func.max(item.c.id)))
        connection.execute(
            text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": sequence, "last": last}
        )
