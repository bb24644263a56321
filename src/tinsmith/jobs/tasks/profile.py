"""The job `profile`: what a trained impulse costs on a target."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from tinsmith.impulse.features import cut_windows
from tinsmith.impulse.profile import profile as measure
from tinsmith.jobs.kind import ImpulseArguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.models import model_of
from tinsmith.store.tables import ProfileRow
from tinsmith.store.trained import fetch_fitted


class ProfileArguments(ImpulseArguments):
    """What to measure, and where."""

    target: str = Field(default="cortex-m4f", max_length=80)
    variant: Literal["float32", "int8"] = "int8"
    memory: Literal["balanced", "smallest"] = "balanced"


def profile(context: TaskContext, arguments: ProfileArguments) -> Outcome:
    """Profiles the model that an impulse was trained into last.

    Raises:
        InputError: It is not trained, or there is no such target.
    """
    with context.database.read() as session:
        model = model_of(session, context.project, arguments.impulse_id)
    fitted = fetch_fitted(model, context.blobs)
    samples = context.samples("testing") or context.samples("training")
    windows = cut_windows(samples[:20], fitted.design, fitted.window, context.events.progress)
    target, variant, memory = arguments.target, arguments.variant, arguments.memory
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
