"""Celery inside the process of `obhut up`: a worker with a thread pool, and beat, each in a thread without signals."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import Celery, signals
from celery.app import trace
from celery.beat import Service
from celery.worker import WorkController, state
from kombu.asynchronous import set_event_loop

from config.command_line.running import PAUSE_BEFORE_ANEW_SECONDS
from config.settings import Settings
from notifications.beat import Scheduler
from notifications.schedule import Queue

LONGEST_NAP_SECONDS = 30
log = structlog.get_logger(__name__)


class _Controller(WorkController):  # type: ignore[misc]
    """Says when it is ready, as Celery's own program does: then the sweep for what the last run left undone begins."""

    when_ready: Callable[[], None]

    def on_consumer_ready(self, consumer: Any) -> None:
        signals.worker_ready.send(sender=consumer)
        self.when_ready()


class EmbeddedWorker:
    """A real worker for all queues. Its tasks carry no data, so that stopping it in the middle loses nothing."""

    def __init__(self, celery: Celery, settings: Settings) -> None:
        self._celery, self._threads = celery, settings.worker_threads
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self, timeout: float = 10) -> None:
        """Return when the worker takes tasks, or after `timeout` seconds (a broker that is down is tried again)."""
        self._thread.start()
        self._ready.wait(timeout)

    def stop(self, timeout: float) -> bool:
        """Take no more tasks and wait for the running ones; False when they did not end in `timeout` seconds."""
        state.should_stop = os.EX_OK
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        """Work until told to stop. Celery gives up on what it does not expect of a broker that comes and goes."""
        hostname = f"obhut@{os.getpid()}"
        trace.setup_worker_optimizations(self._celery, hostname)
        while state.should_stop is None:
            self._work(hostname)
            if state.should_stop is None:
                log.error("worker_begins_anew")
                set_event_loop(None)  # the old loop keeps the timers of the worker that is gone
                time.sleep(PAUSE_BEFORE_ANEW_SECONDS)

    def _work(self, hostname: str) -> None:
        controller = _Controller(
            app=self._celery, hostname=hostname, pool_cls="threads", concurrency=self._threads,
            queues=[queue.value for queue in Queue], loglevel="WARNING",
            without_gossip=True, without_mingle=True, without_heartbeat=True, task_events=False, quiet=True,
        )  # fmt: skip
        controller.when_ready = self._ready.set
        controller.start()


class EmbeddedBeat:
    """Beat with its schedule in memory: at the start every job is due anyway."""

    def __init__(self, celery: Celery) -> None:
        self._service = Service(celery, max_interval=LONGEST_NAP_SECONDS, scheduler_cls=Scheduler)
        self._thread = threading.Thread(target=self._service.start, name="beat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send no more ticks; a sleeping thread ends with the process."""
        self._service.stop()
