"""Endpoints for signing in and out, and of one's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from tinsmith.server.accounts import service
from tinsmith.server.accounts.schemas import (
    Credentials,
    LinkToken,
    Me,
    MeChange,
    PasswordChange,
    SessionOut,
)
from tinsmith.server.audit.service import audit
from tinsmith.server.context import App, Caller, Context, Reading, Who, Writing
from tinsmith.server.errors import FieldProblem, ForbiddenError, NotSignedInError
from tinsmith.server.secrets_ import hash_password, password_matches
from tinsmith.server.security import COOKIE
from tinsmith.server.users.service import end_sessions, get_user
from tinsmith.store.tables import User

router = APIRouter(tags=["accounts"])
SessionId = Annotated[int, Path(ge=1, lt=2**63, description="The session's number.")]


@router.post("/sessions", status_code=201)
def create_session(
    body: Credentials, request: Request, response: Response, app: App, caller: Who
) -> Me:
    """Signs in with e-mail address and password."""
    subjects = service.throttled_subjects(body.email, caller.address)
    with app.database.write() as session:
        tries = service.begin_try(session, subjects)
    # Hashing takes long by intent; no transaction waits for it.
    with app.database.read() as session:
        found = service.check_password(session, body.email, body.password)
    with app.database.write() as session:
        if found is None:
            audit(session, caller, "session.refuse", body.email)
        else:
            service.forgive(session, tries, body.email)
            user = get_user(session, found.id)
            agent = agent_of(request)
            secret = service.open_session(session, user, caller, agent, how="password")
    if found is None:
        raise NotSignedInError("the e-mail address or the password is wrong")
    set_cookie(response, secret, app)
    return _me(user)


@router.post("/sessions/link", status_code=201)
def create_session_from_link(
    body: LinkToken, request: Request, response: Response, app: App, caller: Who, session: Writing
) -> Me:
    """Signs in with a one-time link."""
    user, secret = service.sign_in_by_link(session, body.token, caller, agent_of(request))
    set_cookie(response, secret, app)
    return _me(user)


@router.delete("/sessions/current", status_code=204)
def delete_session(request: Request, response: Response, session: Writing) -> None:
    """Signs out."""
    secret = request.cookies.get(COOKIE)
    if secret:
        service.close_session(session, secret)
    response.delete_cookie(COOKIE, path="/")


@router.get("/me")
def get_me(caller: Who, session: Reading) -> Me:
    """Who is signed in, or whose key this is."""
    user = session.get(User, caller.user_id) if caller.user_id is not None else None
    return _me(user, caller)


@router.patch("/me")
def update_me(body: MeChange, caller: Who, session: Writing) -> Me:
    """Changes one's own name; an administrator changes the address."""
    user = get_user(session, caller.user_id or 0, lock=True)
    if body.name is not None:
        user.name = body.name
        audit(session, caller, "user.update", user.email, changes={"name": body.name})
    return _me(user, caller)


@router.put("/me/password", status_code=204)
def change_password(body: PasswordChange, app: App, caller: Who) -> None:
    """Changes one's own password, given the old one, and ends all other sessions."""
    with app.database.read() as session:
        user = get_user(session, caller.user_id or 0)
    if user.password_hash is not None:
        _require_password(app, caller, user, body.old_password or "")
    kept = hash_password(body.new_password)
    with app.database.write() as session:
        service.set_password(session, caller, get_user(session, user.id, lock=True), kept)


@router.get("/me/sessions")
def list_sessions(caller: Who, session: Reading) -> list[SessionOut]:
    """Where one is signed in, newest first."""
    names = [name for name in SessionOut.model_fields if name != "is_current"]
    return [
        SessionOut(
            is_current=row.id == caller.session_id, **{name: getattr(row, name) for name in names}
        )
        for row in service.list_sessions(session, caller)
    ]


@router.delete("/me/sessions/{session_id}", status_code=204)
def revoke_session(session_id: SessionId, caller: Who, session: Writing) -> None:
    """Signs out somewhere else."""
    service.revoke_session(session, caller, session_id)


@router.delete("/me/sessions", status_code=204)
def revoke_other_sessions(caller: Who, session: Writing) -> None:
    """Signs out everywhere else."""
    ended = end_sessions(session, caller.user_id or 0, but=caller.session_id)
    audit(session, caller, "session.revoke", f"{ended} other sessions")


def _require_password(app: Context, caller: Caller, user: User, password: str) -> None:
    subjects = service.throttled_subjects(user.email, caller.address)
    with app.database.write() as session:
        tries = service.begin_try(session, subjects)
    if not password_matches(password, user.password_hash):
        raise ForbiddenError(
            "the old password is wrong",
            hint="an administrator can make a one-time link",
            fields=[FieldProblem(path="body.old_password", message="wrong")],
        )
    with app.database.write() as session:
        service.forgive(session, tries, user.email)


def _me(user: User | None, caller: Caller | None = None) -> Me:
    return Me(
        id=user.id if user else None,
        email=user.email if user else None,
        name=user.name if user else None,
        is_admin=caller.is_admin if caller else bool(user and user.is_admin),
        has_password=bool(user and user.password_hash),
        scope=caller.scope if caller else None,
        project_id=caller.project_id if caller else None,
        created_at=user.created_at if user else None,
    )


def agent_of(request: Request) -> str:
    """What the caller's program calls itself, as text that can be kept."""
    return request.headers.get("user-agent", "").replace("\x00", "")


def set_cookie(response: Response, secret: str, app: Context) -> None:
    """Hands a session to the browser: out of reach of scripts and of other sites."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(service.SESSION_LENGTH.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=app.settings.url.startswith("https"),
        path="/",
    )
