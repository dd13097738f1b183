"""The console script with a shorter patience, for tests that kill it: what it left is taken up within half a minute.

How long a claim lasts, and within it the time to begin and to wait for an answer, and how often due work is looked for,
are shorter in proportion; what is done then is the same. Without OBHUT_TEST_HURRY=1 nothing is changed.
"""

import os
from dataclasses import replace
from datetime import timedelta

from config.cli import main

HURRY = "OBHUT_TEST_HURRY"
LONG_RUNNING = {"up", "worker", "beat", "web"}
BEGIN_WITHIN, ANSWER_WITHIN, LATE_ACCEPT = timedelta(seconds=6), timedelta(seconds=6), timedelta(seconds=8)
SMS_LEASE = BEGIN_WITHIN + ANSWER_WITHIN + LATE_ACCEPT
TICK = timedelta(seconds=5)


def hurry() -> None:
    """Shorten what an outbox that lost a process waits for."""
    from notifications import claiming, delivery, recovery, tasks
    from notifications.channels import twilio_client
    from notifications.channels.sms import SmsChannel

    for module in (claiming, delivery, recovery):
        module.BEGIN_WITHIN = BEGIN_WITHIN  # type: ignore[attr-defined]
    twilio_client.ANSWER_S = ANSWER_WITHIN.total_seconds()
    SmsChannel.lease = SMS_LEASE
    tasks.OWN_JOBS = tuple(  # type: ignore[assignment]
        replace(job, every=min(job.every, TICK)) if job.every <= tasks.MINUTE else job for job in tasks.OWN_JOBS
    )


def start(command: str) -> None:
    """Run the console script; `command` is what it is asked for."""
    if os.environ.get(HURRY) and command in LONG_RUNNING:
        hurry()
    main()
