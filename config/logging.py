"""Structured logs, one JSON object a line (plain text on a terminal). Facts, not people: ids and outcomes only."""

import logging
import sys
from typing import TYPE_CHECKING, Any, TextIO

import structlog

if TYPE_CHECKING:
    from config.settings import Settings

# These libraries write addresses, numbers or SQL parameters into their messages.
SILENCED = (
    *("twilio.http_client", "urllib3.connectionpool", "urllib3.connection", "mail.log", "sqlalchemy.engine"),
    *("kombu", "amqp", "httpx"),
)


class Handler(logging.StreamHandler[TextIO]):
    """Our handler, so that it can be told from those of others, such as a test's."""


def configure(settings: "Settings") -> None:
    """Set up structlog and the standard library's logging for this process; again replaces what was set up before."""
    is_wanted = structlog.stdlib.filter_by_level  # first, or what nobody wants is put together all the same
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[is_wanted, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = Handler(sys.stderr)
    handler.addFilter(_without_the_errors_text)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering()],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [*(other for other in root.handlers if not isinstance(other, Handler)), handler]
    root.setLevel(settings.log_level)
    for name in SILENCED:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("celery", "waitress", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_the_errors_text(record: logging.LogRecord) -> bool:
    """Celery writes a failed task's exception into its message, and with it what the exception quotes."""
    if record.exc_info and isinstance(record.args, dict) and "exc" in record.args:
        record.args = record.args | {"exc": record.exc_info[0].__name__ if record.exc_info[0] else ""}
    return True


def _rendering() -> list[Any]:
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer()]
    return [_traceback_without_values, structlog.processors.JSONRenderer()]


def _traceback_without_values(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    # An exception's own text may quote what a person typed; its type and place are enough to find the fault.
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if not info or info[0] is None:
        return event
    places, step = [], info[2]
    while step is not None:
        places.append(f"{step.tb_frame.f_code.co_filename}:{step.tb_lineno}")
        step = step.tb_next
    return event | {"exception": info[0].__name__, "places": places[-8:]}
