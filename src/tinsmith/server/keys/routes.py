"""Endpoints of keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from tinsmith.server.context import Reading, Who, Writing
from tinsmith.server.keys import service
from tinsmith.server.keys.schemas import (
    ApiKeyIn,
    ApiKeyOut,
    HmacKeyIn,
    HmacKeyOut,
    NewApiKey,
    NewHmacKey,
)
from tinsmith.server.projects.routes import ProjectId
from tinsmith.store.tables import ApiKey

router = APIRouter(tags=["keys"])
KeyId = Annotated[int, Path(ge=1, lt=2**63, description="The key's number.")]


@router.get("/projects/{project_id}/api-keys")
def list_api_keys(project_id: ProjectId, session: Reading, caller: Who) -> list[ApiKeyOut]:
    """The project's keys, without their secrets."""
    rows = service.list_api_keys(session, caller, project_id)
    return [ApiKeyOut.model_validate(row) for row in rows]


@router.post("/projects/{project_id}/api-keys", status_code=201)
def create_api_key(
    project_id: ProjectId, body: ApiKeyIn, session: Writing, caller: Who
) -> NewApiKey:
    """Makes a key; its secret is in this response and nowhere else."""
    return _new(*service.create_api_key(session, caller, body, project_id))


@router.delete("/projects/{project_id}/api-keys/{key_id}", status_code=204)
def delete_api_key(project_id: ProjectId, key_id: KeyId, session: Writing, caller: Who) -> None:
    """Revokes a key."""
    service.revoke_api_key(session, caller, key_id, project_id)


@router.get("/me/api-keys")
def list_my_keys(session: Reading, caller: Who) -> list[ApiKeyOut]:
    """The caller's personal keys, without their secrets."""
    return [ApiKeyOut.model_validate(row) for row in service.list_api_keys(session, caller)]


@router.post("/me/api-keys", status_code=201)
def create_my_key(body: ApiKeyIn, session: Writing, caller: Who) -> NewApiKey:
    """Makes a personal key: with it a program may do what its person may, within its scope."""
    return _new(*service.create_api_key(session, caller, body))


@router.delete("/me/api-keys/{key_id}", status_code=204)
def delete_my_key(key_id: KeyId, session: Writing, caller: Who) -> None:
    """Revokes a personal key."""
    service.revoke_api_key(session, caller, key_id)


@router.get("/projects/{project_id}/hmac-keys")
def list_hmac_keys(project_id: ProjectId, session: Reading) -> list[HmacKeyOut]:
    """The keys that the project's devices sign with, without their secrets."""
    rows = service.list_hmac_keys(session, project_id)
    return [HmacKeyOut.model_validate(row) for row in rows]


@router.post("/projects/{project_id}/hmac-keys", status_code=201)
def create_hmac_key(
    project_id: ProjectId, body: HmacKeyIn, session: Writing, caller: Who
) -> NewHmacKey:
    """Makes a key for devices; its secret is in this response and nowhere else."""
    row = service.create_hmac_key(session, caller, project_id, body.name)
    return NewHmacKey(**HmacKeyOut.model_validate(row).model_dump(), secret=row.secret)


@router.delete("/projects/{project_id}/hmac-keys/{key_id}", status_code=204)
def delete_hmac_key(project_id: ProjectId, key_id: KeyId, session: Writing, caller: Who) -> None:
    """Forgets a key for devices: what they sign with it from now on counts as invalid."""
    service.delete_hmac_key(session, caller, project_id, key_id)


def _new(row: ApiKey, secret: str) -> NewApiKey:
    return NewApiKey(**ApiKeyOut.model_validate(row).model_dump(), secret=secret)
