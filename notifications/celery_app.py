"""The Celery application. The broker is only a hint: what is to be done stands in the database."""

from typing import TYPE_CHECKING, Any

import structlog
from celery import Celery, Task

from config.database import on_commit

if TYPE_CHECKING:
    from flask import Flask

    from config.settings import Settings

log = structlog.get_logger(__name__)
SOCKET_TIMEOUT_S = 1.0
WAKE = "obhut.run"


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
        broker_connection_timeout=SOCKET_TIMEOUT_S,
        task_publish_retry=False,
        task_ignore_result=True,
        task_acks_late=False,
        task_serializer="json",
        accept_content=["json"],
        enable_utc=True,
        timezone="UTC",
        worker_prefetch_multiplier=8,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        task_soft_time_limit=120,
        task_time_limit=180,
        task_default_queue="housekeeping",
    )
    app.extensions["celery"] = celery


def _transport_options(url: str, prefix: str) -> dict[str, Any]:
    if url.startswith("memory:"):
        return {"polling_interval": 0.05}
    if url.startswith("redis"):
        timeouts = {"socket_timeout": SOCKET_TIMEOUT_S, "socket_connect_timeout": SOCKET_TIMEOUT_S}
        return timeouts | {"global_keyprefix": prefix}
    return {"max_retries": 0, "read_timeout": SOCKET_TIMEOUT_S, "write_timeout": SOCKET_TIMEOUT_S}


def wake(queue: str) -> None:
    """After the commit, tell the workers of `queue` once that there is something to do. Never raises."""
    on_commit(f"wake:{queue}", lambda: publish(queue))


def publish(queue: str) -> None:
    """Tell the workers of `queue` now. Carries no data. May raise what the broker raises."""
    celery.send_task(WAKE, queue=queue, kwargs={"queue": queue}, ignore_result=True)


def broker_answers() -> bool:
    """Whether the broker can be reached within a second."""
    try:
        with celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=0, timeout=SOCKET_TIMEOUT_S)
    except Exception:
        return False
    return True
