"""The job `test`: runs the compiled impulse, every variant, on the test samples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from tinsmith.impulse.evaluate import evaluate
from tinsmith.impulse.fitted import VARIANTS, FittedImpulse
from tinsmith.jobs.kind import ImpulseArguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.models import model_of
from tinsmith.store.tables import Project, TestResult
from tinsmith.store.trained import fetch_fitted


class TestArguments(ImpulseArguments):
    """What to test."""


def test(context: TaskContext, arguments: TestArguments) -> Outcome:
    """Tests the model that an impulse was trained into last.

    Raises:
        InputError: It is not trained, or there are no labelled test samples that fit.
    """
    with context.database.read() as session:
        model = model_of(session, context.project, arguments.impulse_id)
    rows = evaluated(context, fetch_fitted(model, context.blobs))

    def store(session: Session) -> dict[str, Any]:
        return store_results(session, rows, model.id)

    return Outcome(store)


def evaluated(context: TaskContext, fitted: FittedImpulse) -> list[TestResult]:
    """Results of every variant, as rows that do not know their model yet."""
    with context.database.read() as session:
        revision = session.get_one(Project, context.project).data_revision
    samples = context.samples("testing")
    rows = []
    for variant in VARIANTS:
        context.events.log(f"Testing {variant} on {len(samples)} recordings")
        document = evaluate(fitted, samples, variant, progress=context.events.progress).to_dict()
        windows = json.dumps(document.pop("windows")).encode()
        rows.append(
            TestResult(
                project_id=context.project,
                job_id=context.job_id,
                variant=variant,
                data_revision=revision,
                metrics=document,
                windows_hash=context.blobs.put(windows).hash,
            )
        )
    return rows


def store_results(session: Session, rows: Sequence[TestResult], model_id: int) -> dict[str, Any]:
    """Adds the results of a model."""
    for row in rows:
        row.model_id = model_id
    session.add_all(rows)
    session.flush()
    return {"test_result_ids": [row.id for row in rows]}
