"""Know the lowest and highest name and time in each block of names.

Revision 0006, after 0005.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from tinsmith.store.tables.base import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BOUNDS: dict[str, tuple[Any, str]] = {
    "lowest_name": (sa.String(400), "min(name)"),
    "highest_name": (sa.String(400), "max(name)"),
    "first_created": (UtcTime(), "min(created_at)"),
    "last_created": (UtcTime(), "max(created_at)"),
}


def upgrade() -> None:
    """Brings the tables to this revision."""
    for name, (kind, _) in _BOUNDS.items():
        op.add_column("name_blocks", sa.Column(name, kind, nullable=True))
    names = ", ".join(_BOUNDS)
    values = ", ".join(value for _, value in _BOUNDS.values())
    op.execute(
        f"UPDATE name_blocks SET ({names}) = (SELECT {values} FROM samples "
        "WHERE samples.project_id = name_blocks.project_id AND samples.deleted_at IS NULL "
        "AND samples.id BETWEEN name_blocks.first_id AND name_blocks.last_id)"
    )
