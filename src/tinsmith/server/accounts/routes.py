"""Endpoints for signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tinsmith.server.accounts import service
from tinsmith.server.accounts.schemas import Credentials, LinkToken, Me
from tinsmith.server.context import App, Caller, Reading, Who, Writing
from tinsmith.server.errors import NotSignedInError
from tinsmith.server.security import COOKIE
from tinsmith.store.tables import User

router = APIRouter(tags=["accounts"])


@router.post("/sessions", status_code=201)
def create_session(
    body: Credentials, request: Request, response: Response, app: App, caller: Who
) -> Me:
    """Signs in with e-mail address and password."""
    subjects = [f"address {caller.address}", f"email {body.email.strip().lower()}"]
    with app.database.read() as session:
        service.check_throttle(session, subjects)
        user = service.check_password(session, body.email, body.password)
    with app.database.write() as session:
        if user is not None:
            agent = request.headers.get("user-agent", "")
            secret = service.open_session(session, user.id, caller, agent)
        else:
            service.note_failure(session, subjects)
    if user is None:
        raise NotSignedInError("the e-mail address or the password is wrong")
    _set_cookie(response, secret, app)
    return _me(user)


@router.post("/sessions/link", status_code=201)
def create_session_from_link(
    body: LinkToken, request: Request, response: Response, app: App, caller: Who, session: Writing
) -> Me:
    """Signs in with a one-time link."""
    agent = request.headers.get("user-agent", "")
    secret = service.sign_in_by_link(session, body.token, caller, agent)
    _set_cookie(response, secret, app)
    opened = service.session_user(session, secret)
    return _me(opened)


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


def _me(user: User | None, caller: Caller | None = None) -> Me:
    return Me(
        id=user.id if user else None,
        email=user.email if user else None,
        name=user.name if user else None,
        is_admin=caller.is_admin if caller else bool(user and user.is_admin),
        scope=caller.scope if caller else None,
        project_id=caller.project_id if caller else None,
        created_at=user.created_at if user else None,
    )


def _set_cookie(response: Response, secret: str, app: App) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(service.SESSION_LENGTH.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=app.settings.url.startswith("https"),
        path="/",
    )
