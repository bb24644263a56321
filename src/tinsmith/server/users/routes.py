"""Endpoints of people, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from tinsmith.server.accounts.service import LINK_LENGTH, create_link, login_url
from tinsmith.server.audit.service import audit
from tinsmith.server.context import App, Reading, Who, Writing
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.secrets_ import hash_password
from tinsmith.server.text import Text
from tinsmith.server.users import service
from tinsmith.server.users.schemas import LoginLinkOut, UserChange, UserIn, UserOut
from tinsmith.store.tables import User, now

router = APIRouter(tags=["users"])
UserId = Annotated[int, Path(ge=1, lt=2**63, description="The user's number.")]
Search = Annotated[
    Text | None, Query(max_length=200, description="Part of the name or the address.")
]


@router.get("/users")
def list_users(
    session: Reading, search: Search = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[UserOut]:
    """Everybody with an account, oldest first."""
    found = service.list_users(session, search, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    return Page(items=[user_out(row) for row in rows], next_cursor=more)


@router.post("/users", status_code=201)
def create_user(body: UserIn, app: App, caller: Who) -> UserOut:
    """Makes an account."""
    kept = hash_password(body.password) if body.password else None
    with app.database.write() as session:
        user = service.create_user(
            session, caller, body.email, body.name, password_hash=kept, is_admin=body.is_admin
        )
    return user_out(user)


@router.get("/users/{user_id}")
def get_user(user_id: UserId, session: Reading) -> UserOut:
    """One account."""
    return user_out(service.get_user(session, user_id))


@router.patch("/users/{user_id}")
def update_user(user_id: UserId, body: UserChange, app: App, caller: Who) -> UserOut:
    """Changes an account, or disables it; the last administrator stays one."""
    changes = service.hashed(body.model_dump(exclude_unset=True))
    with app.database.write() as session:
        user = service.get_user(session, user_id, lock=True)
        service.update_user(session, caller, user, changes)
    return user_out(user)


@router.post("/users/{user_id}/link", status_code=201)
def create_login_link(user_id: UserId, session: Writing, app: App, caller: Who) -> LoginLinkOut:
    """Makes a link that signs a person in once, such as one who forgot the password."""
    user = service.get_user(session, user_id)
    secret, end = create_link(session, user), now() + LINK_LENGTH
    audit(session, caller, "user.link", user.email, user_id=user.id)
    return LoginLinkOut(url=login_url(app.settings, secret), token=secret, expires_at=end)


def user_out(user: User) -> UserOut:
    """An account as the API tells it."""
    names = [name for name in UserOut.model_fields if name != "has_password"]
    return UserOut(
        has_password=user.password_hash is not None,
        **{name: getattr(user, name) for name in names},
    )
