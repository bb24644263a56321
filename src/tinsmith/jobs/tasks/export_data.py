"""The job `export`: samples as one zip file, which this and other platforms read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import FileSource, Sample
from tinsmith.datasets.exchange import pack
from tinsmith.impulse.codegen import identifier
from tinsmith.jobs.kind import Arguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.store.blobs import BlobStore
from tinsmith.store.sample_query import parse_query
from tinsmith.store.sample_search import Search, find_numbers
from tinsmith.store.samples import BATCH, to_sample
from tinsmith.store.tables import Artifact, Project, SampleRow

EXPORT_KIND = "data-export"
# Found out by the store when the sample is read.
_NOWHERE = Path()


class ExportArguments(Arguments):
    """Which samples."""

    query: str = Field(
        default="",
        max_length=2000,
        description="Conditions as lists of samples take them, such as `label:on category:testing`;"
        " empty takes all.",
    )


@dataclass(frozen=True)
class StoredSource(FileSource):
    """Content that stays in the store until it is read."""

    blobs: BlobStore | None = None

    def data(self) -> bytes:
        """The original bytes, checked against their hash."""
        if self.blobs is None:
            return super().data()
        return self.blobs.get(self.content_hash)


def export_data(context: TaskContext, arguments: ExportArguments) -> Outcome:
    """Packs the samples that a query finds; the same samples give the same bytes.

    Raises:
        InputError: The query is not understood, or finds nothing.
    """
    samples = _samples(context, arguments.query)
    if not samples:
        raise DatasetError("there are no such samples", hint="ask for others, or for all")
    context.events.log(f"Packing {len(samples)} samples")
    blob = context.blobs.put_stream(pack(samples, progress=context.events.progress))
    with context.database.read() as session:
        name = identifier(session.get_one(Project, context.project).name)
    document = {"samples": len(samples), "query": arguments.query}

    def store(session: Session) -> dict[str, Any]:
        session.add(
            Artifact(
                project_id=context.project,
                job_id=context.job_id,
                kind=EXPORT_KIND,
                key=str(context.job_id),
                file_name=f"{name}-samples.zip",
                blob_hash=blob.hash,
                size_bytes=blob.size,
                document=document,
            )
        )
        return {**document, "size_bytes": blob.size, "hash": blob.hash}

    return Outcome(store)


def _samples(context: TaskContext, query: str) -> tuple[Sample, ...]:
    """The samples in the order of a project's plain files, whatever order they came in."""
    search = Search(context.project, parse_query(query))
    found: list[Sample] = []
    above = 0
    with context.database.read() as session:
        while numbers := find_numbers(session, search, above=above, limit=BATCH):
            rows = session.scalars(select(SampleRow).where(SampleRow.id.in_(numbers))).all()
            found += (_stored(to_sample(row, lambda _hash: _NOWHERE), context) for row in rows)
            session.expunge_all()
            above = numbers[-1]
    return tuple(sorted(found, key=lambda sample: (sample.name, sample.id)))


def _stored(sample: Sample, context: TaskContext) -> Sample:
    old = sample.source
    if not isinstance(old, FileSource):
        return sample
    source = StoredSource(
        old.path, old.content_hash, old.name, old.options, old.span, context.blobs
    )
    return sample.with_(source=source)
