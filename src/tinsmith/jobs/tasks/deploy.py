"""The job `deploy`: packages a trained impulse, verified on its target."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tinsmith.impulse.codegen import identifier
from tinsmith.impulse.features import cut_windows
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.models import model_of
from tinsmith.jobs.tasks.profile import ProfileArguments
from tinsmith.store.tables import Deployment, Project
from tinsmith.store.trained import fetch_fitted


class DeployArguments(ProfileArguments):
    """What to package, and for what."""

    form: str = Field(default="cpp-library", max_length=80)


def deploy(context: TaskContext, arguments: DeployArguments) -> Outcome:
    """Packages the model that an impulse was trained into last.

    Raises:
        InputError: It is not trained, or target or form do not exist.
        VerificationError: The build does not compute what was trained; there is no package.
    """
    from tinsmith.deployment.deploy import deploy as make

    target, variant = arguments.target, arguments.variant
    with context.database.read() as session:
        model = model_of(session, context.project, arguments.impulse_id)
    fitted = fetch_fitted(model, context.blobs)
    samples = context.samples("testing") or context.samples("training")
    windows = cut_windows(samples, fitted.design, fitted.window, context.events.progress)
    name = f"{identifier(fitted.design.name)}-{variant}-{target}"
    context.events.log(f"Building and verifying {name}")
    with tempfile.TemporaryDirectory() as folder:
        result = make(
            fitted,
            windows,
            Path(folder) / f"{name}.zip",
            target=arguments.form,
            core=target,
            variant=variant,
            memory=arguments.memory,
            progress=context.events.progress,
        )
        blob = context.blobs.put_file(result.path)
    report = result.report.model_dump(mode="json")

    def store(session: Session) -> dict[str, Any]:
        number = next_number(session, context.project)
        row = Deployment(
            project_id=context.project,
            number=number,
            impulse_id=model.impulse_id,
            model_id=model.id,
            job_id=context.job_id,
            form=arguments.form,
            target=target,
            variant=variant,
            memory=arguments.memory,
            file_name=f"{name}-v{number}.zip",
            blob_hash=blob.hash,
            size_bytes=blob.size,
            report=report,
            created_by=context.created_by,
        )
        session.add(row)
        session.flush()
        return {"deployment_id": row.id, "number": number}

    return Outcome(store)


def next_number(session: Session, project_id: int) -> int:
    """The number of the next deployment, given out to one transaction at a time.

    Rows of deployments are never deleted, so a number never comes twice.
    """
    # The project's row is the lock.
    session.get_one(Project, project_id, with_for_update=True)
    last = select(func.max(Deployment.number)).where(Deployment.project_id == project_id)
    return (session.scalar(last) or 0) + 1
