"""What all tables share: the registry, keys, times and revisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Constraints have names, so that migrations can change them on every database.
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite only counts up a key whose type is INTEGER.
Key = BigInteger().with_variant(Integer(), "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Hash = String(64)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which knows no zones, keeps it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as the database keeps it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the time {value} has no zone; expected one in UTC")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The moment, with its zone."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


def is_declared(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether Alembic compares a thing of the database with the classes.

    What only one kind of database has is made by a migration and declared nowhere: the index of
    names by three letters.
    """
    return not (kind == "table" and (name or "").startswith("sample_names"))


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute
        datetime: UtcTime,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class Numbered:
    """A row with a number of its own."""

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)


class Created:
    """A row that knows when it came to be."""

    created_at: Mapped[datetime] = mapped_column(default=now)


class Revised:
    """A row that several people may edit: every change raises its revision (the ETag).

    A row is written only while it has the revision it was read at; otherwise somebody was faster,
    and SQLAlchemy raises StaleDataError.
    """

    revision: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    __mapper_args__ = {"version_id_col": revision, "version_id_generator": False}  # noqa: RUF012
