"""Endpoints of the installation."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from tinsmith import __version__
from tinsmith.server.context import Reading

router = APIRouter(tags=["system"])


class Health(BaseModel):
    """Whether the server works."""

    model_config = ConfigDict(extra="forbid")

    status: str


class About(BaseModel):
    """What this server is."""

    model_config = ConfigDict(extra="forbid")

    name: str
    version: str


@router.get("/health")
def get_health(session: Reading) -> Health:
    """Whether the server and its database answer."""
    session.execute(text("SELECT 1"))
    return Health(status="ok")


@router.get("/about")
def get_about() -> About:
    """Name and version."""
    return About(name="Tinsmith", version=__version__)
