"""The demonstration as a project of a server."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tinsmith.cli.demonstration import steps
from tinsmith.core.progress import Progress
from tinsmith.server.context import Caller, Context
from tinsmith.server.local import find_person, project_named
from tinsmith.server.projects.schemas import ProjectIn
from tinsmith.server.projects.service import create_project
from tinsmith.store.project_folder import read_folder
from tinsmith.store.project_restore import restore

NAME = "Demonstration: shoulder exercises"


def add_demonstration(context: Context, progress: Progress) -> int:
    """Makes the project with its recordings and its impulse, unless it is there; its number.

    Raises:
        EnvironmentError_: The recordings could not be downloaded.
    """
    with context.database.read() as session:
        found, owner = project_named(session, NAME), find_person(session)
    if found is not None:
        return found
    with tempfile.TemporaryDirectory() as scratch:
        made = steps.start(Path(scratch))
        steps.import_recordings(made, progress)
        state = read_folder(made.project.root, context.blobs, progress)
    with context.database.write() as session:
        project = create_project(session, Caller(user_id=owner.id), ProjectIn(name=NAME))
        restore(session, project.id, state, context.blobs)
        project.name = NAME
    return project.id
