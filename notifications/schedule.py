"""Queues, and the jobs that the rooms register: what has to be looked at how often.

A job finds its own rows by SQL, so a missed, doubled or early run changes nothing but the moment.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import structlog

from config import metrics, scopes
from notifications.watchdog import watchdog

log = structlog.get_logger(__name__)
ROUNDS_PER_RUN = 50
LONGEST_RUN = timedelta(seconds=60)
LONGEST_ALONE = timedelta(seconds=30)
SOFT_LIMIT, HARD_LIMIT = timedelta(seconds=120), timedelta(seconds=180)
HEARTBEAT_EVERY = timedelta(minutes=1)


class Queue(StrEnum):
    """The queues of the broker. Each of them has a worker."""

    DELIVERY = "delivery"
    INBOUND = "inbound"
    CARE = "care"
    SERVICES = "services"
    HOUSEKEEPING = "housekeeping"


@dataclass(frozen=True)
class Job:
    """Due work with a name. `run` does one batch in its own transactions and returns how much it did.

    Running it twice, or two at once, does no harm. `woken`: also run when somebody wakes the queue. `alone`: one run at
    a time in each process is enough; who asks for another meanwhile lets that one look once more.
    """

    name: str
    every: timedelta
    queue: Queue
    run: Callable[[], int]
    woken: bool = True
    alone: bool = False


class Turn:
    """Who may run a job that runs alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = self._asked = False

    def take(self, *, patient: bool) -> bool:
        """Take the turn. Where another has it: wait (`patient`), or let the other look once more and answer False."""
        with self._changed:
            if patient:
                self._changed.wait_for(lambda: not self._taken)
            if self._taken:
                self._asked = True
                return False
            self._taken = True
            return True

    def give_back(self, *, even_if_asked: bool) -> bool:
        """Give the turn back. False, and it is kept, when somebody has asked meanwhile."""
        with self._changed:
            self._taken = self._asked and not even_if_asked
            self._asked = False
            self._changed.notify_all()
            return not self._taken


_jobs: dict[str, Job] = {}
_turns: dict[str, Turn] = {}


def register_job(job: Job) -> None:
    """Make `job` known to beat, to the workers and to `run_due_jobs`. The same name again replaces it."""
    _jobs[job.name] = job


def jobs(queue: str | None = None) -> Iterator[Job]:
    """The registered jobs, those of `queue` if given, in the order of their registration."""
    return iter([job for job in _jobs.values() if queue is None or job.queue == queue])


def job_named(name: str) -> Job:
    """The job of that name. Raises KeyError."""
    return _jobs[name]


def run_job(job: Job, *, patient: bool = False) -> int:
    """Run `job` until it finds nothing more to do, at most for a minute. Returns how much was done.

    `patient`: where it may not run beside another run, wait for that one's end. What `run` raises is counted and raised
    again.
    """
    if not job.alone:
        return _run(job)
    turn = _turns.setdefault(job.name, Turn())
    if not turn.take(patient=patient):
        return 0
    done, deadline = 0, time.monotonic() + LONGEST_ALONE.total_seconds()
    try:
        while True:
            done += _run(job)
            if turn.give_back(even_if_asked=time.monotonic() > deadline):
                return done
    except BaseException:
        turn.give_back(even_if_asked=True)
        raise


def _run(job: Job) -> int:
    done, deadline = 0, time.monotonic() + LONGEST_RUN.total_seconds()
    scope = scopes.system(f"job:{job.name}")
    with scopes.within(scope), watchdog.watching(job.name, SOFT_LIMIT.total_seconds()):
        for _ in range(ROUNDS_PER_RUN):
            try:
                found = job.run()
            except Exception:
                metrics.JOB_FAILURES.labels(job.name).inc()
                raise
            done += found
            if not found or time.monotonic() > deadline:
                break
    if done:
        metrics.JOBS.labels(job.name).inc(done)
        log.info("job_done", job=job.name, items=done)
    return done


def run_due_jobs() -> dict[str, int]:
    """Run every job once in this process and say how much each did; the sandbox and tests repeat it until all are 0.

    One failing job does not keep the others from running; its error is raised at the end.
    """
    done: dict[str, int] = {}
    failed: Exception | None = None
    for job in jobs():
        try:
            done[job.name] = run_job(job, patient=True)
        except Exception as error:
            log.exception("job_failed", job=job.name)
            failed = failed or error
    if failed:
        raise failed
    return done


def beat_schedule(task: str, heartbeat: str, asked_at: object) -> dict[str, dict[str, Any]]:
    """The schedule for beat: one tick per job, and a question to each queue whether it has a worker.

    What waited longer than its period is dropped by the worker. Intervals only, counted in UTC: nothing here is silent,
    or comes twice, when summer time ends.
    """
    ticks = {job.name: _entry(task, job.queue, job.every, {"job": job.name}) for job in jobs()}
    return ticks | {
        f"heartbeat.{queue}": _entry(heartbeat, queue, HEARTBEAT_EVERY, {"queue": queue.value, "asked_at": asked_at})
        for queue in Queue
    }


def _entry(task: str, queue: Queue, every: timedelta, arguments: dict[str, Any]) -> dict[str, Any]:
    options = {"queue": queue.value, "expires": every.total_seconds()}
    return {"task": task, "schedule": every, "kwargs": arguments, "options": options}
