"""One device for each identifier, one version for each number; folders of impulses.

Revision 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tinsmith.store.tables.base import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this revision."""
    op.create_index("ix_devices_identifier", "devices", ["project_id", "identifier"], unique=True)
    op.add_column("impulses", sa.Column("folder", sa.String(length=63), nullable=True))
    op.add_column("versions", sa.Column("deleted_at", UtcTime(), nullable=True))
    op.create_index("ix_versions_number", "versions", ["project_id", "number"], unique=True)
