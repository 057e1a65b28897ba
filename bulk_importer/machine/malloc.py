"""Makes the C library use the memory of segments and bodies again, instead of fetching fresh pages for each.

glibc takes a block of megabytes from the system and gives it back when it is freed: for each segment and each body the
kernel clears pages, enters them and takes them out, a tenth of the time of the main process. Besides, each thread that
reads gets a heap of its own, which keeps what was largest in it. So for this process blocks of ordinary segments come
from one heap, whose free end stays up to a bound. (A worker has one thread and one segment at a time: glibc does as
much for it by itself.)
"""

from __future__ import annotations

__all__ = ["reuse_large_blocks"]

# Of malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

_LARGEST_REUSED_BYTES = 8 << 20  # above it blocks are few, and would leave large holes
_KEPT_BYTES = 16 << 20


def reuse_large_blocks() -> None:
    """Let this process use large blocks again; without glibc nothing happens."""
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGEST_REUSED_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    mallopt(_M_ARENA_MAX, 1)
