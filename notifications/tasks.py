"""The room's jobs and the tasks that run jobs. A task carries a name, never data."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from notifications.celery_app import RUN_JOB, WAKE, celery
from notifications.delivery import deliver
from notifications.housekeeping import count_waiting, forget_texts
from notifications.inbound import process_inbound
from notifications.ladder import climb
from notifications.outcomes import tell_outcomes
from notifications.receipts import drop_unmatched, process_receipts
from notifications.recovery import recover
from notifications.rendering import register_templates
from notifications.schedule import Job, Queue, job_named, jobs, register_job, run_job
from notifications.statuses import Channel

log = structlog.get_logger(__name__)
OFTEN, MINUTE, HOUR = timedelta(seconds=15), timedelta(minutes=1), timedelta(hours=1)  # often: for short backoffs
OWN_JOBS = (
    Job("notifications.recover", MINUTE, Queue.DELIVERY, recover, woken=False),
    Job("notifications.climb", MINUTE, Queue.DELIVERY, climb, woken=False),
    Job("notifications.deliver_email", OFTEN, Queue.DELIVERY, partial(deliver, Channel.EMAIL)),
    Job("notifications.deliver_sms", OFTEN, Queue.DELIVERY, partial(deliver, Channel.SMS)),
    Job("notifications.receipts", MINUTE, Queue.INBOUND, process_receipts),
    Job("notifications.inbound", MINUTE, Queue.INBOUND, process_inbound),
    Job("notifications.outcomes", MINUTE, Queue.INBOUND, tell_outcomes),
    Job("notifications.forget_texts", HOUR, Queue.HOUSEKEEPING, forget_texts, woken=False),
    Job("notifications.drop_unmatched", HOUR, Queue.HOUSEKEEPING, drop_unmatched, woken=False),
    Job("notifications.count_waiting", MINUTE, Queue.HOUSEKEEPING, count_waiting, woken=False),
)


def register() -> None:
    """Make the room's jobs and message templates known."""
    for job in OWN_JOBS:
        register_job(job)
    register_templates("notifications", Path(__file__).parent / "templates" / "messages")


@celery.task(name=RUN_JOB)  # type: ignore[untyped-decorator]
def run(job: str) -> int:
    """Run one job; beat's tick. An unknown name, left in the broker by another version, does nothing."""
    try:
        found = job_named(job)
    except KeyError:
        log.warning("unknown_job", job=job)
        return 0
    return run_job(found)


@celery.task(name=WAKE)  # type: ignore[untyped-decorator]
def woken(queue: str) -> int:
    """Run the jobs of a queue because somebody left work there. One that fails does not stop the next."""
    done = 0
    for job in jobs(queue):
        if not job.woken:
            continue
        try:
            done += run_job(job)
        except Exception:
            log.exception("job_failed", job=job.name)
    return done
