"""Packages: what can be made, what was made, and whether it is still up to date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from tinsmith.impulse.device import Device
from tinsmith.impulse.fitted import VARIANTS
from tinsmith.server.deployments.schemas import (
    BuildTargetOut,
    DeploymentDetail,
    DeploymentOptions,
    DeploymentOut,
    FormOut,
)
from tinsmith.server.errors import ConflictError, NotFoundError
from tinsmith.server.impulses.service import get_impulse
from tinsmith.server.results.models import design_differs, project_device, staleness
from tinsmith.server.rows import project_row
from tinsmith.server.targets.service import (
    obstacle_of,
    report_budget,
    require_runnable,
    unusable,
)
from tinsmith.store.tables import Deployment, Model
from tinsmith.toolchain import Target, targets

if TYPE_CHECKING:
    from tinsmith.deployment import DeploymentTarget

_MEMORY = ("balanced", "smallest")


def options(device: Device) -> DeploymentOptions:
    """What may be asked of a deployment, and what of it suits a device."""
    return DeploymentOptions(
        forms=[FormOut.model_validate(item) for item in _forms().values()],
        targets=[_target(item, device) for item in targets().values()],
        variants=list(VARIANTS),
        memory=list(_MEMORY),
    )


def _forms() -> dict[str, DeploymentTarget]:
    # What makes packages is large; a server starts without it.
    from tinsmith.deployment import DEPLOYMENT_TARGETS

    return DEPLOYMENT_TARGETS


def _target(item: Target, device: Device) -> BuildTargetOut:
    obstacle = obstacle_of(item)
    recommended = obstacle is None and item.name == device.core
    return BuildTargetOut(
        name=item.name,
        title=item.title,
        family=item.family,
        is_supported=obstacle is None,
        is_recommended=recommended,
        reason=obstacle or (f"the core of {device.title}" if recommended else ""),
    )


def require_buildable(
    session: Session, project_id: int, impulse_id: int, form: str, target: str
) -> None:
    """Refuses what a job could only fail at.

    Raises:
        NotFoundError: The project has no such impulse.
        ConflictError: It is not trained.
        UnusableError: There is no such form or target, or the target cannot be verified here.
    """
    if form not in _forms():
        raise unusable("form", f"there is no form {form!r}", list(_forms()))
    require_runnable(target)
    impulse = get_impulse(session, project_id, impulse_id)
    if impulse.model_id is None or session.get(Model, impulse.model_id) is None:
        raise ConflictError(
            f"the impulse {impulse.name!r} has no model in use", hint="train it first"
        )


def get_package(session: Session, project_id: int, deployment_id: int) -> Deployment:
    """One deployment whose package is there.

    Raises:
        NotFoundError: The project has no such deployment, or its package was deleted.
    """
    row = project_row(session, Deployment, project_id, deployment_id)
    if row.deleted_at is not None:
        raise NotFoundError(
            f"the package of the deployment {row.number} was deleted on {row.deleted_at:%Y-%m-%d}",
            hint="build it once more",
        )
    return row


def list_deployments(
    session: Session, project_id: int, impulse_id: int | None, before: int | None, limit: int
) -> Sequence[Deployment]:
    """Deployments of a project, newest first."""
    statement = select(Deployment).where(Deployment.project_id == project_id)
    if impulse_id is not None:
        statement = statement.where(Deployment.impulse_id == impulse_id)
    if before is not None:
        statement = statement.where(Deployment.number < before)
    return session.scalars(statement.order_by(Deployment.number.desc()).limit(limit)).all()


def outputs(session: Session, project_id: int, rows: Sequence[Deployment]) -> list[DeploymentOut]:
    """What the API says of deployments in lists."""
    return [DeploymentOut(**fields) for fields in _fields(session, project_id, rows)]


def detail(session: Session, row: Deployment) -> DeploymentDetail:
    """Everything the API says of a deployment."""
    return DeploymentDetail(**_fields(session, row.project_id, [row])[0], report=row.report)


_SAME = (
    "id", "number", "impulse_id", "model_id", "job_id", "created_by", "form", "target", "variant",
    "memory", "file_name", "size_bytes", "created_at", "deleted_at",
)  # fmt: skip


def _fields(session: Session, project_id: int, rows: Sequence[Deployment]) -> list[dict[str, Any]]:
    device = project_device(session, project_id)
    numbers = {row.model_id for row in rows if row.model_id is not None}
    models = {
        item.id: item
        for item in session.scalars(
            select(Model).where(Model.id.in_(numbers)).options(defer(Model.history))
        )
    }
    wanted = [row.impulse_id for row in rows if row.impulse_id is not None]
    revision, impulses = staleness(session, project_id, wanted)
    found = []
    for row in rows:
        model, impulse = models.get(row.model_id or 0), impulses.get(row.impulse_id or 0)
        is_current = (
            model is not None
            and impulse is not None
            and impulse.model_id == model.id
            and not design_differs(impulse, model.design)
        )
        found.append(
            {name: getattr(row, name) for name in _SAME}
            | {
                "hash": row.blob_hash,
                "impulse_changed": not is_current,
                "data_changed": model is None or model.data_revision != revision,
                "budget": report_budget(row.report, device),
            }
        )
    return found
