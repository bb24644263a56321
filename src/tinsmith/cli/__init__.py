"""The command line. One file a command; each stays thin and calls the library."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of the `tinsmith` program."""
    from tinsmith.cli.app import app
    from tinsmith.cli.output import report_error
    from tinsmith.core.errors import EnvironmentError_, TinsmithError

    try:
        app()
    except TinsmithError as error:
        sys.exit(report_error(error, as_json="--json" in sys.argv))
    except BrokenPipeError:
        # The reader of our output is content with what it has, as in `tinsmith inspect | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        known = EnvironmentError_(
            error.strerror or str(error),
            path=error.filename,
            hint="check that the folder exists, that you may write there and that it has space",
        )
        sys.exit(report_error(known, as_json="--json" in sys.argv))
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(130)
