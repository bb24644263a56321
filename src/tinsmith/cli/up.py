"""`tinsmith up`."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli.output import note, progress_bars, say, warn
from tinsmith.core.errors import EnvironmentError_

if TYPE_CHECKING:
    from tinsmith.server.start import Opened

DATA = typer.Option(envvar="TINSMITH_DATA", help="Folder for everything; made when absent.")
DATABASE = typer.Option(
    envvar="TINSMITH_DATABASE_URL",
    help="postgresql://USER:PASSWORD@HOST/NAME; a file in the data folder otherwise.",
    show_default=False,
)
BLOBS = typer.Option(
    envvar="TINSMITH_BLOB_URL",
    help="s3://BUCKET/PREFIX, gs://… or az://…; the data folder otherwise.",
    show_default=False,
)
PUBLIC = typer.Option(
    envvar="TINSMITH_PUBLIC_URL", help="The address people use, behind a proxy.", show_default=False
)
FOLDER = Path("tinsmith-data")
_HOST = typer.Option(
    envvar="TINSMITH_HOST",
    help="Address to listen on: 127.0.0.1 is reached from this machine only, 0.0.0.0 from all.",
)
_PORT = typer.Option(
    envvar="TINSMITH_PORT", min=0, max=65535, help="Port to listen on; 0 takes any free one."
)
_ENGINE = typer.Option(
    envvar="TINSMITH_ENGINE", help="What runs jobs: local, ray, or ray://HOST:PORT."
)
_JOBS = typer.Option(
    envvar="TINSMITH_MAX_JOBS", min=0, help="Jobs at the same time; 0: half the cores."
)
_DEMO = typer.Option(
    "--demo", help="Also make the demonstration's project: real recordings, ready to train."
)
_VERBOSE = typer.Option("--verbose", "-v", help="Print a line for every request.")


def up(
    data: Annotated[Path, DATA] = FOLDER,
    host: Annotated[str, _HOST] = "127.0.0.1",
    port: Annotated[int, _PORT] = 4880,
    database_url: Annotated[str, DATABASE] = "",
    blob_url: Annotated[str, BLOBS] = "",
    engine: Annotated[str, _ENGINE] = "local",
    max_jobs: Annotated[int, _JOBS] = 0,
    public_url: Annotated[str, PUBLIC] = "",
    demo: Annotated[bool, _DEMO] = False,
    verbose: Annotated[bool, _VERBOSE] = False,
) -> None:
    """Run the server: projects, samples, jobs and the REST API.

    The first start makes the data folder and an administrator and prints a link that signs in
    once; `tinsmith admin link` prints another one. Only this machine reaches it unless --host says
    otherwise; then put a proxy that speaks https in front of it and name it with --public-url.
    Ctrl-C stops it: answers are finished, and jobs that run are marked as interrupted and can be
    started again.
    """
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
        public_url=public_url.rstrip("/"),
    )
    if verbose:
        logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s")
        logging.getLogger("tinsmith").setLevel(logging.INFO)
    with _listening(host, port) as listener:
        settings = replace(settings, port=listener.getsockname()[1])
        with opened(settings) as server:
            _tell(server)
            if demo:
                _add_demonstration(server)
            _serve(server, listener)
            _tell_interrupted(server)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise EnvironmentError_(
            f"cannot listen on {host} port {port}: {error.strerror or error}",
            hint="another server may run there; choose another port with --port",
        ) from error


def _tell(server: Opened) -> None:
    settings = server.context.settings
    if server.migrated_from:
        note(f"The database was brought up to date from revision {server.migrated_from}.")
    if not is_loopback(settings.host) and not settings.public_url.startswith("https://"):
        warn(
            "other machines reach this server without encryption: passwords and keys can be read "
            "on the way. Put a proxy with https in front and name it with --public-url https://…"
        )
    say(f"Tinsmith is at {settings.url}, its data in {settings.data}")
    if server.link:
        say(f"Sign in once with {settings.url}/login?token={server.link}")
    note("Ctrl-C stops it.")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _serve(server: Opened, listener: socket.socket) -> None:
    import uvicorn

    from tinsmith.cli.transport import Transport
    from tinsmith.server.app import create_app
    from tinsmith.server.settle import settle

    config = uvicorn.Config(
        create_app(server.context),
        http=Transport,
        log_level="warning",
        access_log=False,
        server_header=False,
        # What a proxy says of the caller's address is believed only where there is one.
        proxy_headers=bool(server.context.settings.public_url),
        timeout_graceful_shutdown=10,
    )

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            # Streams that go on would hold the stop up; who follows comes back to the next start.
            server.context.live.close()
            super().handle_exit(sig, frame)

    settle()
    # A service manager stops it as Ctrl-C does, which a script in the background ignores.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        note("Stopped.")


def _tell_interrupted(server: Opened) -> None:
    from tinsmith.server.start import interrupted_jobs

    count = interrupted_jobs(server.context)
    if count:
        jobs = "job was" if count == 1 else "jobs were"
        say(f"{count} {jobs} interrupted; retry them when the server runs again.")


def _add_demonstration(server: Opened) -> None:
    from tinsmith.cli.demonstration.server import add_demonstration

    with progress_bars(quiet=False) as progress:
        number = add_demonstration(server.context, progress)
    say(f"The demonstration is project {number}, ready to train.")
