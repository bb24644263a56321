"""The demonstration as a project of a server."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy import select

from tinsmith.cli.demonstration import steps
from tinsmith.core.progress import Progress
from tinsmith.server.context import Caller, Context
from tinsmith.server.projects.schemas import ProjectIn
from tinsmith.server.projects.service import create_project
from tinsmith.store.project_folder import read_folder
from tinsmith.store.project_restore import restore
from tinsmith.store.tables import Project, User

NAME = "Demonstration: shoulder exercises"


def add_demonstration(context: Context, progress: Progress) -> int:
    """Makes the project with its recordings and its impulse, unless it is there; its number.

    Raises:
        EnvironmentError_: The recordings could not be downloaded.
    """
    with context.database.read() as session:
        found = session.scalar(
            select(Project.id).where(Project.name == NAME, Project.deleted_at.is_(None)).limit(1)
        )
        owner = session.scalar(select(User.id).where(User.is_admin, User.enabled).order_by(User.id))
    if found is not None:
        return found
    with tempfile.TemporaryDirectory() as scratch:
        made = steps.start(Path(scratch))
        steps.import_recordings(made, progress)
        state = read_folder(made.project.root, context.blobs, progress)
    with context.database.write() as session:
        project = create_project(session, Caller(user_id=owner), ProjectIn(name=NAME))
        restore(session, project.id, state, context.blobs)
        project.name = NAME
    return project.id
