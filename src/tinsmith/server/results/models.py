"""Models and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from tinsmith.impulse.device import Device
from tinsmith.server.errors import ConflictError, NotFoundError
from tinsmith.server.impulses.service import design_key, headline
from tinsmith.server.results.schemas import (
    FileOut,
    ModelDetail,
    ModelOut,
    ProfileDetail,
    ProfileOut,
    TestedOut,
)
from tinsmith.server.targets.schemas import BudgetOut
from tinsmith.server.targets.service import device_of, profile_budget
from tinsmith.store.blobs import BlobStore
from tinsmith.store.tables import ImpulseRow, Model, ProfileRow, Project, TestResult

MEDIA_TYPES = {".json": "application/json", ".toml": "application/toml"}
"""Of the files of a model by their endings; any other is `application/octet-stream`."""


def list_models(
    session: Session, project_id: int, impulse_id: int | None, before: int | None, limit: int
) -> Sequence[Model]:
    """Models of a project, newest first, without their histories."""
    statement = select(Model).where(Model.project_id == project_id).options(defer(Model.history))
    if impulse_id is not None:
        statement = statement.where(Model.impulse_id == impulse_id)
    if before is not None:
        statement = statement.where(Model.id < before)
    return session.scalars(statement.order_by(Model.id.desc()).limit(limit)).all()


def delete_model(session: Session, row: Model) -> None:
    """Deletes a model with its test results and profiles; packages stay.

    Raises:
        ConflictError: An impulse uses it.
    """
    impulse = session.get(ImpulseRow, row.impulse_id)
    if impulse is not None and impulse.model_id == row.id:
        raise ConflictError(
            f"the impulse {impulse.name!r} uses the model {row.id}",
            hint="have it use another model first, or none",
        )
    session.delete(row)


def model_outputs(session: Session, project_id: int, rows: Sequence[Model]) -> list[ModelOut]:
    """What the API says of models in lists."""
    return [ModelOut(**fields) for fields in _fields(session, project_id, rows)]


def model_detail(session: Session, blobs: BlobStore, row: Model) -> ModelDetail:
    """Everything the API says of a model."""
    files = [
        FileOut(name=name, hash=content, size_bytes=blobs.size(content) or 0)
        for name, content in sorted(row.files.items())
    ]
    fields = _fields(session, row.project_id, [row])[0]
    return ModelDetail(**fields, design=row.design, history=row.history, files=files)


def model_file(row: Model, name: str) -> tuple[str, str]:
    """Blob and media type of a file of a model.

    Raises:
        NotFoundError: It has no such file.
    """
    if name not in row.files:
        raise NotFoundError(
            f"the model {row.id} has no file {name!r}",
            hint=f"it has {', '.join(sorted(row.files))}",
        )
    ending = f".{name.rpartition('.')[2]}"
    return row.files[name], MEDIA_TYPES.get(ending, "application/octet-stream")


def staleness(
    session: Session, project_id: int, impulse_ids: Sequence[int]
) -> tuple[int, dict[int, ImpulseRow]]:
    """The project's data revision, and its impulses by number."""
    rows = session.scalars(
        select(ImpulseRow).where(
            ImpulseRow.project_id == project_id, ImpulseRow.id.in_(set(impulse_ids))
        )
    )
    return session.get_one(Project, project_id).data_revision, {row.id: row for row in rows}


def design_differs(impulse: ImpulseRow | None, design: dict[str, Any]) -> bool:
    """Whether an impulse would compute something else by now, or is gone."""
    if impulse is None or impulse.deleted_at is not None:
        return True
    return design_key(impulse.design) != design_key(design)


def _fields(session: Session, project_id: int, rows: Sequence[Model]) -> list[dict[str, Any]]:
    numbers = [row.id for row in rows]
    revision, impulses = staleness(session, project_id, [row.impulse_id for row in rows])
    tested = _tested(session, numbers)
    budgets = _budgets(session, project_id, numbers)
    found = []
    for row in rows:
        impulse = impulses.get(row.impulse_id)
        found.append(
            {
                "id": row.id,
                "impulse_id": row.impulse_id,
                "job_id": row.job_id,
                "in_use": impulse is not None and impulse.model_id == row.id,
                "classes": row.classes,
                "metrics": row.metrics,
                "tested": tested.get(row.id, {}),
                "budget": budgets.get(row.id, []),
                "warnings": row.warnings,
                "counters": row.counters,
                "data_revision": row.data_revision,
                "data_changed": row.data_revision != revision,
                "design_changed": design_differs(impulse, row.design),
                "created_at": row.created_at,
            }
        )
    return found


def _tested(session: Session, numbers: Sequence[int]) -> dict[int, dict[str, TestedOut]]:
    rows = session.execute(
        select(TestResult.id, TestResult.model_id, TestResult.variant, TestResult.metrics)
        .where(TestResult.model_id.in_(numbers))
        .order_by(TestResult.id)
    )
    found: dict[int, dict[str, TestedOut]] = {}
    for number, model_id, variant, metrics in rows:
        entry = TestedOut(test_result_id=number, value=headline(metrics))
        found.setdefault(model_id, {})[variant] = entry
    return found


def _budgets(
    session: Session, project_id: int, numbers: Sequence[int]
) -> dict[int, list[BudgetOut]]:
    """By model: of each variant the last profile on the core of the project's target."""
    device = project_device(session, project_id)
    rows = session.scalars(
        select(ProfileRow)
        .where(ProfileRow.model_id.in_(numbers), ProfileRow.target == device.core)
        .order_by(ProfileRow.id)
    )
    last: dict[int, dict[str, BudgetOut]] = {}
    for row in rows:
        last.setdefault(row.model_id, {})[row.variant] = profile_budget(row.document, device)
    return {model: [found[key] for key in sorted(found)] for model, found in last.items()}


def project_device(session: Session, project_id: int) -> Device:
    """What a project is meant for."""
    return device_of(session.get_one(Project, project_id).target)


def list_profiles(
    session: Session, project_id: int, model_id: int | None, before: int | None, limit: int
) -> Sequence[ProfileRow]:
    """Profiles of a project, newest first."""
    statement = select(ProfileRow).where(ProfileRow.project_id == project_id)
    if model_id is not None:
        statement = statement.where(ProfileRow.model_id == model_id)
    if before is not None:
        statement = statement.where(ProfileRow.id < before)
    return session.scalars(statement.order_by(ProfileRow.id.desc()).limit(limit)).all()


def profile_outputs(rows: Sequence[ProfileRow], device: Device) -> list[ProfileOut]:
    """What the API says of profiles in lists."""
    return [ProfileOut(**_profile(row, device)) for row in rows]


def profile_detail(row: ProfileRow, device: Device) -> ProfileDetail:
    """Everything the API says of a profile."""
    return ProfileDetail(**_profile(row, device), document=row.document)


def _profile(row: ProfileRow, device: Device) -> dict[str, Any]:
    names = ("id", "model_id", "job_id", "variant", "target", "memory", "created_at")
    return {name: getattr(row, name) for name in names} | {
        "budget": profile_budget(row.document, device)
    }
