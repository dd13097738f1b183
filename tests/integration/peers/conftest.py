"""The product as `make run` starts it, on a data folder of its own, on PostgreSQL; in full on SQLite, too."""

import os
from collections.abc import Iterator

import pytest

from tests.fixtures.databases import Pool, application_address, owners_address
from tests.fixtures.processes import Obhut
from tests.integration.peers import quarano, sara_alert, sara_purge, sara_shortening, sara_windows, sormas
from tests.integration.peers.replay import Player, Script

SCRIPTS: list[Script] = [
    *sara_alert.SCRIPTS,
    *sara_shortening.SCRIPTS,
    *sara_windows.SCRIPTS,
    *sara_purge.SCRIPTS,
    *quarano.SCRIPTS,
    *sormas.SCRIPTS,
]


# It takes minutes, and what the API asks of a database is tested on both: the lighter one is for the full suite.
DATABASES = ["sqlite", "postgresql"] if os.environ.get("OBHUT_TEST_IN_FULL") else ["postgresql"]


@pytest.fixture(scope="session", params=DATABASES)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Obhut]:
    """`obhut up`, started once for all replays."""
    environment, name = {}, ""
    if request.param == "postgresql":
        pool: Pool = request.getfixturevalue("postgresql_pool")
        name = pool.take()
        url = application_address(pool.server, name)
        environment = {"OBHUT_DATABASE_URL": url, "OBHUT_MIGRATION_DATABASE_URL": owners_address(url)}
    server = Obhut(tmp_path_factory.mktemp(f"peers-{request.param}"), environment)
    try:
        yield server.start()
        server.stop()
    finally:
        server.close()
        if name:
            pool.give_back(name)


@pytest.fixture(scope="session")
def officer(town: Obhut) -> dict[str, str]:
    return town.token("health_officer")


@pytest.fixture(scope="session")
def played(town: Obhut, officer: dict[str, str]) -> Player:
    """All scripts, played."""
    player = Player(town, officer)
    player.play(SCRIPTS)
    return player
