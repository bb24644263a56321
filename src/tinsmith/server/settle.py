"""What a process that serves does once all is loaded."""

from __future__ import annotations

import gc

# As many new objects as a batch of a thousand files has, before garbage is searched for.
_NEW_OBJECTS = 20_000


def settle() -> None:
    """Leaves all that was loaded out of every later search for garbage, and searches more rarely.

    Called once before requests are served; otherwise every few uploads a tenth of a second goes by
    in looking at what is never thrown away. What a request leaves behind is mostly no garbage that
    has to be searched for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
