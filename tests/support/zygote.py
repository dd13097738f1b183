"""A process that forks workers of the outbox on demand, so that a test can kill many of them at little cost.

Reads lines from stdin: `run` forks a worker that recovers and delivers until nothing is left, `write` one that writes
bulk sends into the outbox, a few rows in a transaction; prints its process id, then how it ended. The application is
made before the fork, its database connections after it.
"""

import os
import sys

from config.app import create_app
from config.database import db
from notifications import bulk_writing
from notifications.channels import twilio_client
from notifications.channels.email import EmailChannel
from notifications.channels.sms import SmsChannel
from notifications.delivery import deliver
from notifications.recovery import recover
from notifications.statuses import Channel
from tests.support.at_work import at_work

MARK = "zygote: "


def say(line: str) -> None:
    """Print a line that a log cannot be mistaken for."""
    print(MARK + line, flush=True)


def send() -> int:
    return recover() + deliver(Channel.EMAIL) + deliver(Channel.SMS)


def write() -> int:
    bulk_writing.CHUNK = 7
    return bulk_writing.write_next()


def adjust() -> None:
    """Make batches smaller, so that kills meet many of them, and our patience shorter, as the test wishes."""
    batch = os.environ.get("OBHUT_TEST_BATCH")
    if batch:
        SmsChannel.batch_size = EmailChannel.batch_size = int(batch)
    patience = os.environ.get("OBHUT_TEST_PATIENCE_S")
    if patience:
        twilio_client.ANSWER_S = float(patience)


def main() -> None:
    adjust()
    app = create_app()
    with app.app_context():
        db.engine.dispose()
    say("ready")
    for line in sys.stdin:
        worker = os.fork()
        if not worker:
            with at_work(app):
                while write() if line.strip() == "write" else send():
                    pass
            os._exit(0)
        say(str(worker))
        _, ended = os.waitpid(worker, 0)
        say("killed" if os.WIFSIGNALED(ended) else f"ended {os.waitstatus_to_exitcode(ended)}")


if __name__ == "__main__":
    main()
