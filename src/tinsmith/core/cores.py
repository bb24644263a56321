"""How many cores this process may keep busy."""

from __future__ import annotations

import os

_share = 0


def cores() -> int:
    """Cores to use where nothing else is asked for: all this process may run on, or its share."""
    return _share or len(os.sched_getaffinity(0))


def limit_cores(count: int) -> None:
    """Makes `cores` say `count` from now on; 0 takes that back.

    For processes that share a machine, such as jobs that run at the same time.
    """
    global _share
    _share = max(0, count)
