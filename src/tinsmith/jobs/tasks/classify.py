"""The job `classify`: one recording or picture through the compiled impulse."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith import signals
from tinsmith.core.errors import InputError
from tinsmith.datasets import Sample
from tinsmith.datasets.sample import sample_from_signal
from tinsmith.impulse.classify import classify as run
from tinsmith.impulse.fitted import FittedImpulse, Variant
from tinsmith.impulse.rescore import Thresholds
from tinsmith.jobs.kind import Arguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.store.samples import BlobPath, to_sample
from tinsmith.store.tables import Artifact, ImpulseRow, Model, SampleRow
from tinsmith.store.trained import fetch_fitted

KIND = "classification"


class ClassifyArguments(Arguments):
    """What to classify: a stored sample, or a file that was uploaded for it."""

    model_id: int = Field(ge=1, lt=2**63)
    variant: Literal["float32", "int8"] = "int8"
    sample_id: int | None = Field(default=None, ge=1, lt=2**63)
    blob_hash: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    file_name: str = Field(default="upload", max_length=400)


def classify(context: TaskContext, arguments: ClassifyArguments) -> Outcome:
    """Classifies every window of a sample.

    Raises:
        InputError: Model or sample are gone, or do not fit each other.
    """
    with context.database.read() as session:
        model = session.get(Model, arguments.model_id)
        if model is None or model.project_id != context.project:
            raise InputError(f"there is no model {arguments.model_id} any more")
        limits = thresholds_of(session, model)
        sample = _sample(session, context, arguments)
    fitted = fetch_fitted(model, context.blobs)
    context.events.log(f"Classifying {sample.name!r} with the {arguments.variant} variant")
    document = classified(fitted, sample, arguments.variant, limits)
    blob = context.blobs.put(json.dumps({**document, "model_id": model.id}).encode())

    def store(session: Session) -> dict[str, Any]:
        row = Artifact(
            project_id=context.project,
            job_id=context.job_id,
            kind=KIND,
            key=str(model.id),
            blob_hash=blob.hash,
            size_bytes=blob.size,
        )
        session.add(row)
        session.flush()
        return {"classification_id": row.id}

    return Outcome(store)


def classified(
    fitted: FittedImpulse, sample: Sample, variant: Variant, limits: dict[str, Any]
) -> dict[str, Any]:
    """The classification of a sample as plain values, features of each window included.

    Args:
        fitted: The trained impulse.
        sample: What to classify.
        variant: Of the network.
        limits: Saved thresholds; what is missing is that of training.

    Raises:
        DatasetError: The sample does not fit the impulse.
    """
    anomaly = limits.get("anomaly")
    if anomaly is None and fitted.clusters:
        anomaly = fitted.clusters.threshold
    thresholds = Thresholds(
        minimum_confidence=limits.get("minimum_confidence", 0.0),
        anomaly=anomaly,
        largest_error=limits.get("largest_error", 0.0),
    )
    found = run(fitted, sample, variant, thresholds=thresholds)
    document = found.to_dict()
    rows = zip(document["windows"], found.features, strict=True)
    return document | {"windows": [{**row, "features": item.tolist()} for row, item in rows]}


def thresholds_of(session: Session, model: Model) -> dict[str, Any]:
    """The thresholds saved with a model's impulse."""
    impulse = session.get(ImpulseRow, model.impulse_id)
    return (impulse.thresholds if impulse else None) or {}


def uploaded_sample(data: bytes, name: str) -> Sample:
    """A file as a sample that is not kept.

    Raises:
        InputError: It is not what it claims to be.
    """
    decoded = signals.decode(data, name)
    return sample_from_signal(
        decoded.content,
        name=name,
        label=decoded.label or "",
        metadata=decoded.metadata,
        segments=decoded.segments,
    )


def stored_sample(
    session: Session, project_id: int, sample_id: int, blob_path: BlobPath
) -> Sample | None:
    """A sample of a project, or None."""
    row = session.scalar(
        select(SampleRow).where(
            SampleRow.id == sample_id,
            SampleRow.project_id == project_id,
            SampleRow.deleted_at.is_(None),
        )
    )
    return to_sample(row, blob_path) if row else None


def _sample(session: Session, context: TaskContext, arguments: ClassifyArguments) -> Sample:
    if arguments.sample_id is not None:
        found = stored_sample(session, context.project, arguments.sample_id, context.blobs.path)
        if found is None:
            raise InputError(f"there is no sample {arguments.sample_id} any more")
        return found
    if arguments.blob_hash is None:
        raise InputError("there is nothing to classify", hint="name a sample or upload a file")
    return uploaded_sample(context.blobs.get(arguments.blob_hash), arguments.file_name)
