"""Projects and their keys."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from tinsmith.server.context import Caller
from tinsmith.server.errors import FieldProblem, ForbiddenError, NotFoundError, UnusableError
from tinsmith.server.permissions import Permission
from tinsmith.server.projects.schemas import ApiKeyIn, ProjectChange, ProjectIn
from tinsmith.server.secrets_ import hash_secret, new_api_key
from tinsmith.server.security import organization_permissions
from tinsmith.store.tables import ApiKey, Collaborator, Membership, Project, now

_PREFIX_LENGTH = 10


def create_project(session: Session, caller: Caller, wanted: ProjectIn) -> Project:
    """Makes a project; whoever makes it owns it.

    Raises:
        ForbiddenError: Keys of one project make none, and members of an organization only there.
    """
    if caller.project_id is not None or caller.scope not in (None, "admin"):
        raise ForbiddenError("this key may not make projects", hint="sign in, or use an admin key")
    if wanted.organization_id is not None:
        granted = organization_permissions(session, caller, wanted.organization_id)
        if not granted:
            raise NotFoundError("there is no such organization")
        if Permission.ORGANIZATION_CREATE_PROJECT not in granted:
            raise ForbiddenError("guests of an organization may not make projects in it")
    project = Project(
        name=wanted.name, description=wanted.description, organization_id=wanted.organization_id
    )
    session.add(project)
    session.flush()
    if caller.user_id is not None:
        session.add(Collaborator(project_id=project.id, user_id=caller.user_id, role="owner"))
    return project


def list_projects(
    session: Session, caller: Caller, after: int | None, limit: int
) -> Sequence[Project]:
    """The projects a caller may see, newest first."""
    statement = select(Project).where(Project.deleted_at.is_(None))
    if caller.project_id is not None:
        statement = statement.where(Project.id == caller.project_id)
    elif not caller.is_admin:
        own = select(Collaborator.project_id).where(Collaborator.user_id == caller.user_id)
        theirs = select(Membership.organization_id).where(
            Membership.user_id == caller.user_id, Membership.role.in_(("admin", "member"))
        )
        statement = statement.where(or_(Project.id.in_(own), Project.organization_id.in_(theirs)))
    if after is not None:
        statement = statement.where(Project.id < after)
    return session.scalars(statement.order_by(Project.id.desc()).limit(limit)).all()


def update_project(project: Project, change: ProjectChange) -> None:
    """Changes a project."""
    for name, value in change.model_dump(exclude_unset=True).items():
        if value is not None:
            setattr(project, name, value)
    project.revision += 1


def create_api_key(
    session: Session, caller: Caller, project_id: int, wanted: ApiKeyIn
) -> tuple[ApiKey, str]:
    """Makes a key; with it its secret, which is not kept.

    Raises:
        UnusableError: It would have ended already.
    """
    end = wanted.expires_at
    if end is not None and (end.tzinfo is None or end <= now()):
        raise UnusableError(
            "expires_at must be a moment in the future, with its time zone",
            fields=[FieldProblem(path="body.expires_at", message="not in the future")],
        )
    secret = new_api_key()
    row = ApiKey(
        project_id=project_id,
        user_id=caller.user_id,
        name=wanted.name,
        scope=wanted.scope,
        prefix=secret[:_PREFIX_LENGTH],
        secret_hash=hash_secret(secret),
        expires_at=wanted.expires_at,
    )
    session.add(row)
    session.flush()
    return row, secret


def list_api_keys(session: Session, project_id: int) -> Sequence[ApiKey]:
    """The keys of a project that were not revoked."""
    statement = select(ApiKey).where(ApiKey.project_id == project_id, ApiKey.revoked_at.is_(None))
    return session.scalars(statement.order_by(ApiKey.id)).all()


def revoke_api_key(session: Session, project_id: int, key_id: int) -> None:
    """Ends a key.

    Raises:
        NotFoundError: The project has no such key.
    """
    row = session.get(ApiKey, key_id)
    if row is None or row.project_id != project_id or row.revoked_at is not None:
        raise NotFoundError(f"the project has no key {key_id}")
    row.revoked_at = now()
