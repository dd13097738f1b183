"""Queues, and the jobs that the rooms register: what has to be looked at how often.

A job finds its own rows by SQL, so a missed, doubled or early run changes nothing but the moment.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import structlog

from config import metrics

log = structlog.get_logger(__name__)
ROUNDS_PER_RUN = 50
LONGEST_RUN = timedelta(seconds=60)


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

    Running it twice, or two at once, does no harm. `woken`: also run when somebody wakes the queue.
    """

    name: str
    every: timedelta
    queue: Queue
    run: Callable[[], int]
    woken: bool = True


_jobs: dict[str, Job] = {}


def register_job(job: Job) -> None:
    """Make `job` known to beat, to the workers and to `run_due_jobs`. The same name again replaces it."""
    _jobs[job.name] = job


def jobs(queue: str | None = None) -> Iterator[Job]:
    """The registered jobs, those of `queue` if given, in the order of their registration."""
    return iter([job for job in _jobs.values() if queue is None or job.queue == queue])


def job_named(name: str) -> Job:
    """The job of that name. Raises KeyError."""
    return _jobs[name]


def run_job(job: Job) -> int:
    """Run `job` until it finds nothing more to do, at most for a minute. Returns how much was done.

    What `run` raises is counted and raised again.
    """
    done, deadline = 0, time.monotonic() + LONGEST_RUN.total_seconds()
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
            done[job.name] = run_job(job)
        except Exception as error:
            log.exception("job_failed", job=job.name)
            failed = failed or error
    if failed:
        raise failed
    return done


def beat_schedule(task: str) -> dict[str, dict[str, Any]]:
    """The schedule for beat: one tick per job. A tick that waited longer than its period is dropped by the worker."""
    return {
        job.name: {
            "task": task,
            "schedule": job.every,
            "kwargs": {"job": job.name},
            "options": {"queue": job.queue.value, "expires": job.every.total_seconds()},
        }
        for job in jobs()
    }
