"""Fixtures for all tests. Where a file lies decides what it may do: nothing in unit/ reaches a network or a database,
and what lies in integration/ and api/ runs once on SQLite and once on PostgreSQL when it asks for the application.
"""

import os
from pathlib import Path

import hypothesis
import pytest

# Settings of whoever runs the tests must not leak into them; OBHUT_TEST_… are for the tests.
for _name in [name for name in os.environ if name.startswith("OBHUT_") and not name.startswith("OBHUT_TEST_")]:
    del os.environ[_name]

hypothesis.settings.register_profile("obhut", deadline=None)  # no test asserts a time
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
WAITING = Path(__file__).parent / "integration" / "faults"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long suites run only when they are asked for: `-m chaos`, `-m security`."""
    asked = config.getoption("-m") or ""
    long = [item for item in items if any(item.get_closest_marker(name) and name not in asked for name in LONG)]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]
    # What mostly waits begins first, so that another process computes meanwhile.
    items.sort(key=lambda item: WAITING not in item.path.parents)


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
