"""`tinsmith admin collect`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from tinsmith.cli.options import JsonOption
from tinsmith.cli.output import note, print_json, progress_bars
from tinsmith.cli.up import BLOBS, DATA, DATABASE, FOLDER

_DAYS = typer.Option(min=1, max=3650, help="How long nobody must have stored a content again.")


def collect(
    data: Annotated[Path, DATA] = FOLDER,
    database_url: Annotated[str, DATABASE] = "",
    blob_url: Annotated[str, BLOBS] = "",
    unused_days: Annotated[int, _DAYS] = 1,
    as_json: JsonOption = False,
) -> None:
    """Remove contents that nothing needs any more, also while the server runs.

    What a sample, also one in the trash, a model, a deployment or a version mentions is kept.
    Exports older than a week are forgotten: they can be made again.
    """
    from tinsmith.server.local import require_data
    from tinsmith.server.settings import Settings
    from tinsmith.store.blobs import open_blobs
    from tinsmith.store.database import open_database
    from tinsmith.store.garbage import collect as remove

    settings = Settings(data.resolve(), database_url=database_url, blob_url=blob_url)
    require_data(settings)
    database = open_database(settings.database)
    try:
        blobs = open_blobs(settings.blobs, settings.data / "cache" / "blobs")
        with progress_bars(quiet=as_json) as progress:
            found = remove(database, blobs, timedelta(days=unused_days), progress)
    finally:
        database.close()
    if as_json:
        print_json({"kept": found.kept, "removed": found.removed, "bytes": found.removed_bytes})
        return
    note(f"Removed {found.removed} contents ({found.removed_bytes} bytes), kept {found.kept}.")
