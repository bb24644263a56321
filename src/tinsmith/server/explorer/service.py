"""Finding what jobs made of features, and saying whether it is still true."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.jobs.tasks.artifacts import Basis, last_artifact
from tinsmith.jobs.tasks.explorer import KIND as MAP
from tinsmith.jobs.tasks.explorer import basis_key, map_key
from tinsmith.jobs.tasks.feature_files import FILES, file_key
from tinsmith.jobs.tasks.feature_files import KIND as FEATURES
from tinsmith.jobs.tasks.importance import KIND as IMPORTANCE
from tinsmith.server.errors import NotFoundError
from tinsmith.server.explorer.schemas import FeatureFileOut, ImportanceOut
from tinsmith.server.impulses.service import get_impulse
from tinsmith.server.results.scores import JUDGEMENTS
from tinsmith.server.results.testing import saved_thresholds
from tinsmith.store.blobs import BlobStore
from tinsmith.store.tables import Artifact, Project, TestResult


@dataclass(frozen=True)
class MapChoice:
    """Which map of an impulse, and the variant whose last test colours it."""

    method: str
    dims: int
    source: str
    variant: str


def basis_of(session: Session, project_id: int, impulse_id: int) -> Basis:
    """An impulse and the data as they are now.

    Raises:
        NotFoundError: The project has no such impulse.
    """
    impulse = get_impulse(session, project_id, impulse_id)
    revision = session.get_one(Project, project_id).data_revision
    return Basis(impulse.design, impulse.model_id, revision)


def window_map(
    session: Session,
    blobs: BlobStore,
    project_id: int,
    impulse_id: int,
    wanted: MapChoice,
) -> dict[str, Any]:
    """The newest map of its kind, with what the last test decided about its windows.

    Raises:
        NotFoundError: The project has no such impulse, or there is no such map yet.
    """
    basis = basis_of(session, project_id, impulse_id)
    key = map_key(impulse_id, wanted.method, wanted.dims, wanted.source)
    row = last_artifact(session, project_id, MAP, key)
    if row is None or row.blob_hash is None or row.document is None:
        raise NotFoundError(f"there is no {wanted.method} map yet", hint="have one made by a job")
    document = dict(row.document)
    made_from = document.pop("basis")
    document.pop("limit")
    points = json.loads(blobs.get(row.blob_hash))
    test = _last_test(session, basis.model_id, wanted.variant)
    _decide(session, blobs, test, points)
    return {
        **document,
        "job_id": row.job_id,
        "is_stale": made_from != basis_key(basis, wanted.source),
        "test_result_id": test.id if test else None,
        "created_at": row.created_at.isoformat(),
        "points": points,
    }


def _last_test(session: Session, model_id: int | None, variant: str) -> TestResult | None:
    if model_id is None:
        return None
    return session.scalar(
        select(TestResult)
        .where(TestResult.model_id == model_id, TestResult.variant == variant)
        .order_by(TestResult.id.desc())
        .limit(1)
    )


def _decide(
    session: Session, blobs: BlobStore, test: TestResult | None, points: list[dict[str, Any]]
) -> None:
    """Adds to each point what a test decided about its window."""
    decided = {}
    if test is not None:
        judged = JUDGEMENTS.get(test, saved_thresholds(session, test), blobs)
        windows = judged.rescored.windows if judged.rescored else ()
        decided = {
            (item.sample_id, item.start_ms): (item.decision, item.is_right) for item in windows
        }
    for point in points:
        found = decided.get((point.pop("key"), point["start_ms"]), (None, None))
        point["decision"], point["is_right"] = found


def feature_importance(session: Session, project_id: int, impulse_id: int) -> ImportanceOut:
    """What each feature says about the label.

    Raises:
        NotFoundError: The project has no such impulse, or nobody has measured it yet.
    """
    basis = basis_of(session, project_id, impulse_id)
    row = last_artifact(session, project_id, IMPORTANCE, str(impulse_id))
    if row is None or row.document is None:
        raise NotFoundError(
            f"nobody has measured the features of the impulse {impulse_id} yet",
            hint="have a job do it",
        )
    document = dict(row.document)
    made_from = document.pop("basis")
    return ImportanceOut(
        **document,
        impulse_id=impulse_id,
        job_id=row.job_id,
        is_stale=made_from != basis.key,
        created_at=row.created_at,
    )


def list_files(session: Session, project_id: int, impulse_id: int) -> list[FeatureFileOut]:
    """The newest files of features.

    Raises:
        NotFoundError: The project has no such impulse.
    """
    basis = basis_of(session, project_id, impulse_id)
    return [
        FeatureFileOut(
            name=row.file_name,
            hash=row.blob_hash or "",
            size_bytes=row.size_bytes,
            is_stale=(row.document or {}).get("basis") != basis.key,
            created_at=row.created_at,
        )
        for row in _files(session, project_id, impulse_id)
    ]


def get_file(session: Session, project_id: int, impulse_id: int, name: str) -> tuple[str, str]:
    """Blob and media type of a file of features.

    Raises:
        NotFoundError: The project has no such impulse, or the impulse no such file.
    """
    get_impulse(session, project_id, impulse_id)
    for row in _files(session, project_id, impulse_id):
        if row.file_name == name and row.blob_hash is not None:
            return row.blob_hash, FILES[name]
    raise NotFoundError(
        f"there is no file {name!r}",
        hint=f"have a job write {' and '.join(FILES)} first",
    )


def _files(session: Session, project_id: int, impulse_id: int) -> Sequence[Artifact]:
    found = (
        last_artifact(session, project_id, FEATURES, file_key(impulse_id, name)) for name in FILES
    )
    return [row for row in found if row is not None]
