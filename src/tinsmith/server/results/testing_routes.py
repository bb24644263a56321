"""Endpoints of test results."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy.orm import Session

from tinsmith.server.context import App, Context, Reading
from tinsmith.server.paging import Cursor, Limit, Page, after_count, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.results import testing
from tinsmith.server.results.routes import OfImpulse, OfModel
from tinsmith.server.results.schemas import VariantName
from tinsmith.server.results.scores import JUDGEMENTS, Judged
from tinsmith.server.results.testing import Only, Wanted
from tinsmith.server.results.testing_schemas import (
    SampleResultOut,
    TestResultDetail,
    TestResultOut,
    WindowResultOut,
)
from tinsmith.server.rows import project_row
from tinsmith.store.tables import TestResult

router = APIRouter(tags=["results"])
ResultId = Annotated[int, Path(ge=1, lt=2**63, description="The test result's number.")]
Named = Annotated[str | None, Query(max_length=200)]


def _thresholds(
    minimum_confidence: Annotated[
        float | None, Query(ge=0, le=1, allow_inf_nan=False, description="Below it: uncertain.")
    ] = None,
    anomaly: Annotated[
        float | None, Query(ge=-1e9, le=1e9, allow_inf_nan=False, description="Above it: anomaly.")
    ] = None,
    largest_error: Annotated[
        float | None,
        Query(ge=0, le=1e30, allow_inf_nan=False, description="How far off is right."),
    ] = None,
) -> dict[str, Any]:
    given = {
        "minimum_confidence": minimum_confidence,
        "anomaly": anomaly,
        "largest_error": largest_error,
    }
    return {name: value for name, value in given.items() if value is not None}


def _filters(
    label: Named = None,
    decision: Named = None,
    only: Annotated[
        Only | None, Query(description="Wrong ones, or those with uncertain windows or anomalies.")
    ] = None,
) -> Wanted:
    return Wanted(label, decision, only)


Thresholds = Annotated[dict[str, Any], Depends(_thresholds)]
Filters = Annotated[Wanted, Depends(_filters)]


@router.get("/projects/{project_id}/test-results")
def list_test_results(
    project_id: ProjectId,
    session: Reading,
    impulse_id: OfImpulse = None,
    model_id: OfModel = None,
    variant: Annotated[VariantName | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[TestResultOut]:
    """The project's test results, newest first."""
    found = testing.list_tests(
        session,
        project_id,
        impulse_id=impulse_id,
        model_id=model_id,
        variant=variant,
        before=after_number(cursor),
        limit=limit + 1,
    )
    rows, more = cut(found, limit)
    return Page(items=testing.test_outputs(session, project_id, rows), next_cursor=more)


@router.get("/projects/{project_id}/test-results/{result_id}")
def get_test_result(
    project_id: ProjectId, result_id: ResultId, session: Reading, app: App, thresholds: Thresholds
) -> TestResultDetail:
    """One test result, judged by thresholds without running anything again."""
    row = project_row(session, TestResult, project_id, result_id)
    return testing.test_detail(session, row, _judged(session, app, row, thresholds))


@router.get("/projects/{project_id}/test-results/{result_id}/samples")
def list_sample_results(  # noqa: PLR0913 - one filter an argument
    project_id: ProjectId,
    result_id: ResultId,
    session: Reading,
    app: App,
    thresholds: Thresholds,
    filters: Filters,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[SampleResultOut]:
    """Results by sample, those with most wrong windows first."""
    row = project_row(session, TestResult, project_id, result_id)
    judged = _judged(session, app, row, thresholds)
    start = after_count(cursor)
    found = testing.sample_results(session, row, judged, filters, start, limit + 1)
    items, more = cut(found, limit, key=lambda _: start + limit)
    return Page(items=list(items), next_cursor=more)


@router.get("/projects/{project_id}/test-results/{result_id}/windows")
def list_window_results(  # noqa: PLR0913 - one filter an argument
    project_id: ProjectId,
    result_id: ResultId,
    session: Reading,
    app: App,
    thresholds: Thresholds,
    filters: Filters,
    sample_id: Annotated[
        int | None, Query(ge=1, lt=2**63, description="Only windows of this sample.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[WindowResultOut]:
    """Results by window with all scores, in the order of the test."""
    row = project_row(session, TestResult, project_id, result_id)
    judged = _judged(session, app, row, thresholds)
    start = after_count(cursor)
    wanted = Wanted(filters.label, filters.decision, filters.only, sample_id)
    found = testing.window_results(session, row, judged, wanted, start, limit + 1)
    items, more = cut(found, limit, key=lambda _: start + limit)
    return Page(items=list(items), next_cursor=more)


def _judged(session: Session, app: Context, row: TestResult, given: dict[str, Any]) -> Judged:
    saved = testing.saved_thresholds(session, row) or {}
    return JUDGEMENTS.get(row, {**saved, **given}, app.blobs)
