"""Each peer's published cases: nothing may differ from what the protocol makes of them (ADR 20)."""

import pytest

from tests.integration.peers.conftest import SCRIPTS
from tests.integration.peers.replay import Player, Script

pytestmark = pytest.mark.timeout(600)  # the first test of a session waits until all scripts have been played


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_product_does_as_the_peer_tests(played: Player, script: Script) -> None:
    assert script.name in played.references, played.wrong.get(script.name)
    assert played.wrong.get(script.name, []) == [], script.source


def test_every_script_has_a_source_and_a_name_of_its_own() -> None:
    assert len({script.name for script in SCRIPTS}) == len(SCRIPTS) >= 80
    assert all(script.source.count("/") >= 2 for script in SCRIPTS)
