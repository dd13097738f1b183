"""A thread of a test begins in nobody's scope, as every thread does, and sees no row of a person."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from config import scopes


@contextmanager
def at_work(app: Flask) -> Iterator[None]:
    """What a thread of a test does: with a database session of its own, in the tests' scope."""
    with app.app_context(), scopes.within(scopes.system("tests")):
        yield
