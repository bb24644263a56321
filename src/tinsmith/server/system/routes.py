"""Endpoints of the installation."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from tinsmith import __version__
from tinsmith.server.context import Reading, Who

router = APIRouter(tags=["system"])


class Health(BaseModel):
    """Whether the server works."""

    model_config = ConfigDict(extra="forbid")

    status: str


class About(BaseModel):
    """What this server is, and how one gets in."""

    model_config = ConfigDict(extra="forbid")

    name: str
    version: str
    sign_up: Literal["invitation"] = Field(
        description="How one gets an account: by an invitation, or from an administrator."
    )
    sign_in: list[Literal["password", "link"]] = Field(description="Ways to sign in.")
    signed_in: bool = Field(description="Whether the one who asks is.")


@router.get("/health")
def get_health(session: Reading) -> Health:
    """Whether the server and its database answer."""
    session.execute(text("SELECT 1"))
    return Health(status="ok")


@router.get("/about")
def get_about(caller: Who) -> About:
    """Name, version, and how one gets in."""
    return About(
        name="Tinsmith",
        version=__version__,
        sign_up="invitation",
        sign_in=["password", "link"],
        signed_in=caller.user_id is not None,
    )
