"""Find samples by part of their name in blocks of names, on every database alike.

Revision 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tinsmith.store.tables.base import Key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SIZE = 64
# SQLite knows the letters of names in a table of its own, which now follows the blocks.
_SQLITE = (
    "DROP TRIGGER IF EXISTS samples_name_added",
    "DROP TRIGGER IF EXISTS samples_name_removed",
    "DROP TRIGGER IF EXISTS samples_name_changed",
    "DROP TABLE IF EXISTS sample_names",
    "CREATE VIRTUAL TABLE sample_names USING fts5("
    "names, content='name_blocks', content_rowid='last_id', tokenize='trigram', detail='none')",
    "CREATE TRIGGER name_blocks_added AFTER INSERT ON name_blocks BEGIN "
    "INSERT INTO sample_names(rowid, names) VALUES (new.last_id, new.names); END",
    "CREATE TRIGGER name_blocks_removed AFTER DELETE ON name_blocks BEGIN "
    "INSERT INTO sample_names(sample_names, rowid, names) "
    "VALUES ('delete', old.last_id, old.names); END",
    "CREATE TRIGGER name_blocks_changed AFTER UPDATE OF names ON name_blocks BEGIN "
    "INSERT INTO sample_names(sample_names, rowid, names) "
    "VALUES ('delete', old.last_id, old.names); "
    "INSERT INTO sample_names(rowid, names) VALUES (new.last_id, new.names); END",
    "INSERT INTO sample_names(sample_names) VALUES ('rebuild')",
)


def upgrade() -> None:
    """Brings the tables to this revision."""
    op.create_table(
        "name_blocks",
        sa.Column("project_id", Key, nullable=False),
        sa.Column("last_id", Key, nullable=False),
        sa.Column("first_id", Key, nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_name_blocks_project_id_projects"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "last_id", name=op.f("pk_name_blocks")),
    )
    _fill()
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(statement)
    else:
        op.execute("DROP INDEX IF EXISTS ix_samples_letters")


def _fill() -> None:
    """Blocks of the samples in use; each begins right after the one before."""
    joined = "group_concat" if op.get_bind().dialect.name == "sqlite" else "string_agg"
    op.execute(
        "INSERT INTO name_blocks (project_id, first_id, last_id, names) "
        "SELECT project_id, coalesce(lag(last) OVER (PARTITION BY project_id ORDER BY last), 0) + 1"
        ", last, names FROM ("
        f"SELECT project_id, max(id) AS last, {joined}(lower(name), '\n') AS names FROM ("
        "SELECT project_id, id, name, "
        "(row_number() OVER (PARTITION BY project_id ORDER BY id) - 1) "
        f"/ {_SIZE} AS block FROM samples WHERE deleted_at IS NULL) AS numbered "
        f"GROUP BY project_id, block HAVING count(*) = {_SIZE}) AS made"
    )
