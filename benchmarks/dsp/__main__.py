"""Starts the comparison with one thread in every library."""

import os
import sys


def main() -> int:
    """Windows per second, as a table or JSON."""
    # Before NumPy is imported, which reads these once.
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    from benchmarks.dsp.comparison import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
