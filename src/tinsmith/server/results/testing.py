"""Test results: metrics, samples and windows at any thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.impulse.rescore import ANOMALY, UNCERTAIN, SampleResult, WindowResult
from tinsmith.server.errors import NotFoundError
from tinsmith.server.results.models import design_differs, staleness
from tinsmith.server.results.scores import Judged
from tinsmith.server.results.testing_schemas import (
    RescoredOut,
    SampleResultOut,
    TestResultDetail,
    TestResultOut,
    WindowResultOut,
)
from tinsmith.store.tables import ImpulseRow, Model, SampleRow, TestResult

Only = Literal["wrong", "uncertain", "anomaly"]


@dataclass(frozen=True)
class Wanted:
    """Which results to list; None asks for all.

    Args:
        label, decision: What it is, and what it was taken for.
        only: Wrong ones, or those that were uncertain or anomalies at least in part.
        sample_id: Windows of this sample.
    """

    label: str | None = None
    decision: str | None = None
    only: Only | None = None
    sample_id: int | None = None


def list_tests(
    session: Session,
    project_id: int,
    *,
    impulse_id: int | None,
    model_id: int | None,
    variant: str | None,
    before: int | None,
    limit: int,
) -> Sequence[TestResult]:
    """Test results of a project, newest first."""
    statement = select(TestResult).where(TestResult.project_id == project_id)
    if impulse_id is not None:
        of_impulse = select(Model.id).where(Model.impulse_id == impulse_id)
        statement = statement.where(TestResult.model_id.in_(of_impulse))
    if model_id is not None:
        statement = statement.where(TestResult.model_id == model_id)
    if variant is not None:
        statement = statement.where(TestResult.variant == variant)
    if before is not None:
        statement = statement.where(TestResult.id < before)
    return session.scalars(statement.order_by(TestResult.id.desc()).limit(limit)).all()


def test_outputs(
    session: Session, project_id: int, rows: Sequence[TestResult]
) -> list[TestResultOut]:
    """What the API says of test results in lists."""
    return [TestResultOut(**fields) for fields in _fields(session, project_id, rows)]


def test_detail(session: Session, row: TestResult, judged: Judged) -> TestResultDetail:
    """Everything the API says of a test result but its samples and windows."""
    rescored = RescoredOut.model_validate(judged.rescored) if judged.rescored else None
    return TestResultDetail(**_fields(session, row.project_id, [row])[0], rescored=rescored)


def saved_thresholds(session: Session, row: TestResult) -> dict[str, Any] | None:
    """The thresholds that the impulse's results are judged by; None: those of training."""
    statement = (
        select(ImpulseRow.thresholds)
        .join(Model, Model.impulse_id == ImpulseRow.id)
        .where(Model.id == row.model_id)
    )
    return session.scalar(statement)


def sample_results(
    session: Session, row: TestResult, judged: Judged, wanted: Wanted, start: int, limit: int
) -> list[SampleResultOut]:
    """Results by sample, those with most wrong windows first."""
    every = judged.rescored.samples if judged.rescored else ()
    chosen = _slice((item for item in every if _fits_sample(item, wanted)), start, limit)
    numbers = _numbers(session, row.project_id, [item.sample_id for item in chosen])
    return [
        SampleResultOut(
            sample_id=numbers.get(item.sample_id),
            sample=item.sample,
            label=item.label,
            decision=item.decision,
            windows=item.windows,
            right=item.right,
            counts=item.counts,
        )
        for item in chosen
    ]


def window_results(
    session: Session, row: TestResult, judged: Judged, wanted: Wanted, start: int, limit: int
) -> list[WindowResultOut]:
    """Results by window, in the order of the test."""
    every = judged.rescored.windows if judged.rescored else ()
    key = None
    if wanted.sample_id is not None:
        key = _key(session, row.project_id, wanted.sample_id)
    fitting = (
        item
        for item in every
        if _fits_window(item, wanted) and (key is None or item.sample_id == key)
    )
    chosen = _slice(fitting, start, limit)
    numbers = _numbers(session, row.project_id, [item.sample_id for item in chosen])
    found = []
    for item in chosen:
        scores, anomaly = judged.scores.get((item.sample_id, item.start_ms), (None, None))
        found.append(
            WindowResultOut(
                sample_id=numbers.get(item.sample_id),
                sample=item.sample,
                start_ms=item.start_ms,
                label=item.label,
                decision=item.decision,
                is_right=item.is_right,
                scores=scores,
                anomaly=anomaly,
            )
        )
    return found


def _fits_sample(item: SampleResult, wanted: Wanted) -> bool:
    if wanted.label is not None and item.label != wanted.label:
        return False
    if wanted.decision is not None and item.decision != wanted.decision:
        return False
    if wanted.only == "wrong":
        return item.right < item.windows
    part = {"uncertain": UNCERTAIN, "anomaly": ANOMALY}.get(wanted.only or "")
    return part is None or item.counts.get(part, 0) > 0


def _fits_window(item: WindowResult, wanted: Wanted) -> bool:
    if wanted.label is not None and item.label != wanted.label:
        return False
    if wanted.decision is not None and item.decision != wanted.decision:
        return False
    if wanted.only == "wrong":
        return not item.is_right
    part = {"uncertain": UNCERTAIN, "anomaly": ANOMALY}.get(wanted.only or "")
    return part is None or item.decision == part


def _slice(items: Iterable[Any], start: int, limit: int) -> list[Any]:
    return list(items)[start : start + limit]


def _numbers(session: Session, project_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Row numbers of samples by their keys."""
    rows = session.execute(
        select(SampleRow.key, SampleRow.id).where(
            SampleRow.project_id == project_id, SampleRow.key.in_(set(keys))
        )
    )
    return {row.key: row.id for row in rows}


def _key(session: Session, project_id: int, sample_id: int) -> str:
    key = session.scalar(
        select(SampleRow.key).where(SampleRow.id == sample_id, SampleRow.project_id == project_id)
    )
    if key is None:
        raise NotFoundError(f"the project has no sample {sample_id}")
    return key


def _fields(session: Session, project_id: int, rows: Sequence[TestResult]) -> list[dict[str, Any]]:
    numbers = {row.model_id for row in rows}
    models = {
        number: (impulse_id, design)
        for number, impulse_id, design in session.execute(
            select(Model.id, Model.impulse_id, Model.design).where(Model.id.in_(numbers))
        )
    }
    wanted = [impulse_id for impulse_id, _ in models.values()]
    revision, impulses = staleness(session, project_id, wanted)
    found = []
    for row in rows:
        impulse_id, design = models[row.model_id]
        found.append(
            {
                "id": row.id,
                "model_id": row.model_id,
                "impulse_id": impulse_id,
                "job_id": row.job_id,
                "variant": row.variant,
                "metrics": row.metrics,
                "data_revision": row.data_revision,
                "data_changed": row.data_revision != revision,
                "design_changed": design_differs(impulses.get(impulse_id), design),
                "created_at": row.created_at,
            }
        )
    return found
