"""The Celery application. The broker is only a hint: what is to be done stands in the database."""

from typing import TYPE_CHECKING, Any

import structlog
from celery import Celery, Task
from celery.beat import BeatLazyFunc
from celery.signals import worker_ready
from kombu.exceptions import OperationalError

from config import clock
from config.database import on_commit
from notifications.schedule import HARD_LIMIT, SOFT_LIMIT, Queue, beat_schedule, jobs
from notifications.waker import Waker

if TYPE_CHECKING:
    from flask import Flask

    from config.settings import Settings

log = structlog.get_logger(__name__)
SOCKET_TIMEOUT_S = 1.0
WAKE, RUN_JOB, HEARTBEAT = "obhut.wake", "obhut.run_job", "obhut.heartbeat"


class ContextTask(Task):  # type: ignore[misc]
    """A task that runs inside the application's context, with a database session of its own."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with celery.flask_app.app_context():
            return self.run(*args, **kwargs)


celery = Celery("obhut", task_cls=ContextTask, set_as_current=True)


def init_app(app: "Flask", settings: "Settings") -> None:
    """Point Celery at the broker of `settings`, and let its tasks run in `app`."""
    celery.flask_app = app
    celery.conf.update(
        broker_url=settings.broker_url,
        broker_transport_options=_transport_options(settings.broker_url, settings.broker_prefix),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a worker that gives up after an hour stays away when the broker is back
        broker_connection_timeout=SOCKET_TIMEOUT_S,
        task_publish_retry=False,
        task_ignore_result=True,
        task_acks_late=False,
        task_serializer="json",
        accept_content=["json"],
        enable_utc=True,
        timezone="UTC",
        worker_prefetch_multiplier=8,  # with the embedded worker's eight threads: 64
        beat_scheduler="notifications.beat:Scheduler",  # due work stands in the database: nothing to remember in a file
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        task_soft_time_limit=SOFT_LIMIT.total_seconds(),  # kept by a pool of processes; threads have the watchdog
        task_time_limit=HARD_LIMIT.total_seconds(),
        task_default_queue="housekeeping",
    )
    # Connections are pooled per process; an application made earlier in it may have had another broker.
    celery._pool = celery.amqp._producer_pool = None
    waker.is_heard = True
    app.extensions["celery"] = celery


def _transport_options(url: str, prefix: str) -> dict[str, Any]:
    if url.startswith("memory:"):
        return {"polling_interval": 0.05}
    if url.startswith("redis"):
        timeouts = {"socket_timeout": SOCKET_TIMEOUT_S, "socket_connect_timeout": SOCKET_TIMEOUT_S}
        return timeouts | {"global_keyprefix": prefix}
    return {
        "max_retries": 0,
        "connect_timeout": SOCKET_TIMEOUT_S,
        "read_timeout": SOCKET_TIMEOUT_S,
        "write_timeout": SOCKET_TIMEOUT_S,
    }


def schedule_jobs() -> None:
    """Give beat one tick for each registered job, and a question for each queue, stamped when it is sent."""
    celery.conf.beat_schedule = beat_schedule(RUN_JOB, HEARTBEAT, BeatLazyFunc(_now))


def _now() -> str:
    return clock.wall().isoformat()


def wake(queue: str) -> None:
    """After the commit, tell the workers of `queue` once that there is something to do. Never raises, never waits."""
    on_commit(f"wake:{queue}", lambda: waker.wake(str(queue)))


def publish(queue: str) -> None:
    """Tell the workers of `queue` now. Carries no data. May raise what the broker raises."""
    try:
        _send_wake(queue)
    except (OSError, OperationalError):
        _send_wake(queue)  # the broker has closed a connection that lay idle: this goes over a new one


def _send_wake(queue: str) -> None:
    celery.send_task(WAKE, queue=str(queue), kwargs={"queue": str(queue)}, ignore_result=True)


waker = Waker(publish)


@worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
def look_at_everything(**_: Any) -> None:
    """A worker that starts looks at once for what the last one left, and says that it is there."""
    try:
        for queue in Queue:
            asked = {"queue": queue.value, "asked_at": _now()}
            celery.send_task(HEARTBEAT, queue=queue.value, kwargs=asked, ignore_result=True)
        for job in jobs():
            celery.send_task(RUN_JOB, queue=job.queue.value, kwargs={"job": job.name}, ignore_result=True)
    except Exception as error:
        log.warning("start_not_announced", error=type(error).__name__)


def queue_names() -> list[str]:
    """The queues that a worker has to listen to."""
    return [queue.value for queue in Queue]


def broker_answers() -> bool:
    """Whether the broker can be reached within a second."""
    try:
        with celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=0, timeout=SOCKET_TIMEOUT_S)
    except Exception:
        return False
    return True
