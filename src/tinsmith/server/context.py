"""What every request can reach, and the annotations routes ask for it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from tinsmith.jobs.dispatcher import Dispatcher
from tinsmith.server.devices.hub import Hub
from tinsmith.server.jobs.live import Live
from tinsmith.server.known import Known
from tinsmith.server.samples.content import Levels
from tinsmith.server.samples.group import UploadGroup
from tinsmith.server.samples.receiver import Places
from tinsmith.server.samples.receivers import Receivers
from tinsmith.server.samples.small import SmallUploads
from tinsmith.server.settings import Limits, Settings
from tinsmith.store.blobs import BlobStore
from tinsmith.store.database import Database


@dataclass(frozen=True)
class Context:
    """The parts of a running server.

    `live` serves those who follow jobs, `devices` are those connected to this process.
    """

    settings: Settings
    database: Database
    blobs: BlobStore
    dispatcher: Dispatcher
    limits: Limits = field(default_factory=Limits)
    small_uploads: SmallUploads = field(default_factory=SmallUploads)
    callers: Known[Caller] = field(default_factory=lambda: Known[Caller]())
    live: Live = field(default_factory=Live)
    devices: Hub = field(default_factory=Hub)

    @cached_property
    def levels(self) -> Levels:
        """Levels of detail of recordings."""
        return Levels(self.settings.data / "cache" / "levels")

    @cached_property
    def uploads(self) -> UploadGroup:
        """What stores the samples that this process reads itself."""
        return UploadGroup(self._uploads_lock)

    @cached_property
    def receivers(self) -> Receivers:
        """Processes that take large uploads in."""
        return Receivers(
            Places(self.database.url, self.settings.blobs, self.levels.root, self._uploads_lock)
        )

    @property
    def _uploads_lock(self) -> Path:
        return self.settings.data / "uploads.lock"


@dataclass(frozen=True)
class Caller:
    """Who makes a request.

    Args:
        user_id: The person, or the one who made the key; None if nobody is signed in.
        is_admin: Whether the person administers this installation.
        session_id: The session, if a person is signed in.
        api_key_id: The key, if it is a program.
        scope: The key's scope.
        project_id: The only project the key opens, if it is bound to one.
        address: Where the request comes from.
    """

    user_id: int | None = None
    is_admin: bool = False
    session_id: int | None = None
    api_key_id: int | None = None
    scope: str | None = None
    project_id: int | None = None
    address: str = ""


def context_of(request: HTTPConnection) -> Context:
    """The running server's parts."""
    found: Context = request.app.state.context
    return found


def caller_of(request: HTTPConnection) -> Caller:
    """Who asks, as `security.authorize` found out."""
    found: Caller = request.state.caller
    return found


def _read(request: HTTPConnection) -> Iterator[Session]:
    with context_of(request).database.read() as session:
        yield session


def _write(request: HTTPConnection) -> Iterator[Session]:
    with context_of(request).database.write() as session:
        yield session


App = Annotated[Context, Depends(context_of)]
Who = Annotated[Caller, Depends(caller_of)]
# Changes are stored before the response goes out, so a success is never taken back.
Reading = Annotated[Session, Depends(_read, scope="function")]
Writing = Annotated[Session, Depends(_write, scope="function")]
