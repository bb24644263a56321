"""The job `import_project`: fills a new project from an archive of a project folder."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tinsmith.core.errors import InputError
from tinsmith.datasets.archive import extract
from tinsmith.jobs.kind import Arguments
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.store.project_folder import find_project, read_folder
from tinsmith.store.project_restore import restore
from tinsmith.store.tables import ImpulseRow, Project, SampleRow


class ImportProjectArguments(Arguments):
    """What to import."""

    archive: str = Field(pattern=r"^[0-9a-f]{64}$", description="The blob with the archive.")
    file_name: str = Field(default="project.zip", max_length=300)
    keep_name: bool = Field(
        default=False, description="Keeps the project's name instead of the folder's."
    )


def import_project(context: TaskContext, arguments: ImportProjectArguments) -> Outcome:
    """Reads a project folder; its contents are stored, and all rows at the end together.

    Raises:
        DatasetError: The archive is damaged or hostile, or a recording is missing.
        InputError: It holds no project, or the project it goes into is not empty.
        UnsupportedError: It is no archive that is read.
    """
    progress = context.events.progress
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / (Path(arguments.file_name).name or "archive")
        archive = archive.with_name(f"archive-{archive.name}"[:200])
        shutil.copyfile(context.blobs.path(arguments.archive), archive)
        unpacked = extract(archive, Path(scratch) / "unpacked", progress=progress)
        archive.unlink()
        for problem in unpacked.problems:
            context.events.log(f"Note: {problem}")
        state = read_folder(find_project(Path(scratch) / "unpacked"), context.blobs, progress)
    context.events.log(f"{state.samples.count} samples, {len(state.impulses)} impulses")

    def store(session: Session) -> dict[str, Any]:
        project = session.get_one(Project, context.project, with_for_update=True)
        check_empty(session, context.project)
        name = project.name
        restored = restore(session, context.project, state, context.blobs)
        if arguments.keep_name:
            project.name = name
        return {"project_id": context.project, "samples": restored.added}

    return Outcome(store)


def check_empty(session: Session, project_id: int) -> None:
    """Refuses to mix a whole project with what is in another one already.

    Raises:
        InputError: The project has samples or impulses, perhaps in the trash.
    """
    for table in (SampleRow, ImpulseRow):
        if session.scalar(select(func.count()).where(table.project_id == project_id)):
            raise InputError("the project is not empty any more", hint="import into a new project")
