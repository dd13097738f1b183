"""Each peer's published cases: nothing may differ from what the protocol makes of them (ADR 20)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.fixtures.processes import Obhut
from tests.integration.peers.conftest import SCRIPTS
from tests.integration.peers.replay import CASES, Player, Script, at, day

pytestmark = pytest.mark.timeout(1800)  # the first test of a session waits until all scripts have been played


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_product_does_as_the_peer_tests(played: Player, script: Script) -> None:
    assert script.name in played.references, played.wrong.get(script.name)
    assert played.wrong.get(script.name, []) == [], script.source


def test_every_script_has_a_source_and_a_name_of_its_own() -> None:
    assert len({script.name for script in SCRIPTS}) == len(SCRIPTS) >= 80
    assert all(script.source.count("/") >= 2 for script in SCRIPTS)


def test_the_same_external_id_is_the_same_case(town: Obhut, officer: dict[str, str]) -> None:
    """Source: SORMAS-Foundation/SORMAS-Project, duplicate detection by external id."""
    person = {"given_name": "Nina", "family_name": "Doppelt", "birth_date": "1988-04-12", "channel": "none"}
    body = {"kind": "contact", "protocol": "covid-19", "person": person, "external_id": "SORMAS-4711"}
    first, second = (town.http.post(town.url + CASES, json=body, headers=officer, timeout=60) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["reference"] == second.json()["reference"]


def test_a_clock_set_back_shows_everybody_as_at_that_time(town: Obhut, officer: dict[str, str], played: Player) -> None:
    """Line lists follow the clock in both directions, for whoever replays cases one after the other."""
    town.set_clock(at(100, "09:00").isoformat())
    person = {"given_name": "Nina", "family_name": "Zurück", "birth_date": "1988-04-12", "channel": "none"}
    body = {"kind": "contact", "protocol": "covid-19", "person": person, "last_exposure_on": day(99)}
    body["enrolled_at"] = at(100, "08:00").isoformat()
    reference = town.http.post(town.url + CASES, json=body, headers=officer, timeout=60).json()["reference"]
    seen = []
    for hours in (23, 25, 23, 25):
        town.set_clock((at(100, "08:00") + timedelta(hours=hours)).isoformat())
        seen.append(town.http.get(f"{town.url}{CASES}/{reference}", headers=officer, timeout=60).json())
    assert [one["line_list"] for one in seen] == ["asymptomatic", "non_reporting"] * 2
    assert all(one["reassess_at"] for one in seen)


def test_a_correction_moves_the_first_characteristic_symptom(
    town: Obhut, officer: dict[str, str], played: Player
) -> None:
    """Source: quarano/quarano-application, DiaryEventListenerTest,
    diaryEntryUpdatedNewWithoutSymptomsResolvesActionItemAndCreateNewOne.
    """

    def call(path: str, **body: object) -> dict[str, Any]:
        answer = town.http.post(f"{town.url}{CASES}{path}", json=body, headers=officer, timeout=60)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    town.set_clock(at(110, "12:00").isoformat())
    person = {"given_name": "Nina", "family_name": "Irrtum", "birth_date": "1988-04-12", "channel": "none"}
    path = "/" + call("", kind="contact", protocol="covid-19", person=person, last_exposure_on=day(108))["reference"]
    first = call(f"{path}/reports", symptoms={"cough": True}, reported_at=at(109, "10:00").isoformat())
    second = call(f"{path}/reports", symptoms={"cough": True}, reported_at=at(110, "10:00").isoformat())
    assert anchor_of(second) == first["report"]["id"]
    corrected = call(f"{path}/reports", symptoms={}, corrects=first["report"]["id"])
    assert corrected["report"]["replaces"] == first["report"]["id"]
    assert anchor_of(corrected) == second["report"]["id"]
    gone = call(f"{path}/reports", symptoms={}, corrects=second["report"]["id"])
    assert anchor_of(gone) is None


def anchor_of(case: dict[str, Any]) -> str | None:
    """The report that the first characteristic symptom stands in."""
    found = (one for one in case["findings"] if one["code"] == "first_characteristic_symptom")
    return next((one["inputs"]["report"] for one in found), None)
