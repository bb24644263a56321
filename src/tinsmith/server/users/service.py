"""People: made, changed, disabled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tinsmith.server.audit.service import audit
from tinsmith.server.context import Caller
from tinsmith.server.errors import ConflictError, FieldProblem, NotFoundError
from tinsmith.server.secrets_ import hash_password
from tinsmith.store.tables import LoginLink, LoginSession, User


def normal_email(email: str) -> str:
    """An address as it is kept: addresses that differ in capitals are one."""
    return email.strip().lower()


def create_user(
    session: Session,
    caller: Caller,
    email: str,
    name: str,
    *,
    password_hash: str | None = None,
    is_admin: bool = False,
) -> User:
    """Makes an account.

    Raises:
        ConflictError: The address has one.
    """
    address = normal_email(email)
    _require_free(session, address)
    user = User(email=address, name=name, password_hash=password_hash, is_admin=is_admin)
    session.add(user)
    session.flush()
    audit(session, caller, "user.create", address, user_id=user.id, is_admin=is_admin)
    return user


def list_users(session: Session, text: str | None, after: int | None, limit: int) -> Sequence[User]:
    """Accounts whose name or address holds a text, oldest first."""
    statement = select(User)
    if text:
        statement = statement.where(
            User.email.icontains(text, autoescape=True) | User.name.icontains(text, autoescape=True)
        )
    if after is not None:
        statement = statement.where(User.id > after)
    return session.scalars(statement.order_by(User.id).limit(limit)).all()


def get_user(session: Session, user_id: int, *, lock: bool = False) -> User:
    """One account.

    Raises:
        NotFoundError: There is none.
    """
    user = session.get(User, user_id, with_for_update=lock or None)
    if user is None:
        raise NotFoundError(f"there is no user {user_id}")
    return user


def user_of(session: Session, email: str) -> User:
    """The account of an address.

    Raises:
        NotFoundError: There is none.
    """
    user = session.scalar(select(User).where(User.email == normal_email(email)))
    if user is None:
        raise NotFoundError(
            f"nobody has an account with the address {email}", hint="invite them instead"
        )
    return user


def update_user(session: Session, caller: Caller, user: User, changes: dict[str, Any]) -> None:
    """Changes an account; `password` is given as its hash, `password_hash`.

    Raises:
        ConflictError: The address is another one's, or nobody would be left to administer.
    """
    changes = {name: value for name, value in changes.items() if value is not None}
    if "email" in changes:
        changes["email"] = normal_email(changes["email"])
        if changes["email"] != user.email:
            _require_free(session, changes["email"])
    loses = changes.get("enabled", True) is False or changes.get("is_admin", True) is False
    if loses and user.is_admin and user.enabled:
        _require_other_admin(session, user)
    told = {name: value for name, value in changes.items() if name != "password_hash"}
    for name, value in changes.items():
        setattr(user, name, value)
    if "password_hash" in changes:
        told["password"] = "changed"
    if "password_hash" in changes or not user.enabled:
        end_sessions(session, user.id)
    session.flush()
    audit(session, caller, "user.update", user.email, user_id=user.id, changes=told)


def end_sessions(session: Session, user_id: int, *, but: int | None = None) -> int:
    """Ends a person's sessions, except one, and links that were not used; how many sessions."""
    statement = select(LoginSession.id).where(LoginSession.user_id == user_id)
    if but is not None:
        statement = statement.where(LoginSession.id != but)
    numbers = list(session.scalars(statement))
    session.execute(delete(LoginSession).where(LoginSession.id.in_(numbers)))
    session.execute(delete(LoginLink).where(LoginLink.user_id == user_id))
    return len(numbers)


def hashed(changes: dict[str, Any]) -> dict[str, Any]:
    """Changes with the password replaced by its hash; slow by intent, so outside a transaction."""
    password = changes.pop("password", None)
    return changes | ({"password_hash": hash_password(password)} if password else {})


def _require_free(session: Session, email: str) -> None:
    if session.scalar(select(User.id).where(User.email == email)):
        raise ConflictError(
            f"the address {email} has an account already",
            hint="use another address",
            fields=[FieldProblem(path="body.email", message="taken")],
        )


def _require_other_admin(session: Session, user: User) -> None:
    # Locked, so that two administrators cannot remove each other at the same moment.
    admins = select(User.id).where(User.is_admin, User.enabled).order_by(User.id).with_for_update()
    if set(session.scalars(admins)) <= {user.id}:
        raise ConflictError(
            f"{user.email} is the only administrator", hint="make somebody else one first"
        )


def count_users(session: Session) -> int:
    """How many accounts there are."""
    return session.scalar(select(func.count(User.id))) or 0
