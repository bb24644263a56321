"""Who makes a request, and whether they may: runs before every endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from fastapi import APIRouter
from sqlalchemy import Executable, select, update
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.routing import Route, WebSocketRoute

from tinsmith.core.errors import InternalError
from tinsmith.server.context import Caller, caller_of, context_of
from tinsmith.server.errors import ForbiddenError, NotFoundError, NotSignedInError
from tinsmith.server.permissions import (
    ACCESS,
    ACCOUNT_SCOPE_GRANTS,
    IN_PERSON,
    ORGANIZATION_GRANTS,
    ORGANIZATION_SCOPE_GRANTS,
    PROJECT_GRANTS,
    PROJECT_ROLE_OF_MEMBER,
    SCOPE_GRANTS,
    Permission,
)
from tinsmith.server.secrets_ import hash_secret
from tinsmith.store.tables import (
    ApiKey,
    Collaborator,
    LoginSession,
    Membership,
    Organization,
    Project,
    User,
    now,
)

COOKIE = "tinsmith_session"
# "Last used" is kept to the minute, so that reading does not mean writing.
_TOUCH_EVERY = timedelta(minutes=1)
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def authorize(request: HTTPConnection) -> None:
    """Finds out who asks and refuses what they may not do.

    Raises:
        NotSignedInError: Nobody is signed in and the endpoint is not public.
        ForbiddenError: The caller may see the thing, but not do this with it.
        NotFoundError: The caller may not even know that the thing exists.
    """
    context = context_of(request)
    wanted = ACCESS[request.scope["route"].name]
    with context.database.read() as session:
        caller, touched = identify(session, request)
        request.state.caller = caller
        if wanted is not Permission.PUBLIC:
            _check(session, caller, wanted, request)
    if touched is not None:
        with context.database.write() as session:
            session.execute(touched)


async def require_permission(request: HTTPConnection) -> None:
    """`authorize`, unless this was asked already or a moment ago."""
    if hasattr(request.state, "caller"):
        return  # Asked already, before a large body was read.
    context = context_of(request)
    # What others write meanwhile makes what is found out here count no more.
    changes = context.database.changes
    key = _question(request)
    known = context.callers.get(key, changes) if key else None
    if known is not None:
        request.state.caller = known
        return
    # Threads are for the database.
    await run_in_threadpool(authorize, request)
    if key:
        context.callers.put(key, changes, caller_of(request))


def _question(request: HTTPConnection) -> tuple[str, ...] | None:
    """What decides whether a program may do this; None for a person, whose sites count too."""
    key = api_key_of(request)
    if key is None:
        return None
    address = request.client.host if request.client else ""
    path = (f"{name}={value}" for name, value in request.path_params.items())
    return (hash_secret(key), address, ACCESS[request.scope["route"].name], *path)


def identify(session: Session, request: HTTPConnection) -> tuple[Caller, Executable | None]:
    """The caller, and the statement that notes the use of key or session, if due.

    Raises:
        NotSignedInError: A key or session is given that does not count (any more).
    """
    address = request.client.host if request.client else ""
    key = api_key_of(request)
    if key is not None:
        return _by_key(session, key, address)
    # Also without a cookie: a page of another site must not sign a visitor in as somebody else.
    _refuse_other_sites(request)
    secret = request.cookies.get(COOKIE)
    if secret:
        return _by_cookie(session, secret, address)
    return Caller(address=address), None


def api_key_of(request: HTTPConnection) -> str | None:
    """The API key of a request: `Authorization: Bearer KEY` or `x-api-key: KEY`."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    return request.headers.get("x-api-key")


def _by_key(session: Session, key: str, address: str) -> tuple[Caller, Executable | None]:
    found = session.execute(
        select(ApiKey, User)
        .outerjoin(User, ApiKey.user_id == User.id)
        .where(ApiKey.secret_hash == hash_secret(key))
    ).first()
    if found is None:
        raise NotSignedInError("the API key is not known", hint="make a new key")
    row, user = found
    if row.revoked_at is not None:
        raise NotSignedInError("the API key was revoked", hint="make a new key")
    if row.expires_at is not None and row.expires_at <= now():
        raise NotSignedInError(
            f"the API key expired on {row.expires_at:%Y-%m-%d}", hint="make a new key"
        )
    if user is not None and not user.enabled:
        raise NotSignedInError("the key's user is disabled")
    caller = Caller(
        user_id=row.user_id,
        is_admin=bool(user and user.is_admin and row.project_id is None),
        api_key_id=row.id,
        scope=row.scope,
        project_id=row.project_id,
        address=address,
    )
    touch = update(ApiKey).where(ApiKey.id == row.id).values(last_used_at=now())
    return caller, touch if _is_due(row.last_used_at) else None


def _by_cookie(session: Session, secret: str, address: str) -> tuple[Caller, Executable | None]:
    found = session.execute(
        select(LoginSession, User)
        .join(User, LoginSession.user_id == User.id)
        .where(LoginSession.secret_hash == hash_secret(secret))
    ).first()
    if found is None or found[0].expires_at <= now() or not found[1].enabled:
        return Caller(address=address), None
    row, user = found
    caller = Caller(user_id=user.id, is_admin=user.is_admin, session_id=row.id, address=address)
    touch = update(LoginSession).where(LoginSession.id == row.id).values(last_used_at=now())
    return caller, touch if _is_due(row.last_used_at) else None


