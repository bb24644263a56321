"""Keep thresholds of impulses, and when a package was deleted.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tinsmith.store.tables.base import Json, UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this revision."""
    op.add_column("deployments", sa.Column("deleted_at", UtcTime(), nullable=True))
    op.add_column("impulses", sa.Column("thresholds", Json, nullable=True))
