"""Samples, their searchable facts and unfinished uploads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tinsmith.store.tables.base import Base, Created, Hash, Json, Key, Numbered, Revised


class SampleRow(Numbered, Created, Revised, Base):
    """One sample: facts and labels; its original bytes are the blob `content_hash`.

    `key` is the sample's id within its project's plain files. `content` holds what is known of the
    decoded content (`datasets.Facts`), `options` how it is decoded, `span` the frames of the
    original that are kept and `whole` what a crop left out (`datasets.Whole`). `length_ms` is 0 for
    pictures and rows without time.
    """

    __tablename__ = "samples"

    project_id: Mapped[int] = mapped_column(Key, ForeignKey("projects.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(400))
    label: Mapped[str] = mapped_column(String(200), default="")
    category: Mapped[str] = mapped_column(String(20), default="")
    enabled: Mapped[bool] = mapped_column(default=True)
    content_hash: Mapped[str] = mapped_column(Hash)
    format: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(8))
    frames: Mapped[int] = mapped_column(BigInteger, default=0)
    interval_ms: Mapped[float] = mapped_column(default=0.0)
    length_ms: Mapped[float] = mapped_column(default=0.0)
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    sensors: Mapped[list[Any]] = mapped_column(default=list)
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    span: Mapped[list[Any] | None] = mapped_column(Json)
    whole: Mapped[dict[str, Any] | None] = mapped_column(Json)
    segments: Mapped[list[Any]] = mapped_column(default=list)
    boxes: Mapped[list[Any]] = mapped_column(default=list)
    # `metadata` is a name of SQLAlchemy's own.
    facts: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    signature: Mapped[str] = mapped_column(String(12), default="unsigned")
    device_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("devices.id", ondelete="SET NULL")
    )
    parent_id: Mapped[int | None] = mapped_column(Key)
    created_by: Mapped[int | None] = mapped_column(Key)
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("project_id", "key"),
        Index(None, "project_id", "content_hash"),
        # Lists are read newest first, whole and filtered, from these.
        Index("ix_samples_list", "project_id", "deleted_at", "id"),
        Index("ix_samples_category", "project_id", "deleted_at", "category", "id"),
        Index("ix_samples_label", "project_id", "deleted_at", "label", "id"),
        Index("ix_samples_name", "project_id", "deleted_at", "name", "id"),
        Index("ix_samples_length", "project_id", "deleted_at", "length_ms", "id"),
        Index("ix_samples_created", "project_id", "deleted_at", "created_at", "id"),
        Index("ix_samples_device", "device_id", "id"),
        # The exceptions, which are rare and looked for.
        Index(
            "ix_samples_disabled",
            "project_id",
            "id",
            sqlite_where=text("enabled = 0"),
            postgresql_where=text("NOT enabled"),
        ),
        Index(
            "ix_samples_signed",
            "project_id",
            "signature",
            "id",
            sqlite_where=text("signature != 'unsigned'"),
            postgresql_where=text("signature <> 'unsigned'"),
        ),
    )


class SampleMetadata(Base):
    """One metadata entry of a sample, to be found by."""

    __tablename__ = "sample_metadata"

    sample_id: Mapped[int] = mapped_column(
        Key, ForeignKey("samples.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[str] = mapped_column(String(1000))
    project_id: Mapped[int] = mapped_column(Key, ForeignKey("projects.id", ondelete="CASCADE"))

    __table_args__ = (Index("ix_sample_metadata_find", "project_id", "name", "value", "sample_id"),)


class SampleLabel(Base):
    """A label that a sample carries over time or in boxes, with how much of it there is."""

    __tablename__ = "sample_labels"

    sample_id: Mapped[int] = mapped_column(
        Key, ForeignKey("samples.id", ondelete="CASCADE"), primary_key=True
    )
    label: Mapped[str] = mapped_column(String(200), primary_key=True)
    project_id: Mapped[int] = mapped_column(Key, ForeignKey("projects.id", ondelete="CASCADE"))
    count: Mapped[int] = mapped_column(default=0)
    length_ms: Mapped[float] = mapped_column(default=0.0)

    __table_args__ = (Index("ix_sample_labels_find", "project_id", "label", "sample_id"),)


class NameBlock(Base):
    """The names of successive samples of a project in one text; see `store.name_blocks`.

    It speaks of the samples from `first_id` to `last_id`; the next block begins right after them.
    None of those in use has a name or a time beyond its lowest and highest. On SQLite, triggers
    keep `sample_names`, an index of blocks by three letters, next to it.
    """

    __tablename__ = "name_blocks"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    last_id: Mapped[int] = mapped_column(Key, primary_key=True)
    first_id: Mapped[int] = mapped_column(Key)
    names: Mapped[str] = mapped_column(Text)
    lowest_name: Mapped[str | None] = mapped_column(String(400))
    highest_name: Mapped[str | None] = mapped_column(String(400))
    first_created: Mapped[datetime | None]
    last_created: Mapped[datetime | None]


class SampleCount(Base):
    """How many samples of a kind a project has; kept up to date with every change of samples."""

    __tablename__ = "sample_counts"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    category: Mapped[str] = mapped_column(String(20), primary_key=True)
    label: Mapped[str] = mapped_column(String(200), primary_key=True)
    enabled: Mapped[bool] = mapped_column(primary_key=True)
    samples: Mapped[int] = mapped_column(BigInteger, default=0)
    length_ms: Mapped[float] = mapped_column(default=0.0)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)


class Upload(Created, Base):
    """A file that arrives in pieces; `received` bytes of it lie in the uploads folder."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    file_name: Mapped[str] = mapped_column(String(400))
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    choices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_by: Mapped[int | None] = mapped_column(Key)
    expires_at: Mapped[datetime]
