"""Versions of a project: a state that is kept, under a number that never comes twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tinsmith.store.blobs import BlobStore
from tinsmith.store.project_state import ProjectState, parse_state
from tinsmith.store.tables import Project, Version


def add_version(
    session: Session,
    project_id: int,
    state: ProjectState,
    blobs: BlobStore,
    *,
    description: str,
    created_by: int | None,
) -> Version:
    """Stores a state as the project's next version."""
    # The project's row is the lock under which numbers are given out.
    session.get_one(Project, project_id, with_for_update=True)
    last = session.scalar(select(func.max(Version.number)).where(Version.project_id == project_id))
    version = Version(
        project_id=project_id,
        number=(last or 0) + 1,
        description=description,
        manifest_hash=blobs.put(state.dump()).hash,
        summary=summary(state),
        created_by=created_by,
    )
    session.add(version)
    session.flush()
    return version


def load_version(version: Version, blobs: BlobStore) -> ProjectState:
    """The state that a version keeps."""
    return parse_state(blobs.get(version.manifest_hash))


def summary(state: ProjectState) -> dict[str, Any]:
    """What a list of versions shows."""
    samples = state.samples
    return {
        "samples": samples.count,
        "categories": dict(samples.categories),
        "length_ms": dict(samples.length_ms),
        "size_bytes": samples.size_bytes,
        "impulses": [_impulse(state, row) for row in state.impulses],
    }


def _impulse(state: ProjectState, impulse: dict[str, Any]) -> dict[str, Any]:
    model = next((row for row in state.models if row["id"] == impulse["model_id"]), None)
    return {
        "id": impulse["id"],
        "name": impulse["name"],
        "is_default": impulse["is_default"],
        "model_id": impulse["model_id"],
        "training": model["metrics"] if model else None,
        "testing": {
            row["variant"]: _scores(row["metrics"])
            for row in state.tests
            if row["model_id"] == impulse["model_id"]
        },
    }


def _scores(metrics: dict[str, Any]) -> dict[str, float]:
    """The numbers of a test that stand for all of it."""
    wanted = {"classification": ("accuracy", "log_loss"), "regression": ("mae", "rmse", "r2"),
              "anomaly": ("auroc",)}  # fmt: skip
    return {
        name: part[name]
        for kind, names in wanted.items()
        if isinstance(part := metrics.get(kind), dict)
        for name in names
        if isinstance(part.get(name), int | float)
    }
