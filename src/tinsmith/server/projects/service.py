"""Projects: made, changed, handed over, deleted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from tinsmith.jobs.queue import submit
from tinsmith.server.audit.service import audit
from tinsmith.server.context import Caller
from tinsmith.server.errors import ConflictError, ForbiddenError, NotFoundError
from tinsmith.server.permissions import SCOPE_GRANTS, Permission
from tinsmith.server.projects.schemas import ProjectChange, ProjectIn
from tinsmith.server.security import organization_permissions
from tinsmith.store.tables import Collaborator, Job, Membership, Project, User, now


def create_project(session: Session, caller: Caller, wanted: ProjectIn) -> Project:
    """Makes a project; whoever makes it owns it.

    Raises:
        NotFoundError: There is no such organization, as far as the caller may know.
        ForbiddenError: The caller may not make projects in it.
    """
    if wanted.organization_id is not None:
        _require_creator(session, caller, wanted.organization_id)
    project = Project(
        name=wanted.name, description=wanted.description, organization_id=wanted.organization_id
    )
    session.add(project)
    session.flush()
    if caller.user_id is not None:
        session.add(Collaborator(project_id=project.id, user_id=caller.user_id, role="owner"))
    audit(session, caller, "project.create", project.name, project_id=project.id,
          organization_id=project.organization_id)  # fmt: skip
    return project


def list_projects(
    session: Session, caller: Caller, after: int | None, limit: int
) -> Sequence[Project]:
    """The projects a caller may read, newest first."""
    if caller.scope is not None and Permission.PROJECT_READ not in SCOPE_GRANTS[caller.scope]:
        return []
    statement = select(Project).where(Project.deleted_at.is_(None))
    if caller.project_id is not None:
        statement = statement.where(Project.id == caller.project_id)
    elif not caller.is_admin:
        statement = _shared(statement, caller, roles=("owner", "editor", "viewer"))
    if after is not None:
        statement = statement.where(Project.id < after)
    return session.scalars(statement.order_by(Project.id.desc()).limit(limit)).all()


def lock_project(session: Session, project_id: int) -> Project:
    """One project, kept from other writers until the end of the transaction."""
    return session.get_one(Project, project_id, with_for_update=True)


def update_project(
    session: Session, caller: Caller, project: Project, change: ProjectChange
) -> None:
    """Changes a project."""
    changes = change.model_dump(exclude_unset=True, exclude_none=True)
    for name, value in changes.items():
        setattr(project, name, value)
    project.revision += 1
    session.flush()
    audit(session, caller, "project.update", project.name, project_id=project.id,
          organization_id=project.organization_id, fields=sorted(changes))  # fmt: skip


def set_visibility(session: Session, caller: Caller, project: Project, visibility: str) -> None:
    """Makes a project readable for everybody with an account, or not any more."""
    project.visibility = visibility
    project.revision += 1
    session.flush()
    audit(session, caller, "project.visibility", project.name, project_id=project.id,
          organization_id=project.organization_id, visibility=visibility)  # fmt: skip


def give_to_organization(
    session: Session, caller: Caller, project: Project, organization_id: int
) -> None:
    """Makes an organization the owner; collaborators stay.

    Raises:
        NotFoundError: There is no such organization, as far as the caller may know.
        ForbiddenError: The caller may not make projects in it.
    """
    _require_creator(session, caller, organization_id)
    before, project.organization_id = project.organization_id, organization_id
    project.revision += 1
    session.flush()
    for log in {before, organization_id} - {None}:
        audit(session, caller, "project.transfer", project.name, project_id=project.id,
              organization_id=log, before=before, after=organization_id)  # fmt: skip


def give_to_person(session: Session, caller: Caller, project: Project, user: User) -> None:
    """Makes a person the owner, out of any organization; who owned it until now edits it."""
    before, project.organization_id = project.organization_id, None
    owners = select(Collaborator).where(
        Collaborator.project_id == project.id, Collaborator.role == "owner"
    )
    for row in session.scalars(owners):
        row.role = "editor"
    there = session.get(Collaborator, (project.id, user.id))
    if there is None:
        session.add(Collaborator(project_id=project.id, user_id=user.id, role="owner"))
    else:
        there.role = "owner"
    project.revision += 1
    session.flush()
    audit(session, caller, "project.transfer", project.name, project_id=project.id,
          organization_id=before, before=before, to=user.email)  # fmt: skip


def delete_project(session: Session, caller: Caller, project: Project) -> None:
    """Puts a project into the trash."""
    project.deleted_at = now()
    audit(session, caller, "project.delete", project.name, project_id=project.id,
          organization_id=project.organization_id)  # fmt: skip


def list_deleted(
    session: Session, caller: Caller, after: int | None, limit: int
) -> Sequence[Project]:
    """The projects in the trash that a caller may restore, newest first."""
    if caller.project_id is not None or caller.scope not in (None, "admin"):
        return []
    statement = select(Project).where(
        Project.deleted_at.is_not(None), Project.id.not_in(being_erased(session))
    )
    if not caller.is_admin:
        statement = _shared(statement, caller, roles=("owner",))
    if after is not None:
        statement = statement.where(Project.id < after)
    return session.scalars(statement.order_by(Project.id.desc()).limit(limit)).all()


def restore_project(session: Session, caller: Caller, project: Project) -> None:
    """Brings a project back from the trash.

    Raises:
        ConflictError: It is being deleted for good.
    """
    _require_whole(session, project)
    project.deleted_at = None
    audit(session, caller, "project.restore", project.name, project_id=project.id,
          organization_id=project.organization_id)  # fmt: skip


def erase_project(session: Session, caller: Caller, project: Project) -> Job:
    """Has a project that is in the trash deleted for good.

    Raises:
        ConflictError: It is being deleted already.
    """
    _require_whole(session, project)
    arguments = {"project_id": project.id}
    job = submit(session, "erase", arguments, project_id=None, created_by=caller.user_id)
    audit(session, caller, "project.erase", project.name, project_id=project.id,
          organization_id=project.organization_id)  # fmt: skip
    return job


def being_erased(session: Session) -> set[int]:
    """The projects that are being deleted for good."""
    statement = select(Job.arguments).where(
        Job.kind == "erase", Job.state.in_(("queued", "running"))
    )
    return {int(arguments["project_id"]) for arguments in session.scalars(statement)}


def _require_whole(session: Session, project: Project) -> None:
    if project.id in being_erased(session):
        raise ConflictError(f"{project.name} is being deleted for good")


def _require_creator(session: Session, caller: Caller, organization_id: int) -> None:
    granted = organization_permissions(session, caller, organization_id)
    if not granted:
        raise NotFoundError("there is no such organization")
    if Permission.ORGANIZATION_CREATE_PROJECT not in granted:
        raise ForbiddenError("guests of an organization may not make projects in it")


def _shared(statement: Select[Project], caller: Caller, roles: Sequence[str]) -> Select[Project]:
    """Those a person has one of these roles in, also as a member of the organization."""
    inherited = ("admin", "member") if "editor" in roles else ("admin",)
    own = select(Collaborator.project_id).where(
        Collaborator.user_id == caller.user_id, Collaborator.role.in_(roles)
    )
    theirs = select(Membership.organization_id).where(
        Membership.user_id == caller.user_id, Membership.role.in_(inherited)
    )
    return statement.where(or_(Project.id.in_(own), Project.organization_id.in_(theirs)))
