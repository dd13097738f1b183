"""A process that forks workers of the outbox on demand, so that a test can kill many of them at little cost.

Reads lines from stdin: `run` forks a worker that recovers and delivers until nothing is left; prints its process id,
then how it ended. The application is made before the fork, its database connections after it.
"""

import os
import sys

from config.app import create_app
from config.database import db
from notifications.delivery import deliver, recover
from notifications.statuses import Channel


def main() -> None:
    app = create_app()
    with app.app_context():
        db.engine.dispose()
    print("ready", flush=True)
    for _ in sys.stdin:
        worker = os.fork()
        if not worker:
            with app.app_context():
                while recover() + deliver(Channel.EMAIL) + deliver(Channel.SMS):
                    pass
            os._exit(0)
        print(worker, flush=True)
        _, ended = os.waitpid(worker, 0)
        print("killed" if os.WIFSIGNALED(ended) else f"ended {os.waitstatus_to_exitcode(ended)}", flush=True)


if __name__ == "__main__":
    main()
