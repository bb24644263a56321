"""What an administrator does on the machine itself, past the API and also while it serves."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.errors import EnvironmentError_, InputError
from tinsmith.server.context import Caller
from tinsmith.server.errors import ApiError
from tinsmith.server.settings import Settings
from tinsmith.server.users.service import user_of
from tinsmith.store.backup import newest
from tinsmith.store.database import open_database, revision
from tinsmith.store.tables import Project, User

M = TypeVar("M", bound=BaseModel)
# Whom the audit log names: nobody who signed in, but somebody who may read the database anyway.
LOCAL = Caller(is_admin=True, address="command line")


@contextlib.contextmanager
def local_session(settings: Settings) -> Iterator[Session]:
    """A transaction on a server's database.

    Raises:
        InputError: There is none, or what is asked of it cannot be done.
        EnvironmentError_: Its tables are of another Tinsmith.
    """
    require_data(settings)
    database = open_database(settings.database)
    try:
        if revision(database) != newest(database):
            raise EnvironmentError_(
                "the tables are not those of this Tinsmith", hint="start the server with it once"
            )
        with database.write() as session:
            yield session
    except ApiError as error:
        raise InputError(error.message, hint=error.hint) from error
    finally:
        database.close()


def require_data(settings: Settings) -> None:
    """Refuses to make a database where one is expected.

    Raises:
        InputError: The folder has none.
    """
    if not settings.database_url and not (settings.data / "tinsmith.sqlite").is_file():
        raise InputError(
            "there is no server's data", path=settings.data, hint="name its folder with --data"
        )


def find_person(session: Session, email: str = "") -> User:
    """The account of an address, or the first administrator.

    Raises:
        NotFoundError: Nobody has this address.
        InputError: There is no administrator.
    """
    if email:
        return user_of(session, email)
    admins = select(User).where(User.is_admin, User.enabled).order_by(User.id).limit(1)
    found = session.scalar(admins)
    if found is None:
        raise InputError("there is no administrator", hint="tinsmith admin user add EMAIL --admin")
    return found


def all_people(session: Session) -> list[User]:
    """Every account, oldest first."""
    return list(session.scalars(select(User).order_by(User.id)))


def project_named(session: Session, name: str) -> int | None:
    """The number of the first project with a name."""
    statement = select(Project.id).where(Project.name == name, Project.deleted_at.is_(None))
    return session.scalar(statement.order_by(Project.id).limit(1))


def checked(schema: type[M], **values: Any) -> M:
    """Values as the API would take them.

    Raises:
        InputError: It would not.
    """
    try:
        return schema(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: {first['msg']}", hint="give another one") from error
