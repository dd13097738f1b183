"""A child that works beside a long command, on a core of its own: what a thread did would cost the command its turns.

For commands alone, and before they have threads: a fork has none of its parent's.
"""

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import structlog

from config.database import db

log = structlog.get_logger(__name__)
Ended = Callable[[float], bool]
"""Waits so many seconds at most for the parent's end of the work; whether it has come."""


@contextmanager
def beside(work: Callable[[Ended], None]) -> Iterator[None]:
    """Run `work` in a child while the block runs, and wait for its end. What it raises is logged and changes nothing.

    `work` looks now and then whether the block has `ended`, which is also the case when the parent is gone. Objects
    that were loaded before the block have to be read anew.
    """
    db.session.remove()
    db.engine.dispose()  # a child that inherits an open SQLite file would take no locks of its own
    watched, held = os.pipe()
    child = _forked()
    if child == 0:
        os.close(held)
        _run(work, watched)
    os.close(watched)
    try:
        yield
    finally:
        os.close(held)
        if child is not None:
            os.waitpid(child, 0)


def _forked() -> int | None:
    """The child, 0 in the child, None where there can be none: the work goes on without help."""
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the parent, which ends its block
    child: int | None = None
    try:
        child = os.fork()
    except OSError as error:
        log.warning("no_work_beside", error=type(error).__name__)
    finally:
        if child != 0:
            signal.signal(signal.SIGINT, earlier)
    return child


def _run(work: Callable[[Ended], None], watched: int) -> NoReturn:
    try:
        work(lambda seconds: bool(select.select([watched], [], [], seconds)[0]))
    except Exception as error:
        log.warning("work_beside_failed", error=type(error).__name__)
    finally:
        os._exit(0)
