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
WAITING = Path(__file__).parent / "integration" / "faults"
LONGEST = {
    Path(__file__).parent / name
    for name in ("security/test_api_description.py", "integration/cli/test_web_processes.py")
}


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
    # What mostly waits begins first, so that another process computes meanwhile; then the files that take longest, or
    # the last of them would be waited for at the end.
    items.sort(key=lambda item: (WAITING not in item.path.parents, item.path not in LONGEST))


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
