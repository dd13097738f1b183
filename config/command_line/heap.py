"""How this process gives memory back. Large uploads and pictures come and go; what they took must not stay."""

import contextlib
import ctypes
import sys

# glibc, mallopt(3)
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
LARGE = 1024 * 1024
ARENAS = 2


def give_back_large_buffers() -> None:
    """Let buffers of a megabyte and more be mapped one by one, and unmapped when they are free; glibc alone needs it.

    By itself it raises that limit to 32 MB after the first large buffer and keeps a heap for each thread, where small
    leftovers hold the large gaps between them: 5,000 uploads took 600 MB, and 400 MB so. Call it before any thread.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        for parameter, value in ((M_MMAP_THRESHOLD, LARGE), (M_TRIM_THRESHOLD, LARGE), (M_ARENA_MAX, ARENAS)):
            mallopt(parameter, value)
