"""The job `retrain`: everything of an impulse once more on the data as it is now."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session

from tinsmith.jobs.kind import ImpulseArguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.test import evaluated, store_results
from tinsmith.jobs.tasks.train import train_impulse


class RetrainArguments(ImpulseArguments):
    """What to retrain with its saved settings."""

    test: bool = Field(default=True, description="Also run model testing afterwards.")


def retrain(context: TaskContext, arguments: RetrainArguments) -> Outcome:
    """Computes features, learns every block and tests the result; all of it is stored, or nothing.

    Raises:
        InputError: The samples do not fit the design or do not suffice.
    """
    training = train_impulse(context, arguments.impulse_id)
    rows = []
    if arguments.test and context.samples("testing"):
        rows = evaluated(context, training.fitted)
    elif arguments.test:
        context.events.log("There are no test samples: the model is not tested")

    def store(session: Session) -> dict[str, Any]:
        result = training.store(session)
        return result | store_results(session, rows, result["model_id"])

    return Outcome(store)
