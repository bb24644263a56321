"""Designs and everything made from them: models, test results, profiles, deployments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tinsmith.store.tables.base import Base, Created, Hash, Json, Key, Numbered, Revised


class ImpulseRow(Numbered, Created, Revised, Base):
    """A design; `model_id` is the model in use, `thresholds` what its scores are judged by.

    Thresholds of None are those of training. `folder` is the id it came with from plain files.
    """

    __tablename__ = "impulses"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    design: Mapped[dict[str, Any]]
    is_default: Mapped[bool] = mapped_column(default=False)
    model_id: Mapped[int | None] = mapped_column(Key)
    thresholds: Mapped[dict[str, Any] | None] = mapped_column(Json)
    folder: Mapped[str | None] = mapped_column(String(63))
    deleted_at: Mapped[datetime | None]


class Model(Numbered, Created, Base):
    """A trained impulse. `files` names the blob of each file, as `save_fitted` writes them."""

    __tablename__ = "models"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    impulse_id: Mapped[int] = mapped_column(
        Key, ForeignKey("impulses.id", ondelete="CASCADE"), index=True
    )
    job_id: Mapped[int | None] = mapped_column(Key)
    design: Mapped[dict[str, Any]]
    data_revision: Mapped[int]
    classes: Mapped[list[Any]] = mapped_column(default=list)
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    history: Mapped[list[Any]] = mapped_column(default=list)
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    counters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    files: Mapped[dict[str, Any]] = mapped_column(default=dict)


class TestResult(Numbered, Created, Base):
    """Model testing of one variant; the blob `windows_hash` holds every window's scores."""

    __tablename__ = "test_results"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    model_id: Mapped[int] = mapped_column(Key, ForeignKey("models.id", ondelete="CASCADE"))
    job_id: Mapped[int | None] = mapped_column(Key)
    variant: Mapped[str] = mapped_column(String(10))
    data_revision: Mapped[int]
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    windows_hash: Mapped[str] = mapped_column(Hash)

    __table_args__ = (Index(None, "model_id", "variant", "id"),)


class ProfileRow(Numbered, Created, Base):
    """What a model costs on a target."""

    __tablename__ = "profiles"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    model_id: Mapped[int] = mapped_column(Key, ForeignKey("models.id", ondelete="CASCADE"))
    job_id: Mapped[int | None] = mapped_column(Key)
    variant: Mapped[str] = mapped_column(String(10))
    target: Mapped[str] = mapped_column(String(80))
    memory: Mapped[str] = mapped_column(String(20))
    document: Mapped[dict[str, Any]]

    __table_args__ = (Index(None, "model_id", "target", "variant", "id"),)


class Deployment(Numbered, Created, Base):
    """A packaged, verified build; `number` rises within the project and never comes twice.

    Deleting one takes its package away; the row stays, as a record of what was handed out.
    """

    __tablename__ = "deployments"

    project_id: Mapped[int] = mapped_column(Key, ForeignKey("projects.id", ondelete="CASCADE"))
    number: Mapped[int]
    impulse_id: Mapped[int | None] = mapped_column(Key)
    model_id: Mapped[int | None] = mapped_column(Key)
    job_id: Mapped[int | None] = mapped_column(Key)
    form: Mapped[str] = mapped_column(String(80))
    target: Mapped[str] = mapped_column(String(80))
    variant: Mapped[str] = mapped_column(String(10))
    memory: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(300))
    blob_hash: Mapped[str] = mapped_column(Hash)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    report: Mapped[dict[str, Any]]
    created_by: Mapped[int | None] = mapped_column(Key)
    deleted_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("project_id", "number"),)


class Artifact(Numbered, Created, Base):
    """Any other result of a job, found by its kind and key: a map of windows, an export, ..."""

    __tablename__ = "artifacts"

    project_id: Mapped[int] = mapped_column(Key, ForeignKey("projects.id", ondelete="CASCADE"))
    job_id: Mapped[int | None] = mapped_column(Key)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(Text, default="")
    blob_hash: Mapped[str | None] = mapped_column(Hash)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    document: Mapped[dict[str, Any] | None] = mapped_column(Json)

    __table_args__ = (Index(None, "project_id", "kind", "key", "id"),)
