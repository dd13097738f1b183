"""The security suites: bounded in `make test`, in full with `make security`."""

import os
from collections.abc import Callable

import pytest

IN_FULL = bool(os.environ.get("OBHUT_TEST_IN_FULL"))


@pytest.fixture(scope="session")
def amount() -> Callable[[int, int], int]:
    """`amount(200, 20_000)`: how many to try in `make test`, and in `make security`."""
    return lambda bounded, in_full: in_full if IN_FULL else bounded
