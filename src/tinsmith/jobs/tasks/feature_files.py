"""The job `feature_files`: the features of all windows as files for other programs."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from tinsmith.datasets import Sample
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.features import FeatureTable, plan_blocks, window_format
from tinsmith.impulse.fitted import PlannedBlock
from tinsmith.jobs.kind import ImpulseArguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.artifacts import basis_of
from tinsmith.jobs.tasks.explorer import every_sample
from tinsmith.jobs.tasks.features import computed
from tinsmith.store.blobs import Blob
from tinsmith.store.tables import Artifact

KIND = "features"
FILES = {"features.npy": "application/octet-stream", "windows.json": "application/json"}
"""The files by name, and their media types."""


class FeatureFilesArguments(ImpulseArguments):
    """Which impulse's features to write."""


def feature_files(context: TaskContext, arguments: FeatureFilesArguments) -> Outcome:
    """Writes features and labels of all windows of all samples.

    Raises:
        InputError: The samples do not fit the design.
    """
    basis = basis_of(context, arguments.impulse_id)
    design = parse_impulse(basis.design)
    samples = every_sample(context)
    window = window_format(samples, design)
    table = computed(context, samples, design, window)
    blocks = plan_blocks(design, window)
    blobs = {
        "features.npy": context.blobs.put(_matrix(table, blocks)),
        "windows.json": context.blobs.put(_windows(table, blocks, samples)),
    }
    context.events.log(f"Features of {len(table)} windows")

    def store(session: Session) -> dict[str, Any]:
        rows = [_row(context, arguments.impulse_id, name, blobs[name], basis.key) for name in FILES]
        session.add_all(rows)
        session.flush()
        return {"artifact_ids": [row.id for row in rows], "windows": len(table)}

    return Outcome(store)


def file_key(impulse_id: int, name: str) -> str:
    """Under which a file of an impulse is found."""
    return f"{impulse_id}/{name}"


def _row(context: TaskContext, impulse_id: int, name: str, blob: Blob, basis: str) -> Artifact:
    return Artifact(
        project_id=context.project,
        job_id=context.job_id,
        kind=KIND,
        key=file_key(impulse_id, name),
        file_name=name,
        blob_hash=blob.hash,
        size_bytes=blob.size,
        document={"basis": basis},
    )


def _matrix(table: FeatureTable, blocks: tuple[PlannedBlock, ...]) -> bytes:
    """float32 [n, features], all blocks side by side."""
    buffer = io.BytesIO()
    np.save(buffer, table.joined([item.id for item in blocks]), allow_pickle=False)
    return buffer.getvalue()


def _windows(
    table: FeatureTable, blocks: tuple[PlannedBlock, ...], samples: tuple[Sample, ...]
) -> bytes:
    """What the rows and the columns are."""
    rows = [
        {
            "sample": samples[index].name,
            "key": samples[index].id,
            "category": samples[index].category,
            "start_ms": float(start),
            "label": label,
        }
        for index, start, label in zip(
            table.sample_index, table.start_ms, table.labels, strict=True
        )
    ]
    columns = [f"{item.id}/{label}" for item in blocks for label in item.labels]
    return json.dumps({"features": columns, "windows": rows}).encode()
