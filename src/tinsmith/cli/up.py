"""`tinsmith up`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinsmith.cli.output import note

_DATA = typer.Option(envvar="TINSMITH_DATA", help="Folder for everything; made when absent.")
_HOST = typer.Option(envvar="TINSMITH_HOST", help="Address to listen on; 0.0.0.0 for all.")
_PORT = typer.Option(envvar="TINSMITH_PORT", min=0, max=65535, help="Port to listen on.")
_DATABASE = typer.Option(
    envvar="TINSMITH_DATABASE_URL",
    help="postgresql://USER:PASSWORD@HOST/NAME; a file in the data folder otherwise.",
    show_default=False,
)
_BLOBS = typer.Option(
    envvar="TINSMITH_BLOB_URL",
    help="s3://BUCKET/PREFIX, gs://… or az://…; the data folder otherwise.",
    show_default=False,
)
_ENGINE = typer.Option(
    envvar="TINSMITH_ENGINE", help="What runs jobs: local, ray, or ray://HOST:PORT."
)
_JOBS = typer.Option(
    envvar="TINSMITH_MAX_JOBS", min=0, help="Jobs at the same time; 0: half the cores."
)
_PUBLIC = typer.Option(
    envvar="TINSMITH_PUBLIC_URL", help="The address people use, behind a proxy.", show_default=False
)


def up(
    data: Annotated[Path, _DATA] = Path("tinsmith-data"),
    host: Annotated[str, _HOST] = "127.0.0.1",
    port: Annotated[int, _PORT] = 4880,
    database_url: Annotated[str, _DATABASE] = "",
    blob_url: Annotated[str, _BLOBS] = "",
    engine: Annotated[str, _ENGINE] = "local",
    max_jobs: Annotated[int, _JOBS] = 0,
    public_url: Annotated[str, _PUBLIC] = "",
) -> None:
    """Run the server: projects, samples, jobs and the REST API.

    The first start makes the data folder and an administrator and prints a link that signs in
    once. It is reached from this machine only unless --host says otherwise.
    """
    import uvicorn

    from tinsmith.server.app import create_app
    from tinsmith.server.settings import Settings
    from tinsmith.server.start import opened

    settings = Settings(
        data=data.resolve(),
        database_url=database_url,
        blob_url=blob_url,
        engine=engine,
        host=host,
        port=port,
        max_jobs=max_jobs,
        public_url=public_url,
    )
    with opened(settings) as server:
        if server.migrated_from:
            note(f"The database was brought up to date from revision {server.migrated_from}.")
        note(f"Tinsmith is at {settings.url}, its data in {settings.data}")
        if server.link:
            note(f"Sign in once with {settings.url}/login?token={server.link}")
        app = create_app(server.context)
        uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=10)
