"""The job `importance`: what each feature of an impulse says about the label."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy.orm import Session

from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.explorer import importance as measure
from tinsmith.impulse.features import plan_blocks, window_format
from tinsmith.jobs.kind import ImpulseArguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.artifacts import basis_of
from tinsmith.jobs.tasks.features import computed
from tinsmith.store.tables import Artifact

KIND = "importance"


class ImportanceArguments(ImpulseArguments):
    """Which impulse's features to look at."""


def importance(context: TaskContext, arguments: ImportanceArguments) -> Outcome:
    """Measures how much each feature of the training windows tells about the label.

    Raises:
        InputError: The samples do not fit the design, or too few of them have a label.
    """
    basis = basis_of(context, arguments.impulse_id)
    design = parse_impulse(basis.design)
    samples = context.samples("training")
    window = window_format(samples, design)
    table = computed(context, samples, design, window)
    context.events.log(f"Importance of the features of {len(table)} windows")
    found = measure(table, plan_blocks(design, window), _task(design))
    document = {"basis": basis.key, **found.to_dict()}

    def store(session: Session) -> dict[str, Any]:
        row = Artifact(
            project_id=context.project,
            job_id=context.job_id,
            kind=KIND,
            key=str(arguments.impulse_id),
            document=document,
        )
        session.add(row)
        session.flush()
        return {"artifact_id": row.id}

    return Outcome(store)


def _task(design: Impulse) -> Literal["classification", "regression"]:
    network = design.network()
    return "regression" if network and network.type == "regression" else "classification"
