"""Find samples by part of their name, and keep what a crop leaves out.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tinsmith.store.tables.base import Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite keeps the letters of names in a table of its own, which follows the samples by itself.
_SQLITE = (
    "CREATE VIRTUAL TABLE sample_names USING fts5("
    "name, content='samples', content_rowid='id', tokenize='trigram', detail='none')",
    "CREATE TRIGGER samples_name_added AFTER INSERT ON samples BEGIN "
    "INSERT INTO sample_names(rowid, name) VALUES (new.id, new.name); END",
    "CREATE TRIGGER samples_name_removed AFTER DELETE ON samples BEGIN "
    "INSERT INTO sample_names(sample_names, rowid, name) VALUES ('delete', old.id, old.name); END",
    "CREATE TRIGGER samples_name_changed AFTER UPDATE OF name ON samples BEGIN "
    "INSERT INTO sample_names(sample_names, rowid, name) VALUES ('delete', old.id, old.name); "
    "INSERT INTO sample_names(rowid, name) VALUES (new.id, new.name); END",
    "INSERT INTO sample_names(sample_names) VALUES ('rebuild')",
)


def upgrade() -> None:
    """Brings the tables to this revision."""
    with op.batch_alter_table("samples", schema=None) as batch_op:
        batch_op.add_column(sa.Column("whole", Json, nullable=True))
        batch_op.create_index(
            "ix_samples_created", ["project_id", "deleted_at", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_samples_disabled",
            ["project_id", "id"],
            unique=False,
            sqlite_where=sa.text("enabled = 0"),
            postgresql_where=sa.text("NOT enabled"),
        )
        batch_op.create_index(
            "ix_samples_signed",
            ["project_id", "signature", "id"],
            unique=False,
            sqlite_where=sa.text("signature != 'unsigned'"),
            postgresql_where=sa.text("signature <> 'unsigned'"),
        )
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(statement)
    else:
        _index_names_on_postgresql()


def _index_names_on_postgresql() -> None:
    """An index by three letters, where the server has the extension and lets us use it."""
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError:
        return  # names are then found by reading all of them
    op.execute("CREATE INDEX ix_samples_letters ON samples USING gin (name gin_trgm_ops)")
