"""Jobs that run longer than they may.

Threads cannot be stopped from outside, and Celery's limits do nothing there. So such a job is named in the log,
counted, and reported to whoever asks whether we are well; what it can hang on has deadlines of its own.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from config import metrics

log = structlog.get_logger(__name__)
REMIND_S = 60.0
OURS = Path(__file__).parents[1]
Report = Callable[[str, bool], None]


@dataclass(eq=False)
class _Run:
    job: str
    next_look: float
    began: float = field(default_factory=time.monotonic)
    thread: int = field(default_factory=threading.get_ident)
    overdue: bool = False


class Watchdog:
    """Looks after the jobs of this process. Idle, it costs nothing: it wakes only when a job's time is up."""

    def __init__(self) -> None:
        self._runs: set[_Run] = set()
        self._changed = threading.Condition()
        self._pid = 0
        self.report: Report = lambda _job, _over: None

    @contextmanager
    def watching(self, job: str, limit_s: float) -> Iterator[None]:
        """Watch the block: it is `job`, and should take no longer than `limit_s` seconds."""
        run = _Run(job, time.monotonic() + limit_s)
        with self._changed:
            self._runs.add(run)
            self._ensure_thread()
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._runs.discard(run)
            if run.overdue:
                log.warning("job_came_to_an_end", job=job, seconds=round(time.monotonic() - run.began))
                self._tell(job, over=True)

    def overdue(self) -> list[str]:
        """The jobs of this process that run longer than they may."""
        with self._changed:
            return sorted({run.job for run in self._runs if run.overdue})

    def _ensure_thread(self) -> None:
        if self._pid != os.getpid():  # a fork has no threads of its parent
            self._pid = os.getpid()
            threading.Thread(target=self._look_after, name="watchdog", daemon=True).start()

    def _look_after(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                late = [run for run in self._runs if run.next_look <= now]
                if not late:
                    soonest = min((run.next_look for run in self._runs), default=None)
                    self._changed.wait(None if soonest is None else soonest - now)
                    continue
                newly = [run for run in late if not run.overdue]
                for run in late:
                    run.overdue, run.next_look = True, now + REMIND_S
            for run in newly:
                metrics.JOBS_OVER_LIMIT.labels(run.job).inc()
            for run in late:
                log.error("job_over_limit", job=run.job, seconds=round(now - run.began), at=_place_of(run.thread))
                self._tell(run.job, over=False)

    def _tell(self, job: str, *, over: bool) -> None:
        try:
            self.report(job, over)
        except Exception as error:  # the database may be what the job hangs on
            log.warning("overdue_not_noted", job=job, error=type(error).__name__)


def _place_of(thread: int) -> str:
    """Where in our own code a thread is: file and line, no values."""
    frame = sys._current_frames().get(thread)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(OURS) and "site-packages" not in path.parts:
            return f"{path.relative_to(OURS)}:{frame.f_lineno}"
        frame = frame.f_back
    return "unknown"


watchdog = Watchdog()
