"""How Alembic runs the migrations: on the connection it is given."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, BigInteger

from tinsmith.store.tables import Base
from tinsmith.store.tables.base import UtcTime, is_declared


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our own types by the names `store.tables.base` gives them."""
    if kind != "type":
        return False
    if isinstance(item, UtcTime):
        return "UtcTime()"
    variants = item.__dict__.get("_variant_mapping", {})
    if isinstance(item, JSON):
        return "Json"
    return "Key" if isinstance(item, BigInteger) and variants else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render,
    include_name=is_declared,
)
with context.begin_transaction():
    context.run_migrations()
