"""Fixtures for all tests. Where a file lies decides what it may do: nothing in unit/ reaches a network or a database,
and what lies in integration/ and api/ runs once on SQLite and once on PostgreSQL when it asks for the application;
what is marked `one_database` runs on one of them.
"""

import os
import zlib
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# Settings of whoever runs the tests must not leak into them; OBHUT_TEST_… are for the tests.
for _name in [name for name in os.environ if name.startswith("OBHUT_") and not name.startswith("OBHUT_TEST_")]:
    del os.environ[_name]

# No test asserts a time. `make test` draws the same examples each time, so that it says something about the change in
# hand; `make chaos` looks for new ones.
hypothesis.settings.register_profile("obhut", deadline=None, derandomize="OBHUT_TEST_SEARCH" not in os.environ)
hypothesis.settings.load_profile("obhut")

pytest_plugins = (
    "tests.fixtures.isolation",
    "tests.fixtures.made_once",
    "tests.fixtures.databases",
    "tests.fixtures.application",
    "tests.fixtures.catalogues",
    "tests.fixtures.providers",
    "tests.fixtures.brokers",
    "tests.fixtures.processes",
)
NEEDED = "needs "
LONG = ("chaos", "security")
ONE_DATABASE, DATABASES = "one_database", ("sqlite", "postgresql")
HERE = Path(__file__).parent
# What mostly waits: for processes that start, for leases that run out, for a browser.
WAITING = [
    HERE / name
    for name in (
        "browser",
        "integration/cli",
        "integration/faults",
        "integration/notifications/test_broker.py",
        "integration/notifications/test_bulk_kills.py",
        "integration/notifications/test_heartbeats.py",
        "integration/notifications/test_kills.py",
        "integration/peers",
        "integration/sandbox",
    )
]
SPREAD_OVER = 0.7  # of the other files; what is left at the end is short
LONGEST = {HERE / "integration/peers/test_replays.py", HERE / "security/test_api_description.py"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long suites run only when asked for (`-m chaos`, `-m security`), and both databases where both matter."""
    asked = config.getoption("-m") or ""
    unwanted = [name for name in LONG if name not in asked]
    left_out = {item for item in items if any(map(item.get_closest_marker, unwanted))}
    if not os.environ.get("OBHUT_TEST_IN_FULL"):
        left_out |= _on_the_other_database(items)
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
    begins = _beginnings(list(dict.fromkeys(item.path for item in items)))
    items.sort(key=lambda item: begins[item.path])


def _beginnings(files: list[Path]) -> dict[Path, float]:
    """When each file begins, from 0 to 1: what mostly waits a little at a time, so that another process computes
    meanwhile, and what takes longest at first, or it would be waited for at the end."""
    waiting = [file for file in files if any(file.is_relative_to(one) for one in WAITING)]
    waiting.sort(key=lambda file: file not in LONGEST)
    computing = [file for file in files if file not in waiting]
    computing.sort(key=lambda file: file not in LONGEST)
    return {
        file: share * number / len(kind)
        for kind, share in ((computing, 1), (waiting, SPREAD_OVER))
        for number, file in enumerate(kind)
    }


def _on_the_other_database(items: list[pytest.Item]) -> set[pytest.Item]:
    """Of tests that need one database, those for the other one: half of them run on each, always the same half.

    The cases of one test take turns, so that what it asks of a database is still asked of both.
    """
    tests: dict[tuple[Any, str], dict[str, dict[str, pytest.Item]]] = {}
    for item in items:
        made_for = getattr(item, "callspec", None)
        database = made_for and made_for.params.get("database_url")
        if database and item.get_closest_marker(ONE_DATABASE):
            case = f"-{made_for.id}-".replace(f"-{database}-", "-", 1)
            cases = tests.setdefault((item.parent, item.originalname), {})  # type: ignore[attr-defined]
            cases.setdefault(case, {})[database] = item
    return {
        twins[DATABASES[(zlib.crc32(name.encode()) + number) % 2]]
        for (_, name), cases in tests.items()
        for number, twins in enumerate(cases.values())
        if len(twins) == len(DATABASES)  # else the test itself has named one
    }


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the servers that were missing, with the reason, so that a skipped test never goes unseen."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.getreports("skipped"):
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        text = text.removeprefix("Skipped: ")
        if text.startswith(NEEDED):
            reasons[text] = reasons.get(text, 0) + 1
    if reasons:
        terminalreporter.section("servers that could not be had")
        for text, count in sorted(reasons.items()):
            terminalreporter.line(f"{count} tests skipped: {text}")
