"""Projects and what is decided once for all of a project."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tinsmith.store.tables.base import Base, Created, Hash, Key, Numbered, Revised


class Project(Numbered, Created, Revised, Base):
    """A project.

    `data_revision` rises with every change of its samples: what was computed from them is up to
    date as long as it has not risen. `target` is the device it is meant for with its budget,
    `import_rule` how tables that are uploaded are read, `settings` everything else people choose.
    """

    __tablename__ = "projects"

    organization_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    readme: Mapped[str] = mapped_column(Text, default="")
    visibility: Mapped[str] = mapped_column(String(20), default="private")
    data_revision: Mapped[int] = mapped_column(default=0)
    target: Mapped[dict[str, Any]] = mapped_column(default=dict)
    import_rule: Mapped[dict[str, Any]] = mapped_column(default=dict)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    deleted_at: Mapped[datetime | None]


class Device(Numbered, Created, Base):
    """A device that sends recordings; `identifier` is what it calls itself.

    `connected` holds only together with a `last_seen_at` of moments ago: a server that is killed
    takes nothing back.
    """

    __tablename__ = "devices"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    identifier: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(200), default="")
    sensors: Mapped[list[Any]] = mapped_column(default=list)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    connected: Mapped[bool] = mapped_column(default=False)
    last_seen_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_devices_identifier", "project_id", "identifier", unique=True),)


class Version(Numbered, Created, Base):
    """A snapshot of a whole project; `manifest_hash` is the head of its state.

    `number` rises within the project and never comes twice: the row of a deleted version stays,
    without its snapshot.
    """

    __tablename__ = "versions"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int]
    description: Mapped[str] = mapped_column(Text, default="")
    manifest_hash: Mapped[str] = mapped_column(Hash)
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[int | None] = mapped_column(Key, ForeignKey("users.id", ondelete="SET NULL"))
    deleted_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_versions_number", "project_id", "number", unique=True),)


class Setting(Base):
    """What the installation remembers about itself, such as its name and secrets."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
