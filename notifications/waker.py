"""Wake-ups leave the process by a thread of their own, so that a dead or hung broker never holds a request up."""

import atexit
import os
import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)
LAST_CHANCE_S = 1.0
PAUSE_AFTER_FAILURE_S = 5.0
GAP_S = 0.1


class Waker:
    """Publishes the names of queues. The first is published at once; what is asked for soon after is coalesced.

    One publish costs more than taking in a receipt, and one wake-up serves hundreds of them. `is_heard`: whether there
    is a worker that any of it can reach.
    """

    def __init__(self, publish: Callable[[str], None]) -> None:
        self._publish = publish
        self.is_heard = True
        self._wanted: set[str] = set()
        self._changed = threading.Condition()
        self._published_at: dict[str, float] = {}
        self._pid = 0
        self._busy = False
        self._resting_until = 0.0

    def wake(self, queue: str) -> None:
        """Ask for `queue` to be woken; returns at once."""
        if not self.is_heard:
            return
        with self._changed:
            if queue in self._wanted and self._pid == os.getpid():
                return  # its thread knows, and need not be woken for every message of a flood
            self._wanted.add(queue)
            self._ensure_thread()
            self._changed.notify_all()

    def flush(self, timeout: float = LAST_CHANCE_S) -> bool:
        """Wait until all is published, at most `timeout` seconds. False when it is not."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._wanted and not self._busy, timeout)

    def _ensure_thread(self) -> None:
        if self._pid == os.getpid():
            return
        if not self._pid:
            atexit.register(self.flush)  # a command that enqueued something is about to end
        self._pid = os.getpid()  # a fork has no threads of its parent
        threading.Thread(target=self._run, name="waker", daemon=True).start()

    def _run(self) -> None:
        while True:
            queues = self._take()
            if time.monotonic() >= self._resting_until:
                self._publish_all(queues)
            with self._changed:
                self._published_at |= dict.fromkeys(queues, time.monotonic())
                self._busy = False
                self._changed.notify_all()

    def _take(self) -> set[str]:
        """Wait until there is something to publish that was not published just now."""
        with self._changed:
            while True:
                since = time.monotonic() - GAP_S
                waits = {queue: self._published_at.get(queue, since) - since for queue in self._wanted}
                ready = {queue for queue, seconds in waits.items() if seconds <= 0}
                if ready:
                    self._wanted -= ready
                    self._busy = True
                    return ready
                self._changed.wait(min(waits.values(), default=None))

    def _publish_all(self, queues: set[str]) -> None:
        for queue in sorted(queues):
            try:
                self._publish(queue)
            except Exception as error:  # the sweep finds what was not woken
                log.warning("wake_failed", queue=queue, error=type(error).__name__)
                self._resting_until = time.monotonic() + PAUSE_AFTER_FAILURE_S
                return
