"""The job `explorer`: a map of an impulse's windows in which like lies beside like."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.datasets import Sample
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.explorer import DEFAULT_LIMIT, MapSettings, WindowMap, window_map
from tinsmith.impulse.features import FeatureTable, window_format
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.jobs.kind import ImpulseArguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.artifacts import Basis, basis_of, last_artifact
from tinsmith.jobs.tasks.features import computed
from tinsmith.jobs.tasks.models import model_of
from tinsmith.store.tables import Artifact, SampleRow
from tinsmith.store.trained import fetch_fitted

KIND = "explorer"
Method = Literal["pca", "tsne", "umap"]
MapSource = Literal["features", "embedding"]


class ExplorerArguments(ImpulseArguments):
    """How to make the map."""

    method: Method = Field(
        default="pca",
        description="pca keeps distances; tsne and umap keep neighbours and take longer.",
    )
    dims: Literal[2, 3] = 2
    source: MapSource = Field(
        default="features", description="What decides; `embedding`: what the network makes of it."
    )
    limit: int = Field(
        default=DEFAULT_LIMIT, ge=4, le=20_000, description="Windows at most, spread evenly."
    )


def explorer(context: TaskContext, arguments: ExplorerArguments) -> Outcome:
    """Makes a map; one of the same data and design that is there already is taken as it is.

    Raises:
        InputError: The samples do not fit the design, there are too few windows, or the impulse has
            no trained network to take an embedding from.
    """
    basis = basis_of(context, arguments.impulse_id)
    key = map_key(arguments.impulse_id, arguments.method, arguments.dims, arguments.source)
    facts = {"basis": basis_key(basis, arguments.source), "limit": arguments.limit}
    with context.database.read() as session:
        found = last_artifact(session, context.project, KIND, key)
    if found is not None and found.document and facts.items() <= found.document.items():
        context.events.log("The map of this data and design is there already")
        number = found.id
        return Outcome(lambda _session: {"artifact_id": number, "is_cached": True})
    made, samples = _map(context, arguments, basis)
    blob = context.blobs.put(_plain(context, made, samples))
    document = facts | {
        "impulse_id": arguments.impulse_id,
        "method": made.method,
        "dims": arguments.dims,
        "source": arguments.source,
        "seed": made.seed,
        "total": made.total,
        "shown": len(made.points),
    }

    def store(session: Session) -> dict[str, Any]:
        row = Artifact(
            project_id=context.project,
            job_id=context.job_id,
            kind=KIND,
            key=key,
            blob_hash=blob.hash,
            size_bytes=blob.size,
            document=document,
        )
        session.add(row)
        session.flush()
        return {"artifact_id": row.id, "is_cached": False}

    return Outcome(store)


def map_key(impulse_id: int, method: str, dims: int, source: str) -> str:
    """Under which maps of an impulse are found."""
    return f"{impulse_id}/{method}/{dims}/{source}"


def basis_key(basis: Basis, source: str) -> str:
    """Changes when a map would look different."""
    return f"{basis.key}/{basis.model_id}" if source == "embedding" else basis.key


def _map(
    context: TaskContext, arguments: ExplorerArguments, basis: Basis
) -> tuple[WindowMap, tuple[Sample, ...]]:
    samples = every_sample(context)
    context.events.log(f"A map of {len(samples)} recordings by {arguments.method}")
    fitted: FittedImpulse | None = None
    if arguments.source == "embedding":
        with context.database.read() as session:
            model = model_of(session, context.project, arguments.impulse_id)
        fitted = fetch_fitted(model, context.blobs)
    table = _table(context, basis, samples, fitted)
    settings = MapSettings(method=arguments.method, dims=arguments.dims, limit=arguments.limit)
    made = window_map(
        table,
        samples,
        settings,
        fitted=fitted,
        cache=context.cache,
        progress=context.events.progress,
    )
    return made, samples


def every_sample(context: TaskContext) -> tuple[Sample, ...]:
    """The samples of all categories, in the order of a project folder."""
    found = [*context.samples("training"), *context.samples("testing")]
    return (*found, *context.samples("validation"))


def _table(
    context: TaskContext, basis: Basis, samples: tuple[Sample, ...], fitted: FittedImpulse | None
) -> FeatureTable:
    design = fitted.design if fitted else parse_impulse(basis.design)
    window = fitted.window if fitted else window_format(samples, design)
    return computed(context, samples, design, window)


def _plain(context: TaskContext, made: WindowMap, samples: tuple[Sample, ...]) -> bytes:
    """One entry a point, with the numbers of samples that people know."""
    with context.database.read() as session:
        rows = session.execute(
            select(SampleRow.key, SampleRow.id).where(SampleRow.project_id == context.project)
        )
        numbers = {row.key: row.id for row in rows}
    categories = {sample.id: sample.category for sample in samples}
    windows = zip(made.sample_ids, made.start_ms, made.labels, made.points, strict=True)
    points = [
        {
            "sample_id": numbers.get(key),
            "key": key,
            "start_ms": start,
            "label": label,
            "category": categories[key],
            "point": [round(float(value), 5) for value in point],
        }
        for key, start, label, point in windows
    ]
    return json.dumps(points).encode()
