"""Designs of a project."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tinsmith.core.hashing import digest
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.facts import DataFacts
from tinsmith.impulse.findings import Finding, check
from tinsmith.server.errors import FieldProblem, NotFoundError, UnusableError
from tinsmith.server.impulses.schemas import ImpulseOut, ThresholdsIn
from tinsmith.server.targets.schemas import FindingOut
from tinsmith.store.tables import ImpulseRow, Model, Project, TestResult, now

_NAME_LENGTH = 200
# Where findings say that data and design do not fit: the input, and what labels learning needs.
_ABOUT_DATA = re.compile(r"input\b|learning\.\d+\.type$")


def checked(
    design: dict[str, Any], facts: DataFacts | None = None
) -> tuple[dict[str, Any], list[Finding]]:
    """A design with all defaults filled in, and what is doubtful about it.

    Args:
        design: Plain values; may be wrong in any way.
        facts: Of the project's data. Samples may still come, so labels, axes or rates that do not
            fit the input are doubts; settings that cannot work with it are not.

    Raises:
        UnusableError: It makes no sense; says which fields.
    """
    alone = check(design)
    found = check(design, facts) if facts else alone
    errors = [item for item in found if item.severity == "error"]
    errors = [item for item in errors if item in alone or not _ABOUT_DATA.match(item.path)]
    if not errors:
        impulse = parse_impulse(design)
        _check_name(impulse.name)
        return impulse.model_dump(mode="json"), found
    first = errors[0]
    raise UnusableError(
        f"{first.path or 'design'}: {first.message}",
        hint=first.hint or "correct the fields named",
        fields=[
            FieldProblem(path=f"body.design.{item.path}".rstrip("."), message=item.message)
            for item in errors
        ],
    )


def _check_name(name: str) -> None:
    if not 0 < len(name) <= _NAME_LENGTH:
        text = f"the name has {len(name)} characters; expected 1 to {_NAME_LENGTH}"
        problem = FieldProblem(path="body.design.name", message=text)
        raise UnusableError(text, hint="choose another name", fields=[problem])


def design_key(design: dict[str, Any]) -> str:
    """What tells designs apart that compute different things: all but the name."""
    return digest({key: value for key, value in design.items() if key != "name"})


def list_impulses(
    session: Session, project_id: int, *, deleted: bool = False, after: int = 0, limit: int = 1000
) -> Sequence[ImpulseRow]:
    """The designs of a project, or those in its trash, oldest first."""
    gone = ImpulseRow.deleted_at.is_not(None) if deleted else ImpulseRow.deleted_at.is_(None)
    statement = select(ImpulseRow).where(
        ImpulseRow.project_id == project_id, gone, ImpulseRow.id > after
    )
    return session.scalars(statement.order_by(ImpulseRow.id).limit(limit)).all()


def get_impulse(
    session: Session, project_id: int, impulse_id: int, *, deleted: bool = False
) -> ImpulseRow:
    """One design.

    Raises:
        NotFoundError: The project has no such design, or it is in the trash (`deleted`: it is not).
    """
    row = session.get(ImpulseRow, impulse_id)
    if row is None or row.project_id != project_id or (row.deleted_at is not None) != deleted:
        where = " in its trash" if deleted else ""
        raise NotFoundError(f"the project has no impulse {impulse_id}{where}")
    return row


def create_impulse(
    session: Session, project_id: int, design: dict[str, Any], is_default: bool | None
) -> ImpulseRow:
    """Adds a checked design; a project's first one is its default."""
    row = ImpulseRow(project_id=project_id, name=design["name"], design=design)
    return _added(session, row, is_default)


def _added(session: Session, row: ImpulseRow, is_default: bool | None) -> ImpulseRow:
    first = not list_impulses(session, row.project_id, limit=1)
    session.add(row)
    session.flush()
    if is_default or (first and is_default is None):
        make_default(session, row)
    return row


def update_impulse(
    session: Session, row: ImpulseRow, design: dict[str, Any], is_default: bool | None
) -> None:
    """Replaces a design by another checked one."""
    row.design, row.name = design, design["name"]
    row.revision += 1
    if is_default is not None:
        _set_default(session, row, is_default)


def change_impulse(
    session: Session, row: ImpulseRow, name: str | None, is_default: bool | None
) -> None:
    """Renames a design, or makes it the default one."""
    if name is not None:
        row.name, row.design = name, {**row.design, "name": name}
    if is_default is not None:
        _set_default(session, row, is_default)
    row.revision += 1


