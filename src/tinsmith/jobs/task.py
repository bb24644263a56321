"""What a task gets and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from tinsmith.core.errors import InternalError
from tinsmith.datasets import Category, Sample
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.features import ChunkExecutor, local
from tinsmith.jobs.events import EventWriter
from tinsmith.store.blobs import BlobStore
from tinsmith.store.database import Database
from tinsmith.store.samples import load_samples


@dataclass(frozen=True)
class TaskContext:
    """Everything a task may use.

    Args:
        job_id, project_id: What it is for.
        created_by: The user who asked.
        database, blobs: The store.
        data: Folder for caches and work.
        threads: Cores it may use.
        events: Takes its log, progress and metrics.
        executor: Where features are computed.
    """

    job_id: int
    project_id: int | None
    created_by: int | None
    database: Database
    blobs: BlobStore
    data: Path
    threads: int
    events: EventWriter
    executor: ChunkExecutor = local

    @property
    def project(self) -> int:
        """The project, for tasks that have one."""
        if self.project_id is None:
            raise InternalError(f"job {self.job_id} has no project")
        return self.project_id

    @property
    def cache(self) -> Cache:
        """Features and models by hash, shared by all projects."""
        return Cache(self.data / "cache")

    def samples(self, category: Category) -> tuple[Sample, ...]:
        """The enabled samples of one category."""
        with self.database.read() as session:
            return load_samples(session, self.project, self.blobs.path, category)


@dataclass(frozen=True)
class Outcome:
    """What a task found; `store` writes it, in the transaction that ends the job."""

    store: Callable[[Session], dict[str, Any]]
