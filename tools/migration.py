"""Writes a migration from the difference between the tables' classes and the last migration.

python tools/migration.py 0002 "Add the thing"
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from alembic import command

from tinsmith.store.database import alembic_config, migrate, open_database


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", help="four digits, one more than the last migration")
    parser.add_argument("message", help="what it does, as a commit message says it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/new.sqlite")
        migrate(database)
        config = alembic_config(database)
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            script = command.revision(
                config, arguments.message, autogenerate=True, rev_id=arguments.number
            )
        database.close()
    path = Path(script.path)  # type: ignore[union-attr]
    print(f"Written: {path.name}. Read it, format it, and try it on real data.")


if __name__ == "__main__":
    main()
