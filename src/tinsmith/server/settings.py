"""Where a server keeps its things and how it is reached."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_PORT = 4880


@dataclass(frozen=True)
class Settings:
    """How a server runs.

    Args:
        data: Folder for everything that is kept; made when absent.
        database_url: SQLAlchemy URL; SQLite in the data folder by default.
        blob_url: Where original bytes and results are kept; the data folder by default.
        engine: `local` runs jobs as processes here, `ray://HOST:PORT` or `ray` on a Ray cluster.
        host, port: Where it listens.
        max_jobs: Jobs that run at the same time; 0 decides by the number of cores.
        public_url: How people reach it, if through a proxy.
    """

    data: Path
    database_url: str = ""
    blob_url: str = ""
    engine: str = "local"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    max_jobs: int = 0
    public_url: str = ""

    @property
    def database(self) -> str:
        """The database's URL, with its default."""
        return self.database_url or f"sqlite:///{self.data / 'tinsmith.sqlite'}"

    @property
    def blobs(self) -> str:
        """The blobs' URL, with its default."""
        return self.blob_url or str(self.data / "blobs")

    @property
    def job_slots(self) -> int:
        """Jobs that run at the same time: half the cores, as each uses several."""
        return self.max_jobs or max(1, (os.cpu_count() or 2) // 2)

    @property
    def url(self) -> str:
        """The address people open."""
        return self.public_url or f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class Limits:
    """Bounds on what one request may ask for."""

    body_bytes: int = 1024 * 1024
    file_bytes: int = 512 * 1024 * 1024
    files: int = 1000
    page: int = 1000
    upload_bytes: int = 64 * 1024**3
    upload_days: int = field(default=7)
    open_uploads: int = 1000
