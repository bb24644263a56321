"""Opening a data folder and running a server on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from tinsmith.core.errors import EnvironmentError_, InputError
from tinsmith.jobs.dispatcher import Dispatcher
from tinsmith.jobs.engine import Engine, Place
from tinsmith.jobs.local import LocalEngine
from tinsmith.server.accounts.service import create_administrator, create_link
from tinsmith.server.context import Context
from tinsmith.server.settings import Settings
from tinsmith.store.blobs import open_blobs
from tinsmith.store.database import Database, migrate, open_database
from tinsmith.store.tables import Job, User


@dataclass(frozen=True)
class Opened:
    """A server that is ready to run.

    Args:
        context: Its parts.
        link: Secret of the link for the first administrator, when the installation is new.
        migrated_from: The revision of the tables before they were brought up to date.
    """

    context: Context
    link: str | None
    migrated_from: str | None


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """A data folder, made when absent, for as long as the server runs on it.

    Raises:
        EnvironmentError_: Another server uses the folder, or the database does not answer.
        InputError: A URL is not understood.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(settings.data):
        database = open_database(settings.database)
        old = migrate(database, settings.data / "backups")
        place = Place(database.url, settings.blobs, settings.data)
        context = Context(
            settings=settings,
            database=database,
            blobs=open_blobs(settings.blobs, settings.data / "cache" / "blobs"),
            dispatcher=Dispatcher(database, engine_of(settings), place, settings.job_slots),
        )
        yield Opened(context, first_link(database), old)


def engine_of(settings: Settings) -> Engine:
    """The engine that runs jobs.

    Raises:
        EnvironmentError_: The cluster does not answer.
        InputError: There is no such engine.
        MissingPackageError: A cluster is wanted and its package is not installed.
    """
    name = settings.engine
    if name == "local":
        return LocalEngine()
    if name == "ray" or name.startswith("ray://") or name.rpartition(":")[2].isdecimal():
        from tinsmith.jobs.ray_engine import RayEngine

        return RayEngine(None if name == "ray" else name)
    raise InputError(
        f"there is no engine {name!r}", hint="use local, ray, ray://HOST:PORT or HOST:PORT"
    )


def first_link(database: Database) -> str | None:
    """Makes the first administrator of a new installation; the secret of the link for them."""
    with database.write() as session:
        if session.scalar(select(func.count(User.id))):
            return None
        return create_link(session, create_administrator(session))


def interrupted_jobs(context: Context) -> int:
    """How many jobs this server ran that were cut off; asked for after it has stopped."""
    statement = select(func.count(Job.id)).where(
        Job.runner == context.dispatcher.runner, Job.state == "interrupted"
    )
    with context.database.read() as session:
        count = session.scalar(statement) or 0
    context.database.close()
    return count


@contextlib.contextmanager
def locked(data: Path) -> Iterator[None]:
    """Keeps a second server out of a data folder.

    Raises:
        EnvironmentError_: There is one already.
    """
    import fcntl

    handle = os.open(data / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise EnvironmentError_(
            "another server is using this data folder",
            path=data,
            hint="stop it first, or choose another folder with --data",
        ) from error
    try:
        yield
    finally:
        os.close(handle)
