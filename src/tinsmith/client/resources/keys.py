"""Personal API keys."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any, Literal

from tinsmith.client.driving import M
from tinsmith.client.operation import Resource, iteration, operation
from tinsmith.client.sending import Endpoint, listed
from tinsmith.client.steps import Item, Step
from tinsmith.client.types import ApiKey, NewApiKey

Scope = Literal["admin", "read-only", "ingestion", "ingestion+deployment"]

_ALL = "/me/api-keys"
_LIST = Endpoint("list_my_keys", "GET", _ALL, tuple[ApiKey, ...])
_CREATE = Endpoint("create_my_key", "POST", _ALL, NewApiKey)
_DELETE = Endpoint("delete_my_key", "DELETE", _ALL + "/{key_id}", type(None))


class Keys(Resource[M]):
    """The caller's own keys: with one, a program may do what its person may."""

    @iteration
    def list(self) -> Generator[Step | Item[ApiKey], Any, None]:
        """All of them, without their secrets."""
        return listed(_LIST)

    @operation
    def create(
        self, name: str, *, scope: Scope = "ingestion", expires_at: datetime | None = None
    ) -> Generator[Step, Any, NewApiKey]:
        """Makes a key; its `secret` is in this answer and nowhere else.

        Args:
            name: What it is for.
            scope: What it may do.
            expires_at: When it ends, with a time zone; None for never.
        """
        end = expires_at.isoformat() if expires_at else None
        return _CREATE(body={"name": name, "scope": scope, "expires_at": end})

    @operation
    def delete(self, key_id: int) -> Generator[Step, Any, None]:
        """Revokes a key."""
        return _DELETE(key_id=key_id)
