"""One asyncio loop for each process, in a thread of its own: for clients that have many calls under way at once.

It is started by the first who needs it, so after a fork. What runs in it gets plain data and never a database session.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
_guard = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_pid = 0


def current() -> asyncio.AbstractEventLoop:
    """The running loop of this process."""
    global _loop, _pid
    with _guard:
        if _loop is None or _pid != os.getpid():  # a fork has no threads of its parent
            _loop, _pid = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_loop.run_forever, name="loop", daemon=True).start()
        return _loop


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in the loop and wait for what it returns or raises; it has to bound its own time."""
    return asyncio.run_coroutine_threadsafe(work, current()).result()


def begin(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> Future[T] | None:
    """Let `work` run in `loop` without waiting for it; None when that loop runs no more (after a fork)."""
    if _loop is not loop or _pid != os.getpid():
        work.close()
        return None
    return asyncio.run_coroutine_threadsafe(work, loop)
