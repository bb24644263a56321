"""`tinsmith backup` and `tinsmith restore`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from tinsmith.cli.output import note, progress_bars
from tinsmith.cli.up import BLOBS, DATA, DATABASE, FOLDER
from tinsmith.core.errors import InputError

_FILE = typer.Argument(help="The backup: one zip file.", metavar="FILE")


def backup(
    file: Annotated[Path, _FILE],
    data: Annotated[Path, DATA] = FOLDER,
    database_url: Annotated[str, DATABASE] = "",
    blob_url: Annotated[str, BLOBS] = "",
) -> None:
    """Save everything of a server in one file, also while it runs.

    The file holds all rows as of one moment and all content: accounts, projects, recordings,
    models, deployments. It fits SQLite and PostgreSQL alike. Whoever has it can read the
    recordings and the keys of devices, so keep it safe.
    """
    from tinsmith.server.local import require_data
    from tinsmith.server.settings import Settings
    from tinsmith.store.backup import save
    from tinsmith.store.blobs import open_blobs
    from tinsmith.store.database import open_database

    settings = Settings(data.resolve(), database_url=database_url, blob_url=blob_url)
    require_data(settings)
    database = open_database(settings.database)
    try:
        blobs = open_blobs(settings.blobs, settings.data / "cache" / "blobs")
        with progress_bars(quiet=False) as progress:
            saved = save(database, blobs, file, progress)
    finally:
        database.close()
    note(f"{file} holds {saved.rows} rows and {saved.blobs} pieces of content.")


def restore(
    file: Annotated[Path, _FILE],
    data: Annotated[Path, DATA] = FOLDER,
    database_url: Annotated[str, DATABASE] = "",
    blob_url: Annotated[str, BLOBS] = "",
) -> None:
    """Make a server's data from a backup, in a new folder or an empty database.

    Nothing that is there is touched: the folder must be absent or empty. Everybody signs in anew;
    passwords, keys and all else are as they were.
    """
    from tinsmith.server.settings import Settings
    from tinsmith.server.start import locked
    from tinsmith.store.backup import restore as fill
    from tinsmith.store.blobs import open_blobs
    from tinsmith.store.database import open_database

    settings = Settings(data.resolve(), database_url=database_url, blob_url=blob_url)
    if settings.data.exists() and any(settings.data.iterdir()):
        raise InputError("the folder is not empty", path=data, hint="restore into a new one")
    if not file.is_file():
        raise InputError("there is no such file", path=file)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    done = False
    try:
        with locked(settings.data):
            database = open_database(settings.database)
            try:
                blobs = open_blobs(settings.blobs, settings.data / "cache" / "blobs")
                with progress_bars(quiet=False) as progress:
                    saved = fill(file, database, blobs, progress)
            finally:
                database.close()
        done = True
    finally:
        if not done:
            shutil.rmtree(settings.data)
    note(f"{data} has {saved.rows} rows and {saved.blobs} pieces of content; start it with:")
    typer.echo(f"tinsmith up --data {data}")
