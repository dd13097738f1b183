"""A thread of a test begins in nobody's scope, as every thread does, and sees no row of a person."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import text

from config import scopes
from config.database import db

WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN "
    "(SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)


@contextmanager
def at_work(app: Flask) -> Iterator[None]:
    """What a thread of a test does: with a database session of its own, in the tests' scope."""
    with app.app_context(), scopes.within(scopes.system("tests")):
        yield


class Other:
    """Somebody else at work on PostgreSQL: `start` lets them begin, and returns when they are done or wait for us."""

    def __init__(self, app: Flask, work: Callable[[], object]) -> None:
        self.failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(app, work))

    def _run(self, app: Flask, work: Callable[[], object]) -> None:
        with at_work(app):
            try:
                work()
            except BaseException as error:
                self.failures.append(error)

    def start(self) -> None:
        self._thread.start()
        with db.engine.connect() as looking:
            while self._thread.is_alive() and not looking.scalar(WAITING):
                looking.rollback()

    @property
    def waits(self) -> bool:
        """Whether they have not come to an end."""
        return self._thread.is_alive()

    def end(self) -> None:
        self._thread.join()
        assert self.failures == []