def _set_default(session: Session, row: ImpulseRow, wanted: bool) -> None:
    if wanted:
        make_default(session, row)
    else:
        row.is_default = False


def make_default(session: Session, row: ImpulseRow) -> None:
    """Makes a design the one pages open with."""
    session.execute(
        update(ImpulseRow).where(ImpulseRow.project_id == row.project_id).values(is_default=False)
    )
    row.is_default = True


def clone_impulse(
    session: Session, row: ImpulseRow, name: str | None, *, with_model: bool
) -> ImpulseRow:
    """Copies a design; with its model, which shares the files of the old one."""
    title = name or f"{row.name[: _NAME_LENGTH - 7]} (copy)"
    copy = ImpulseRow(project_id=row.project_id, name=title, design={**row.design, "name": title})
    _added(session, copy, is_default=False)
    model = session.get(Model, row.model_id) if with_model and row.model_id else None
    if model is not None:
        kept = ("design", "data_revision", "classes", "metrics", "history", "warnings", "counters")
        values = {field: getattr(model, field) for field in (*kept, "files", "job_id")}
        twin = Model(project_id=row.project_id, impulse_id=copy.id, **values)
        session.add(twin)
        session.flush()
        copy.model_id, copy.thresholds = twin.id, row.thresholds
    return copy


def delete_impulse(session: Session, row: ImpulseRow) -> None:
    """Puts a design into the trash; the oldest other one becomes the default in its place."""
    row.deleted_at = now()
    row.revision += 1
    was_default, row.is_default = row.is_default, False
    session.flush()
    others = list_impulses(session, row.project_id, limit=1)
    if was_default and others:
        others[0].is_default = True


def restore_impulse(session: Session, row: ImpulseRow) -> None:
    """Brings a design back from the trash; the only one becomes the default."""
    is_only = not list_impulses(session, row.project_id, limit=1)
    row.deleted_at = None
    row.revision += 1
    row.is_default = is_only


def use_model(session: Session, row: ImpulseRow, model_id: int | None) -> None:
    """Makes one of its models the one in use, or none of them.

    Raises:
        NotFoundError: The impulse has no such model.
    """
    if model_id is not None:
        model = session.get(Model, model_id)
        if model is None or model.impulse_id != row.id:
            raise NotFoundError(f"the impulse has no model {model_id}")
    row.model_id = model_id
    row.revision += 1


def outputs(
    session: Session,
    project_id: int,
    rows: Sequence[ImpulseRow],
    findings: Sequence[FindingOut] = (),
) -> list[ImpulseOut]:
    """What the API says of designs, with the state and the metrics of their models."""
    numbers = [row.model_id for row in rows if row.model_id is not None]
    models = {
        item.id: (item.design, item.data_revision)
        for item in session.execute(
            select(Model.id, Model.design, Model.data_revision).where(Model.id.in_(numbers))
        )
    }
    metrics = latest_metrics(session, numbers)
    revision = session.get_one(Project, project_id).data_revision
    found = []
    for row in rows:
        trained = models.get(row.model_id or 0)
        found.append(
            ImpulseOut(
                id=row.id,
                name=row.name,
                design=row.design,
                is_default=row.is_default,
                model_id=row.model_id if trained else None,
                model_is_stale=trained is not None
                and (trained[1] != revision or design_key(trained[0]) != design_key(row.design)),
                metrics=metrics.get(row.model_id or 0, {}),
                thresholds=ThresholdsIn.model_validate(row.thresholds) if row.thresholds else None,
                findings=list(findings),
                revision=row.revision,
                created_at=row.created_at,
                updated_at=row.updated_at,
                deleted_at=row.deleted_at,
            )
        )
    return found


def latest_metrics(session: Session, model_ids: Sequence[int]) -> dict[int, dict[str, float]]:
    """Of each model, by variant, the one number of its last test that says most."""
    rows = session.execute(
        select(TestResult.model_id, TestResult.variant, TestResult.metrics)
        .where(TestResult.model_id.in_(model_ids))
        .order_by(TestResult.id)
    )
    found: dict[int, dict[str, float]] = {}
    for model_id, variant, metrics in rows:
        value = headline(metrics)
        if value is not None:
            found.setdefault(model_id, {})[variant] = value
    return found


_HEADLINES = (("classification", "accuracy"), ("regression", "mae"), ("anomaly", "auroc"))


def headline(metrics: dict[str, Any]) -> float | None:
    """Accuracy, mean absolute error or area under the curve: of the first block that has any."""
    for part, name in _HEADLINES:
        value = (metrics.get(part) or {}).get(name)
        if value is not None:
            return float(value)
    return None
