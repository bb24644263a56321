"""The command line. One file a command; each stays thin and calls the library."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the `tinsmith` program."""
    from tinsmith.cli.app import app
    from tinsmith.cli.output import report_error
    from tinsmith.core.errors import TinsmithError

    try:
        app()
    except TinsmithError as error:
        sys.exit(report_error(error, as_json="--json" in sys.argv))
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(130)
