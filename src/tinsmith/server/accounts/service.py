"""Signing in and out."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tinsmith.server.context import Caller
from tinsmith.server.errors import NotSignedInError, TooManyError
from tinsmith.server.secrets_ import hash_secret, new_secret, password_matches
from tinsmith.store.tables import LoginFailure, LoginLink, LoginSession, User, now

SESSION_LENGTH = timedelta(days=30)
LINK_LENGTH = timedelta(hours=24)
_FAILURES = 10
_FAILURE_WINDOW = timedelta(minutes=15)


def create_administrator(session: Session, email: str = "admin@localhost") -> User:
    """The administrator a new installation starts with; has no password."""
    user = User(email=email, name="Administrator", is_admin=True)
    session.add(user)
    session.flush()
    return user


def create_link(session: Session, user: User) -> str:
    """The secret of a new link that signs a user in once."""
    secret = new_secret()
    session.add(
        LoginLink(user_id=user.id, secret_hash=hash_secret(secret), expires_at=now() + LINK_LENGTH)
    )
    return secret


def sign_in_by_link(session: Session, token: str, caller: Caller, agent: str) -> str:
    """Opens a session by a one-time link; the session's secret.

    Raises:
        NotSignedInError: The link is unknown, used or too old.
    """
    link = session.scalar(select(LoginLink).where(LoginLink.secret_hash == hash_secret(token)))
    user = session.get(User, link.user_id) if link else None
    if link is None or link.used_at or link.expires_at <= now() or not (user and user.enabled):
        raise NotSignedInError(
            "this link was used already or is too old",
            hint="`tinsmith admin link` prints a new one",
        )
    link.used_at = now()
    return open_session(session, link.user_id, caller, agent)


def check_throttle(session: Session, subjects: list[str]) -> None:
    """Refuses a try where too many have failed of late.

    Raises:
        TooManyError: So it is.
    """
    recent = session.scalar(
        select(func.max(func.count()).over())
        .where(LoginFailure.subject.in_(subjects), LoginFailure.at > now() - _FAILURE_WINDOW)
        .group_by(LoginFailure.subject)
        .limit(1)
    )
    if (recent or 0) >= _FAILURES:
        error = TooManyError(
            "too many wrong passwords", hint=f"wait {_FAILURE_WINDOW.seconds // 60} minutes"
        )
        error.headers["Retry-After"] = str(_FAILURE_WINDOW.seconds)
        raise error


def check_password(session: Session, email: str, password: str) -> User | None:
    """The user with this address and password, if there is one."""
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    matches = password_matches(password, user.password_hash if user else None)
    return user if user and matches and user.enabled else None


def note_failure(session: Session, subjects: list[str]) -> None:
    """Remembers a wrong password and forgets old ones."""
    session.execute(delete(LoginFailure).where(LoginFailure.at <= now() - _FAILURE_WINDOW))
    session.add_all(LoginFailure(subject=subject) for subject in subjects)


def open_session(session: Session, user_id: int, caller: Caller, agent: str) -> str:
    """Opens a session for a user; its secret, which is the cookie."""
    secret = new_secret()
    session.add(
        LoginSession(
            user_id=user_id,
            secret_hash=hash_secret(secret),
            expires_at=now() + SESSION_LENGTH,
            user_agent=agent[:300],
            address=caller.address,
        )
    )
    user = session.get_one(User, user_id)
    user.last_seen_at = now()
    return secret


def session_user(session: Session, secret: str) -> User:
    """The user of an open session."""
    statement = (
        select(User).join(LoginSession).where(LoginSession.secret_hash == hash_secret(secret))
    )
    return session.scalars(statement).one()


def close_session(session: Session, secret: str) -> None:
    """Ends a session."""
    session.execute(delete(LoginSession).where(LoginSession.secret_hash == hash_secret(secret)))
