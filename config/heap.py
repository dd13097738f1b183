"""How this process keeps its memory: what large uploads took must not stay, and what stays is not looked through."""

import contextlib
import ctypes
import gc
import sys

# glibc, mallopt(3)
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
LARGE = 1024 * 1024
ARENAS = 2
OBJECTS_OF_REQUESTS = 3_000
BATCH_OF_OBJECTS = 200_000  # more than a batch of rows is made of, none of which is part of a circle
HOUSE_OF_OBJECTS = 1_000_000  # more than a process is made of once all is loaded


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


def load_undisturbed() -> None:
    """Do not search for circles while the house is loaded: nothing goes by then, and it took a quarter of a start.

    To be followed by `set_the_house_apart` or another of these once it is loaded, if it is to last.
    """
    gc.set_threshold(HOUSE_OF_OBJECTS, 20, 20)


def set_the_house_apart() -> None:
    """Once all is loaded: take what the process is made of out of the search for circles, which goes on for the rest.

    A web process would have its half a million lasting objects looked through in the middle of some requests. Python's
    own limit of 700 new objects is reached within every request, and the searches took a fiftieth of its time.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_OF_REQUESTS, 10, 10)


def work_in_batches() -> None:
    """Take it out, too, but search less often: for a command, which has left nothing behind by then."""
    gc.freeze()
    gc.set_threshold(BATCH_OF_OBJECTS, 20, 20)


def leave_the_house_alone() -> None:
    """The same for a process that may have left something behind already.

    A worker that makes and drops thousands of rows in a batch would otherwise have its half a million lasting objects
    looked through again and again: a fifth of its time in a morning's wave.
    """
    gc.collect()
    work_in_batches()
