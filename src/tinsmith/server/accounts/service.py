"""Signing in and out, and what people may do with their own account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tinsmith.server.audit.service import audit
from tinsmith.server.context import Caller
from tinsmith.server.errors import NotFoundError, NotSignedInError, TooManyError
from tinsmith.server.secrets_ import hash_secret, new_secret, password_matches
from tinsmith.server.settings import Settings
from tinsmith.server.users.service import end_sessions, normal_email
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
    """The secret of a new link that signs a user in once, for `LINK_LENGTH`."""
    secret, moment = new_secret(), now()
    session.execute(delete(LoginLink).where(LoginLink.expires_at <= moment))
    end = moment + LINK_LENGTH
    session.add(LoginLink(user_id=user.id, secret_hash=hash_secret(secret), expires_at=end))
    return secret


def login_url(settings: Settings, secret: str) -> str:
    """The address that signs in with a one-time secret."""
    return f"{settings.url}/login?token={secret}"


def sign_in_by_link(session: Session, token: str, caller: Caller, agent: str) -> tuple[User, str]:
    """Opens a session by a one-time link; the user and the session's secret.

    Raises:
        NotSignedInError: The link is unknown, used or too old.
    """
    statement = select(LoginLink).where(LoginLink.secret_hash == hash_secret(token))
    # Locked, so that of two at the same moment one finds it used.
    link = session.scalar(statement.with_for_update())
    user = session.get(User, link.user_id) if link else None
    if link is None or link.used_at or link.expires_at <= now() or not (user and user.enabled):
        raise NotSignedInError(
            "this link was used already or is too old",
            hint="`tinsmith admin link` prints a new one",
        )
    link.used_at = now()
    return user, open_session(session, user, caller, agent, how="link")


def throttled_subjects(email: str, address: str) -> list[str]:
    """What wrong passwords are counted for: the account, and the address they come from."""
    return [f"address {address}", f"email {normal_email(email)}"]


def begin_try(session: Session, subjects: list[str]) -> list[int]:
    """Counts a try as failed until it succeeds, so that many at once do not slip through.

    Returns:
        The rows that count it.

    Raises:
        TooManyError: Too many have failed of late.
    """
    start = now() - _FAILURE_WINDOW
    session.execute(delete(LoginFailure).where(LoginFailure.at <= start))
    recent = session.scalar(
        select(func.max(func.count()).over())
        .where(LoginFailure.subject.in_(subjects), LoginFailure.at > start)
        .group_by(LoginFailure.subject)
        .limit(1)
    )
    if (recent or 0) >= _FAILURES:
        error = TooManyError(
            "too many wrong passwords", hint=f"wait {_FAILURE_WINDOW.seconds // 60} minutes"
        )
        error.headers["Retry-After"] = str(_FAILURE_WINDOW.seconds)
        raise error
    rows = [LoginFailure(subject=subject) for subject in subjects]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def forgive(session: Session, tries: Sequence[int], email: str) -> None:
    """Takes back what a try counted, and the account's earlier ones: the right one came along."""
    session.execute(delete(LoginFailure).where(LoginFailure.id.in_(tries)))
    account = f"email {normal_email(email)}"
    session.execute(delete(LoginFailure).where(LoginFailure.subject == account))


def check_password(session: Session, email: str, password: str) -> User | None:
    """The user with this address and password, if there is one; takes as long if not."""
    user = session.scalar(select(User).where(User.email == normal_email(email)))
    matches = password_matches(password, user.password_hash if user else None)
    return user if user and matches and user.enabled else None


def open_session(session: Session, user: User, caller: Caller, agent: str, *, how: str) -> str:
    """Opens a session for a user; its secret, which is the cookie.

    The secret is always new, and a session that this browser has already is ended.
    """
    secret = new_secret()
    session.execute(
        delete(LoginSession).where(
            (LoginSession.id == caller.session_id)
            | ((LoginSession.user_id == user.id) & (LoginSession.expires_at <= now()))
        )
    )
    session.add(
        LoginSession(
            user_id=user.id,
            secret_hash=hash_secret(secret),
            expires_at=now() + SESSION_LENGTH,
            user_agent=agent[:300],
            address=caller.address[:64],
        )
    )
    user.last_seen_at = now()
    audit(session, replace(caller, user_id=user.id), "session.create", user.email, how=how)
    return secret


def close_session(session: Session, secret: str) -> None:
    """Ends a session."""
    session.execute(delete(LoginSession).where(LoginSession.secret_hash == hash_secret(secret)))


def list_sessions(session: Session, caller: Caller) -> Sequence[LoginSession]:
    """The caller's sessions that still count, newest first."""
    statement = select(LoginSession).where(
        LoginSession.user_id == caller.user_id, LoginSession.expires_at > now()
    )
    return session.scalars(statement.order_by(LoginSession.id.desc()).limit(1000)).all()


def revoke_session(session: Session, caller: Caller, session_id: int) -> None:
    """Ends one of the caller's sessions.

    Raises:
        NotFoundError: They have no such session.
    """
    row = session.get(LoginSession, session_id)
    if row is None or row.user_id != caller.user_id:
        raise NotFoundError(f"there is no session {session_id}")
    session.delete(row)
    audit(session, caller, "session.revoke", row.user_agent, session_id=session_id)


def set_password(session: Session, caller: Caller, user: User, password_hash: str) -> None:
    """Sets one's own password and ends all other sessions."""
    user.password_hash = password_hash
    end_sessions(session, user.id, but=caller.session_id)
    audit(session, caller, "user.password", user.email)
