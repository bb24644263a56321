"""The job `profile`: what a trained impulse costs on a target."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.profile import profile as measure
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.models import fetch_fitted, model_of
from tinsmith.store.tables import ProfileRow


def profile(context: TaskContext) -> Outcome:
    """Profiles the model of `impulse_id` as `variant` on `target` with a `memory` mode.

    Raises:
        InputError: It is not trained, or there is no such target.
    """
    arguments = context.arguments
    with context.database.read() as session:
        model = model_of(session, context.project, int(arguments["impulse_id"]))
    fitted = fetch_fitted(model, context.blobs)
    samples = context.samples("testing") or context.samples("training")
    windows = cut_windows(samples[:20], fitted.design, fitted.window, context.events.progress)
    target, variant, memory = arguments["target"], arguments["variant"], arguments["memory"]
    context.events.log(f"Measuring {variant} on {target}")
    found = measure(fitted, windows.values, target=target, variant=variant, memory=memory)
    row = ProfileRow(
        project_id=context.project,
        model_id=model.id,
        job_id=context.job_id,
        variant=variant,
        target=target,
        memory=memory,
        document=found.to_dict(),
    )

    def store(session: Session) -> dict[str, Any]:
        session.add(row)
        session.flush()
        return {"profile_id": row.id}

    return Outcome(store)
