"""Runs the comparisons and prints one JSON document: rates, times and ratios."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> int:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    parser.add_argument("cases", nargs="*", help="uploads, lists, detail, followers")
    parser.add_argument("--port", type=int, default=4910, help="this one and the next are used")
    parser.add_argument("--files", type=int, default=8000, help="uploads of one turn")
    # With a few of them, both servers mostly wait.
    parser.add_argument("--connections", type=int, default=14, help="senders of single files")
    parser.add_argument("--samples", type=int, default=1_000_000, help="samples of the long list")
    options = parser.parse_args(arguments)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not options.cases or "uploads" in options.cases:
            from benchmarks.server import uploads

            found["uploads"] = uploads.measure(
                folder / "uploads", options.port, options.files, options.connections
            )
        if not options.cases or "lists" in options.cases:
            from benchmarks.server import lists

            found["lists"] = lists.measure(folder / "lists", options.port, options.samples)
        if not options.cases or "detail" in options.cases:
            from benchmarks.server import detail

            found["detail"] = detail.measure(folder / "detail", options.port)
        if not options.cases or "followers" in options.cases:
            from benchmarks.server import followers

            found["followers"] = followers.measure(folder / "followers", options.port)
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
