"""Keys of projects and of people, and the keys devices sign with."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from tinsmith.server.audit.service import audit
from tinsmith.server.context import Caller
from tinsmith.server.errors import ConflictError, FieldProblem, NotFoundError, UnusableError
from tinsmith.server.keys.schemas import ApiKeyIn
from tinsmith.server.secrets_ import hash_secret, new_api_key
from tinsmith.store.tables import ApiKey, HmacKey, now

_PREFIX_LENGTH = 10
# Lists of keys are not paged, and every upload tries the project's keys for devices.
MAX_KEYS = 500
MAX_HMAC_KEYS = 100


def create_api_key(
    session: Session, caller: Caller, wanted: ApiKeyIn, project_id: int | None = None
) -> tuple[ApiKey, str]:
    """Makes a key of a project, or a personal one; with it its secret, which is not kept.

    Raises:
        UnusableError: It would have ended already.
        ConflictError: There are too many already.
    """
    if wanted.expires_at is not None and wanted.expires_at <= now():
        raise UnusableError(
            "expires_at has passed; expected a moment in the future",
            fields=[FieldProblem(path="body.expires_at", message="not in the future")],
        )
    owner = _owner(caller, project_id)
    counted = session.scalar(select(func.count(ApiKey.id)).where(owner, _alive())) or 0
    if counted >= MAX_KEYS:
        raise ConflictError(f"there are {counted} keys already", hint="revoke some first")
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
    audit(
        session, caller, "api_key.create", f"{row.name} ({row.prefix}…)",
        project_id=project_id, key_id=row.id, scope=row.scope,
    )  # fmt: skip
    return row, secret


def list_api_keys(
    session: Session, caller: Caller, project_id: int | None = None
) -> Sequence[ApiKey]:
    """The keys of a project, or the caller's personal ones, that were not revoked."""
    statement = select(ApiKey).where(_owner(caller, project_id), _alive())
    return session.scalars(statement.order_by(ApiKey.id)).all()


def revoke_api_key(
    session: Session, caller: Caller, key_id: int, project_id: int | None = None
) -> None:
    """Ends a key.

    Raises:
        NotFoundError: The project or the person has no such key.
    """
    statement = select(ApiKey).where(ApiKey.id == key_id, _owner(caller, project_id), _alive())
    row = session.scalar(statement)
    if row is None:
        raise NotFoundError(f"there is no key {key_id}")
    row.revoked_at = now()
    audit(
        session, caller, "api_key.revoke", f"{row.name} ({row.prefix}…)",
        project_id=project_id, key_id=row.id,
    )  # fmt: skip


def _owner(caller: Caller, project_id: int | None) -> ColumnElement[bool]:
    if project_id is not None:
        return ApiKey.project_id == project_id
    return (ApiKey.user_id == caller.user_id) & ApiKey.project_id.is_(None)


def _alive() -> ColumnElement[bool]:
    return ApiKey.revoked_at.is_(None)


def create_hmac_key(session: Session, caller: Caller, project_id: int, name: str) -> HmacKey:
    """Makes a key that devices sign with: 128 random bits, as existing firmware expects it.

    Raises:
        ConflictError: There are too many already.
    """
    counted = len(list_hmac_keys(session, project_id))
    if counted >= MAX_HMAC_KEYS:
        raise ConflictError(f"there are {counted} keys already", hint="delete some first")
    row = HmacKey(project_id=project_id, name=name, secret=secrets.token_hex(16))
    session.add(row)
    session.flush()
    audit(session, caller, "hmac_key.create", name, project_id=project_id, key_id=row.id)
    return row


def list_hmac_keys(session: Session, project_id: int) -> Sequence[HmacKey]:
    """The keys that devices of a project sign with."""
    statement = select(HmacKey).where(HmacKey.project_id == project_id)
    return session.scalars(statement.order_by(HmacKey.id)).all()


def delete_hmac_key(session: Session, caller: Caller, project_id: int, key_id: int) -> None:
    """Forgets a key of devices; what was signed with it stays as it is.

    Raises:
        NotFoundError: The project has no such key.
    """
    statement = select(HmacKey).where(HmacKey.id == key_id, HmacKey.project_id == project_id)
    row = session.scalar(statement)
    if row is None:
        raise NotFoundError(f"the project has no key {key_id} for devices")
    session.delete(row)
    audit(session, caller, "hmac_key.delete", row.name, project_id=project_id, key_id=key_id)
