"""The room's jobs and the tasks that run jobs. A task carries a name, never data."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from config.database import db
from config.errors import N_
from notifications import heartbeats
from notifications.bounces import poll_mailbox
from notifications.celery_app import HEARTBEAT, RUN_JOB, WAKE, celery
from notifications.delivery import deliver
from notifications.digest import send_digests
from notifications.failures import send_marked
from notifications.housekeeping import forget_texts
from notifications.inbound import process_inbound
from notifications.ladder import climb
from notifications.outcomes import tell_outcomes
from notifications.receipts import drop_unmatched, process_receipts
from notifications.recovery import recover
from notifications.redaction import redact
from notifications.rendering import register_templates
from notifications.schedule import Job, Queue, job_named, jobs, register_job, run_job
from notifications.statuses import Channel
from notifications.template_titles import register_titles
from notifications.watchdog import watchdog

log = structlog.get_logger(__name__)
OFTEN, MINUTE, HOUR = timedelta(seconds=15), timedelta(minutes=1), timedelta(hours=1)  # often: for short backoffs
OWN_JOBS = (
    Job("notifications.recover", MINUTE, Queue.DELIVERY, recover, woken=False, alone=True),
    Job("notifications.climb", MINUTE, Queue.DELIVERY, climb, woken=False),
    Job("notifications.deliver_email", OFTEN, Queue.DELIVERY, partial(deliver, Channel.EMAIL), alone=True),
    Job("notifications.deliver_sms", OFTEN, Queue.DELIVERY, partial(deliver, Channel.SMS), alone=True),
    Job("notifications.receipts", MINUTE, Queue.INBOUND, process_receipts, alone=True),
    Job("notifications.inbound", MINUTE, Queue.INBOUND, process_inbound, alone=True),
    Job("notifications.outcomes", MINUTE, Queue.INBOUND, tell_outcomes, alone=True),
    Job("notifications.bounces", MINUTE, Queue.HOUSEKEEPING, poll_mailbox, woken=False, alone=True),
    Job("notifications.forget_texts", HOUR, Queue.HOUSEKEEPING, forget_texts, woken=False),
    Job("notifications.drop_unmatched", HOUR, Queue.HOUSEKEEPING, drop_unmatched, woken=False),
    Job("notifications.again", MINUTE, Queue.HOUSEKEEPING, send_marked),
    Job("notifications.digest", timedelta(minutes=15), Queue.HOUSEKEEPING, send_digests, woken=False),
    Job("notifications.redact", MINUTE, Queue.HOUSEKEEPING, redact, woken=False, alone=True),
)


OWN_TITLES = {
    "notifications.answer": N_("Answer from the inbox"),
    "notifications.digest": N_("Messages that did not arrive (to the office)"),
    "notifications.help": N_("Answer to HELP"),
    "notifications.opted_in": N_("Text messages wanted again"),
    "notifications.opted_out": N_("Text messages not wanted any more"),
}


def register() -> None:
    """Make the room's jobs and message templates known."""
    for job in OWN_JOBS:
        register_job(job)
    watchdog.report = _note_overdue
    register_templates("notifications", Path(__file__).parent / "templates" / "messages")
    register_titles(OWN_TITLES)


def _note_overdue(job: str, over: bool) -> None:
    # Called by the watchdog's own thread, or at the end of the job, where the job's session may be in any state.
    with celery.flask_app.app_context():
        heartbeats.note_overdue(job, over=over)


@celery.task(name=HEARTBEAT)  # type: ignore[untyped-decorator]
def answer(queue: str, asked_at: str) -> None:
    """Say that the queue has a worker, which came to this question by now."""
    heartbeats.answer(queue, datetime.fromisoformat(asked_at))


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
            db.session.rollback()  # the next one begins anew
    return done