def _refuse_other_sites(request: HTTPConnection) -> None:
    """A page of another site must not act with the visitor's cookie."""
    origin = request.headers.get("origin")
    # Browsers let a page of any site open a WebSocket, so there the origin always counts.
    if request.scope.get("method") in _SAFE_METHODS or origin is None:
        return
    public = urlsplit(context_of(request).settings.public_url).netloc
    own = {request.headers.get("host", ""), public} - {""}
    if not _site(origin) or _site(origin) not in own:
        raise ForbiddenError(
            "requests from pages of another site are refused",
            hint="open Tinsmith by its own address; behind a proxy, set --public-url",
        )


def _site(origin: str) -> str:
    """Host and port of an origin; nothing for `null` and what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _is_due(last: datetime | None) -> bool:
    return last is None or now() - last > _TOUCH_EVERY


def _check(session: Session, caller: Caller, wanted: Permission, request: HTTPConnection) -> None:
    if caller.user_id is None and caller.api_key_id is None:
        raise NotSignedInError(
            "nobody is signed in", hint="sign in, or send an API key as x-api-key"
        )
    if wanted is Permission.SIGNED_IN:
        return
    area = wanted.value.partition(".")[0]
    if area == "account":
        _require_person(caller, wanted)
    elif area == "server":
        if not caller.is_admin or caller.scope not in (None, "admin"):
            raise ForbiddenError("only administrators of this installation may do this")
    elif area == "organization":
        granted = organization_permissions(session, caller, _number(request, "organization_id"))
        _require(wanted, granted, "organization")
    else:
        number = _number(request, "project_id")
        deleted = wanted is Permission.PROJECT_RESTORE
        granted = project_permissions(session, caller, number, deleted=deleted)
        _require(wanted, granted, "project")


def _require_person(caller: Caller, wanted: Permission) -> None:
    granted = IN_PERSON
    if caller.api_key_id is not None:
        granted = ACCOUNT_SCOPE_GRANTS.get(caller.scope or "", frozenset())
    if caller.project_id is not None or wanted not in granted:
        raise ForbiddenError("this key may not do this", hint="sign in and do it in person")


def _require(wanted: Permission, granted: frozenset[Permission], what: str) -> None:
    if not granted:
        raise NotFoundError(f"there is no such {what}", hint="it may not be shared with you")
    if wanted not in granted:
        raise ForbiddenError(
            f"this needs the permission {wanted.value}, which your role or key does not have",
            hint=f"ask an owner of the {what}",
        )


def _number(request: HTTPConnection, name: str) -> int:
    try:
        value = int(request.path_params[name])
    except ValueError:
        value = -1
    if not 0 <= value < 2**63:
        raise NotFoundError(f"{name} is {request.path_params[name]!r}; expected a whole number")
    return value


def organization_permissions(
    session: Session, caller: Caller, organization_id: int
) -> frozenset[Permission]:
    """What a caller may do in an organization; nothing if they do not belong to it."""
    if caller.project_id is not None or session.get(Organization, organization_id) is None:
        return frozenset()
    granted: frozenset[Permission] = frozenset()
    if caller.is_admin:
        granted = ORGANIZATION_GRANTS["admin"]
    elif role := _organization_role(session, caller.user_id, organization_id):
        granted = ORGANIZATION_GRANTS[role]
    if caller.scope is None:
        return granted
    return granted & ORGANIZATION_SCOPE_GRANTS.get(caller.scope, frozenset())


def project_permissions(
    session: Session, caller: Caller, project_id: int, *, deleted: bool = False
) -> frozenset[Permission]:
    """What a caller may do in a project; nothing if it is not shared with them.

    A project in the trash is found with `deleted` only, and not by its own keys.
    """
    project = session.get(Project, project_id)
    if project is None or (project.deleted_at is not None) != deleted:
        return frozenset()
    if caller.project_id is not None:
        same = caller.project_id == project_id and not deleted
        return SCOPE_GRANTS[caller.scope] if same and caller.scope else frozenset()
    granted = _as_person(session, caller, project)
    if deleted and Permission.PROJECT_RESTORE not in granted:
        return frozenset()
    return granted & SCOPE_GRANTS[caller.scope] if caller.scope else granted


def _as_person(session: Session, caller: Caller, project: Project) -> frozenset[Permission]:
    if caller.is_admin:
        return PROJECT_GRANTS["owner"]
    own = session.get(Collaborator, (project.id, caller.user_id))
    granted = PROJECT_GRANTS[own.role] if own else frozenset()
    if project.organization_id is not None:
        role = _organization_role(session, caller.user_id, project.organization_id)
        inherited = PROJECT_ROLE_OF_MEMBER.get(role or "")
        granted |= PROJECT_GRANTS[inherited] if inherited else frozenset()
    if project.visibility == "public":
        granted |= {Permission.PROJECT_READ}
    return granted


def _organization_role(session: Session, user_id: int | None, organization_id: int) -> str | None:
    row = session.get(Membership, (organization_id, user_id)) if user_id is not None else None
    return row.role if row else None


def check_table(routers: Iterable[APIRouter]) -> None:
    """Compares the endpoints with the table of permissions.

    Raises:
        InternalError: An endpoint has no line, or a line no endpoint.
    """
    found = [
        route.name
        for router in routers
        for route in router.routes
        if isinstance(route, Route | WebSocketRoute)
    ]
    names = set(found)
    problems = [
        f"{name} is the name of several endpoints" for name in names if found.count(name) > 1
    ]
    problems += [f"{name} has no permission" for name in sorted(names - ACCESS.keys())]
    problems += [f"{name} is no endpoint" for name in sorted(ACCESS.keys() - names)]
    if problems:
        raise InternalError("; ".join(problems))
