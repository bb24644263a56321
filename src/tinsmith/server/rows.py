"""Rows of a project by their numbers; those of other projects are not found."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.orm import Session

from tinsmith.server.errors import NotFoundError
from tinsmith.store.tables import Deployment, Device, Job, Model, ProfileRow, TestResult

Row = TypeVar("Row", Deployment, Device, Job, Model, ProfileRow, TestResult)

_NAMES = {
    Deployment: "deployment",
    Device: "device",
    Job: "job",
    Model: "model",
    ProfileRow: "profile",
    TestResult: "test result",
}


def project_row(session: Session, table: type[Row], project_id: int, number: int) -> Row:
    """One row of a project.

    Raises:
        NotFoundError: The project has none of this number.
    """
    row = session.get(table, number)
    if row is None or row.project_id != project_id:
        raise NotFoundError(f"the project has no {_NAMES[table]} {number}")
    return row
