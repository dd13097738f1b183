"""Servers that tests need: what runs is used, what is installed is started privately, what is missing is installed.

Each module has `installed()` (a program to start, a running server, or None), `install()` (raises Missing) and
`running()` (a context manager that gives an address for tests). `python -m tests.servers` installs what is missing;
the tests themselves only use and start. `OBHUT_TEST_LOCAL=0` leaves servers that already run alone.
"""

from tests.servers.base import Missing

__all__ = ["Missing"]
