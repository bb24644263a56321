"""Who may do what: users, sessions, organizations, collaborators and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tinsmith.store.tables.base import Base, Created, Hash, Key, Numbered, Revised, now


class User(Numbered, Created, Base):
    """A person. Without a password only one-time links open a session."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_admin: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=True)
    last_seen_at: Mapped[datetime | None]


class LoginSession(Numbered, Created, Base):
    """A browser that is signed in; the cookie's secret is kept as its hash."""

    __tablename__ = "sessions"

    user_id: Mapped[int] = mapped_column(
        Key, ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    secret_hash: Mapped[str] = mapped_column(Hash, unique=True)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime] = mapped_column(default=now)
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(64), default="")


class LoginLink(Numbered, Created, Base):
    """A link that signs a user in once."""

    __tablename__ = "login_links"

    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id", ondelete="CASCADE"))
    secret_hash: Mapped[str] = mapped_column(Hash, unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginFailure(Numbered, Base):
    """A wrong password; too many of one address or account slow the next ones down."""

    __tablename__ = "login_failures"

    subject: Mapped[str] = mapped_column(String(330), index=True)
    at: Mapped[datetime] = mapped_column(default=now)


class Organization(Numbered, Created, Revised, Base):
    """People and projects that belong together."""

    __tablename__ = "organizations"

    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")


class Membership(Created, Base):
    """A user in an organization: admin, member or guest."""

    __tablename__ = "memberships"

    organization_id: Mapped[int] = mapped_column(
        Key, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        Key, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(20))


class Collaborator(Created, Base):
    """A user in a project: owner, editor or viewer."""

    __tablename__ = "collaborators"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        Key, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(20))


class Invitation(Numbered, Created, Base):
    """An invitation into an organization or a project, by a link that works once."""

    __tablename__ = "invitations"

    organization_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )
    project_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(20))
    secret_hash: Mapped[str] = mapped_column(Hash, unique=True)
    invited_by: Mapped[int | None] = mapped_column(Key, ForeignKey("users.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]


class ApiKey(Numbered, Created, Base):
    """A secret for programs. With a project it opens that project, else all that its user may.

    `prefix` is the beginning of the secret, for people to tell keys apart; the rest is kept as its
    hash.
    """

    __tablename__ = "api_keys"

    project_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(String(40))
    prefix: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(Hash, unique=True)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class HmacKey(Numbered, Created, Base):
    """A key devices sign their recordings with; the server must know it to check."""

    __tablename__ = "hmac_keys"

    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    secret: Mapped[str] = mapped_column(String(200))
    last_used_at: Mapped[datetime | None]


class AuditEvent(Numbered, Base):
    """Who did what to whom, and from where."""

    __tablename__ = "audit_events"

    at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(Key, ForeignKey("users.id", ondelete="SET NULL"))
    api_key_id: Mapped[int | None] = mapped_column(Key)
    address: Mapped[str] = mapped_column(String(64), default="")
    action: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(200), default="")
    organization_id: Mapped[int | None] = mapped_column(Key)
    project_id: Mapped[int | None] = mapped_column(Key)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (
        Index(None, "project_id", "id"),
        Index(None, "organization_id", "id"),
    )
