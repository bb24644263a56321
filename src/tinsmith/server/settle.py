"""What a process that serves does once all is loaded."""

from __future__ import annotations

import gc

from tinsmith.core.memory import keep_freed_memory

# As many new objects as a batch of a thousand files has, before garbage is searched for.
_NEW_OBJECTS = 20_000
# A few times what of an upload is in memory at once.
_KEPT_BYTES = 64 << 20


def settle() -> None:
    """Settles how memory is dealt with; called once before requests are served.

    All that was loaded is left out of every later search for garbage, and the searches are fewer:
    otherwise every few uploads a tenth of a second goes by in looking at what is never thrown away.
    What a request leaves behind is mostly no garbage that has to be searched for. And some of what
    was freed is kept, because fresh pages take longer than what is done in them.
    """
    keep_freed_memory(_KEPT_BYTES)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
