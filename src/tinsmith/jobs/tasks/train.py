"""The job `train`: computes what features are missing and learns every block of an impulse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tinsmith.core.progress import Step
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.fit import fit
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.jobs.kind import ImpulseArguments
from tinsmith.jobs.observer import Observer
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.models import impulse_of
from tinsmith.store.tables import ImpulseRow, Model, Project
from tinsmith.store.trained import trained_columns


class TrainArguments(ImpulseArguments):
    """What to train."""


@dataclass(frozen=True)
class Training:
    """A trained impulse and the row that will keep it."""

    fitted: FittedImpulse
    row: Model

    def store(self, session: Session) -> dict[str, Any]:
        """Adds the model and makes it the one in use."""
        session.add(self.row)
        session.flush()
        # Locked, so that an edit at this moment cannot cost the training.
        impulse = session.get_one(ImpulseRow, self.row.impulse_id, with_for_update=True)
        impulse.model_id = self.row.id
        return {"model_id": self.row.id, **self.row.counters}


def train(context: TaskContext, arguments: TrainArguments) -> Outcome:
    """Trains an impulse on the training samples.

    Raises:
        InputError: The samples do not fit the design or do not suffice.
    """
    return Outcome(train_impulse(context, arguments.impulse_id).store)


def train_impulse(context: TaskContext, impulse_id: int) -> Training:
    """Learns every block with its saved settings; files are stored, rows are not yet.

    Raises:
        InputError: The samples do not fit the design or do not suffice.
    """
    with context.database.read() as session:
        impulse = impulse_of(session, context.project, impulse_id)
        revision = session.get_one(Project, context.project).data_revision
    samples = context.samples("training")
    context.events.log(f"Training {impulse.name!r} on {len(samples)} recordings")
    observer = Observer(context.events)
    fitted = fit(
        parse_impulse(impulse.design),
        samples,
        cache=context.cache,
        progress=observer,
        executor=context.executor,
    )
    context.events.log(observer.summary())
    for text in fitted.warnings:
        context.events.log(f"Note: {text}")
    history = fitted.network.history if fitted.network else []
    if history and not observer.epochs:
        context.events.log("The network was trained like this before and comes from the cache")
        for number, epoch in enumerate(history, start=1):
            observer.epoch(number, {k: v for k, v in epoch.items() if v is not None})
    context.events.progress(Step("storing", 0, 1))
    row = Model(
        project_id=context.project,
        impulse_id=impulse_id,
        job_id=context.job_id,
        design=impulse.design,
        data_revision=revision,
        counters=observer.counters(),
        **trained_columns(fitted, context.blobs),
    )
    return Training(fitted, row)
