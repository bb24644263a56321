"""The job `train`: computes what features are missing and learns every block of an impulse."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tinsmith.core.progress import Step
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.fit import fit
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.models import impulse_of, store_fitted
from tinsmith.store.tables import ImpulseRow, Model, Project


def train(context: TaskContext) -> Outcome:
    """Trains the impulse `impulse_id`.

    Raises:
        InputError: The samples do not fit the design or do not suffice.
    """
    impulse_id = int(context.arguments["impulse_id"])
    with context.database.read() as session:
        impulse = impulse_of(session, context.project, impulse_id)
        revision = session.get_one(Project, context.project).data_revision
    design = parse_impulse(impulse.design)
    samples = context.samples("training")
    context.events.log(f"Training {impulse.name!r} on {len(samples)} recordings")
    fitted = fit(design, samples, cache=context.cache, progress=context.events.progress)
    for text in fitted.warnings:
        context.events.log(f"Note: {text}")
    history = fitted.network.history if fitted.network else []
    for epoch in history:
        context.events.metric("epoch", {k: v for k, v in epoch.items() if v is not None})
    context.events.progress(Step("storing", 0, 1))
    files = store_fitted(fitted, context.blobs)

    def store(session: Session) -> dict[str, Any]:
        model = Model(
            project_id=context.project,
            impulse_id=impulse_id,
            job_id=context.job_id,
            design=impulse.design,
            data_revision=revision,
            classes=list(fitted.classes),
            metrics=_metrics(history, fitted.network.parameters if fitted.network else 0),
            history=history,
            warnings=list(fitted.warnings),
            files=files,
        )
        session.add(model)
        session.flush()
        session.get_one(ImpulseRow, impulse_id).model_id = model.id
        return {"model_id": model.id}

    return Outcome(store)


def _metrics(history: list[dict[str, float]], parameters: int) -> dict[str, Any]:
    """What is said of a model in one line: the best epoch's validation and its size."""
    judged = [epoch for epoch in history if epoch.get("validation_loss") is not None]
    best = min(judged, key=lambda epoch: epoch["validation_loss"]) if judged else {}
    return {
        "parameters": parameters,
        "validation_metric": best.get("validation_metric"),
        "validation_loss": best.get("validation_loss"),
    }
