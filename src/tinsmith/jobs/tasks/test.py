"""The job `test`: runs the compiled impulse, every variant, on the test samples."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.orm import Session

from tinsmith.impulse.evaluate import evaluate
from tinsmith.impulse.fitted import VARIANTS
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.models import fetch_fitted, model_of
from tinsmith.store.tables import Project, TestResult


def test(context: TaskContext) -> Outcome:
    """Tests the model of the impulse `impulse_id`.

    Raises:
        InputError: It is not trained, or there are no labelled test samples that fit.
    """
    with context.database.read() as session:
        model = model_of(session, context.project, int(context.arguments["impulse_id"]))
        revision = session.get_one(Project, context.project).data_revision
    fitted = fetch_fitted(model, context.blobs)
    samples = context.samples("testing")
    rows = []
    for variant in VARIANTS:
        context.events.log(f"Testing {variant} on {len(samples)} recordings")
        document = evaluate(fitted, samples, variant, progress=context.events.progress).to_dict()
        windows = json.dumps(document.pop("windows")).encode()
        rows.append(
            TestResult(
                project_id=context.project,
                model_id=model.id,
                job_id=context.job_id,
                variant=variant,
                data_revision=revision,
                metrics=document,
                windows_hash=context.blobs.put(windows).hash,
            )
        )

    def store(session: Session) -> dict[str, Any]:
        session.add_all(rows)
        session.flush()
        return {"test_result_ids": [row.id for row in rows]}

    return Outcome(store)
