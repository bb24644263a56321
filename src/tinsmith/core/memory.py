"""How a process deals with memory it no longer needs."""

from __future__ import annotations

import contextlib
import ctypes

# Of <malloc.h>.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_AT_ONCE_BYTES = 16 << 20
# The largest that glibc takes on 64-bit machines.
_LARGEST_BYTES = 32 << 20


def keep_freed_memory(limit_bytes: int = 256 << 20) -> None:
    """Keeps freed memory for what comes next, instead of giving it back to the system each time.

    For processes that take and free the same large blocks again and again, such as decoded
    pictures: to fetch and clear their pages anew takes as long as decoding does. Does nothing where
    the C library is not glibc.

    Args:
        limit_bytes: How much is kept.
    """
    with contextlib.suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(_MMAP_THRESHOLD, _LARGEST_BYTES)
        set_option(_TRIM_THRESHOLD, limit_bytes)
        set_option(_TOP_PAD, _AT_ONCE_BYTES)
