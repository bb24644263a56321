"""Endpoints of models and test results."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlalchemy import select

from tinsmith.server.context import Reading
from tinsmith.server.errors import NotFoundError
from tinsmith.server.paging import Limit
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.results.schemas import ModelOut, TestResultOut
from tinsmith.store.tables import Model, TestResult

router = APIRouter(tags=["results"])
ModelId = Annotated[int, Path(ge=1, lt=2**63, description="The model's number.")]
OfImpulse = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("/projects/{project_id}/models")
def list_models(
    project_id: ProjectId, session: Reading, impulse_id: OfImpulse = None, limit: Limit = 100
) -> list[ModelOut]:
    """The project's models, newest first."""
    statement = select(Model).where(Model.project_id == project_id)
    if impulse_id is not None:
        statement = statement.where(Model.impulse_id == impulse_id)
    rows = session.scalars(statement.order_by(Model.id.desc()).limit(limit)).all()
    return [ModelOut.model_validate(row) for row in rows]


@router.get("/projects/{project_id}/models/{model_id}")
def get_model(project_id: ProjectId, model_id: ModelId, session: Reading) -> ModelOut:
    """One model."""
    row = session.get(Model, model_id)
    if row is None or row.project_id != project_id:
        raise NotFoundError(f"the project has no model {model_id}")
    return ModelOut.model_validate(row)


@router.get("/projects/{project_id}/test-results")
def list_test_results(
    project_id: ProjectId,
    session: Reading,
    model_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Limit = 100,
) -> list[TestResultOut]:
    """The project's test results, newest first."""
    statement = select(TestResult).where(TestResult.project_id == project_id)
    if model_id is not None:
        statement = statement.where(TestResult.model_id == model_id)
    rows = session.scalars(statement.order_by(TestResult.id.desc()).limit(limit)).all()
    return [TestResultOut.model_validate(row) for row in rows]
