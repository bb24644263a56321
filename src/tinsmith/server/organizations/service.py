"""Organizations and who belongs to them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.server.audit.service import audit
from tinsmith.server.context import Caller
from tinsmith.server.errors import ConflictError, FieldProblem, NotFoundError
from tinsmith.server.organizations.schemas import OrganizationIn
from tinsmith.store.tables import Membership, Organization, Project, User


def create_organization(session: Session, caller: Caller, wanted: OrganizationIn) -> Organization:
    """Makes an organization; whoever makes it is its admin.

    Raises:
        ConflictError: Its slug is taken.
    """
    if wanted.slug is not None:
        _require_free(session, wanted.slug)
    row = Organization(
        name=wanted.name,
        slug=wanted.slug or _free_slug(session, wanted.name),
        description=wanted.description,
    )
    session.add(row)
    session.flush()
    session.add(Membership(organization_id=row.id, user_id=caller.user_id, role="admin"))
    audit(session, caller, "organization.create", row.name, organization_id=row.id)
    return row


def list_organizations(
    session: Session, caller: Caller, after: int | None, limit: int
) -> Sequence[Organization]:
    """The organizations a caller belongs to, or all for administrators; newest first."""
    statement = select(Organization)
    if caller.project_id is not None or caller.scope not in (None, "admin", "read-only"):
        return []
    if not caller.is_admin:
        own = select(Membership.organization_id).where(Membership.user_id == caller.user_id)
        statement = statement.where(Organization.id.in_(own))
    if after is not None:
        statement = statement.where(Organization.id < after)
    return session.scalars(statement.order_by(Organization.id.desc()).limit(limit)).all()


def lock_organization(session: Session, organization_id: int) -> Organization:
    """One organization, kept from other writers until the end of the transaction."""
    return session.get_one(Organization, organization_id, with_for_update=True)


def update_organization(
    session: Session, caller: Caller, row: Organization, changes: dict[str, Any]
) -> None:
    """Changes an organization.

    Raises:
        ConflictError: Its new slug is taken.
    """
    changes = {name: value for name, value in changes.items() if value is not None}
    if changes.get("slug", row.slug) != row.slug:
        _require_free(session, changes["slug"])
    for name, value in changes.items():
        setattr(row, name, value)
    row.revision += 1
    session.flush()
    audit(session, caller, "organization.update", row.name, organization_id=row.id,
          fields=sorted(changes))  # fmt: skip


def delete_organization(session: Session, caller: Caller, row: Organization) -> None:
    """Deletes an organization without projects.

    Raises:
        ConflictError: It has some.
    """
    if session.scalar(select(Project.id).where(Project.organization_id == row.id).limit(1)):
        raise ConflictError(
            f"{row.name} has projects, maybe in the trash",
            hint="transfer them or delete them for good first",
        )
    audit(session, caller, "organization.delete", row.name, organization_id=row.id)
    session.delete(row)


def list_members(
    session: Session, organization_id: int, after: int | None, limit: int
) -> Sequence[tuple[Membership, User]]:
    """Who belongs to an organization, by the number of their account."""
    statement = (
        select(Membership, User)
        .join(User, Membership.user_id == User.id)
        .where(Membership.organization_id == organization_id)
    )
    if after is not None:
        statement = statement.where(User.id > after)
    rows = session.execute(statement.order_by(User.id).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def add_member(
    session: Session, caller: Caller, organization_id: int, user: User, role: str
) -> Membership:
    """Adds somebody.

    Raises:
        ConflictError: They belong to it already.
    """
    if session.get(Membership, (organization_id, user.id)) is not None:
        raise ConflictError(f"{user.email} is a member already", hint="change the role instead")
    row = Membership(organization_id=organization_id, user_id=user.id, role=role)
    session.add(row)
    session.flush()
    audit(session, caller, "member.add", user.email, organization_id=organization_id, role=role)
    return row


def get_member(session: Session, organization_id: int, user_id: int) -> tuple[Membership, User]:
    """Somebody who belongs to an organization.

    Raises:
        NotFoundError: They do not.
    """
    row = session.get(Membership, (organization_id, user_id))
    user = session.get(User, user_id)
    if row is None or user is None:
        raise NotFoundError(f"the organization has no member {user_id}")
    return row, user


def update_member(
    session: Session, caller: Caller, organization_id: int, user_id: int, role: str
) -> tuple[Membership, User]:
    """Gives a member another role.

    Raises:
        ConflictError: No admin would be left.
    """
    lock_organization(session, organization_id)
    row, user = get_member(session, organization_id, user_id)
    if row.role == "admin" and role != "admin":
        _require_other_admin(session, row, user)
    audit(session, caller, "member.update", user.email, organization_id=organization_id,
          role=role, before=row.role)  # fmt: skip
    row.role = role
    return row, user


def remove_member(session: Session, caller: Caller, organization_id: int, user_id: int) -> None:
    """Takes a member out; what they own in its projects goes with the membership.

    Raises:
        ConflictError: No admin would be left.
    """
    lock_organization(session, organization_id)
    row, user = get_member(session, organization_id, user_id)
    if row.role == "admin":
        _require_other_admin(session, row, user)
    session.delete(row)
    audit(session, caller, "member.remove", user.email, organization_id=organization_id,
          role=row.role)  # fmt: skip


def _require_other_admin(session: Session, row: Membership, user: User) -> None:
    other = select(Membership.user_id).where(
        Membership.organization_id == row.organization_id,
        Membership.role == "admin",
        Membership.user_id != row.user_id,
    )
    if session.scalar(other.limit(1)) is None:
        raise ConflictError(f"{user.email} is the only admin", hint="make somebody else one first")


def _require_free(session: Session, slug: str) -> None:
    if session.scalar(select(Organization.id).where(Organization.slug == slug)):
        raise ConflictError(
            f"the slug {slug!r} is taken",
            hint="choose another",
            fields=[FieldProblem(path="body.slug", message="taken")],
        )


def _free_slug(session: Session, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:70].strip("-") or "organization"
    like = select(Organization.slug).where(
        (Organization.slug == stem) | Organization.slug.startswith(stem + "-", autoescape=True)
    )
    taken = set(session.scalars(like))
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
