"""Beat with its schedule in memory, and a connection that is made anew when the broker has closed it."""

from contextlib import suppress
from typing import Any

import structlog
from celery.beat import Scheduler as CeleryScheduler, SchedulingError

log = structlog.get_logger(__name__)


class Scheduler(CeleryScheduler):  # type: ignore[misc]
    """Celery's own keeps a closed connection for good, and every later tick fails until somebody starts beat again."""

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **more: Any) -> Any:
        """Send one tick; over a new connection when the old one does not take it. Raises SchedulingError."""
        try:
            return super().apply_async(entry, producer=producer, advance=advance, **more)
        except SchedulingError as error:
            log.warning("beat_connects_anew", tick=entry.name, error=type(error.__cause__ or error).__name__)
            self._forget_connection()
            return super().apply_async(entry, producer=self.producer, advance=False, **more)

    def _forget_connection(self) -> None:
        connection = self.__dict__.pop("connection", None)
        self.__dict__.pop("producer", None)
        with suppress(Exception):  # what does not work any more may not close, either
            if connection is not None:
                connection.release()
