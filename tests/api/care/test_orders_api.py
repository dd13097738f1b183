"""Orders through the API: each step, how it came to the person, and who has read it."""

import pytest

from config import clock
from tests.api.care.test_cases_api import URL, enrol
from tests.factories.care import MONDAY

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def monday():
    with clock.frozen(MONDAY):
        yield


@pytest.fixture
def officer(bearer):
    return bearer("health_officer")


def post(client, officer, path, **body):
    return client.post(f"{URL}/{path}", json=body, headers=officer)


def test_a_step_its_announcement_and_the_word_of_the_person(client, officer):
    reference = enrol(client, officer)["reference"]
    order = {"event": "issue_verbal", "legal_basis": "§ 30 IfSG", "told_to": "Mutter"}
    assert post(client, officer, f"{reference}/orders", **order).status_code == 201
    shown = client.get(f"{URL}/{reference}/orders", headers=officer).get_json()
    (step,) = shown["items"]
    assert (step["event"], step["paper"], step["told_to"]) == ("issue_verbal", "none", "Mutter")
    assert (step["way"], step["announced_on"], step["remedy_until"]) == ("verbal", "2026-11-02", "2027-11-02")
    assert post(client, officer, f"{reference}/orders/acknowledgement", source="phone").status_code == 200
    assert post(client, officer, f"{reference}/orders/acknowledgement", source="phone").status_code == 200
    written = {"event": "issue_written", "legal_basis": "Allgemeinverfügung"}
    assert post(client, officer, f"{reference}/orders", **written).status_code == 201
    step = client.get(f"{URL}/{reference}/orders", headers=officer).get_json()["items"][1]
    given = post(client, officer, f"{reference}/orders/{step['id']}/announcement", way="post", given_on="2026-11-02")
    assert given.status_code == 200
    first, second = client.get(f"{URL}/{reference}/orders", headers=officer).get_json()["items"]
    assert (first["acknowledged_source"], second["acknowledged_source"]) == ("phone", None)
    assert (second["announced_on"], second["remedy_until"]) == ("2026-11-06", "2026-12-07")
    lost = {"way": "handed", "given_on": "2026-11-02", "is_lost": True}
    wrong = post(client, officer, f"{reference}/orders/{step['id']}/announcement", **lost)
    assert wrong.status_code == 422


def test_a_matter_for_the_court(client, officer):
    reference = enrol(client, officer)["reference"]
    assert post(client, officer, f"{reference}/court-matter", action="open").status_code == 422
    assert post(client, officer, f"{reference}/court-matter", action="open", note="x").status_code == 200
    assert client.get(f"{URL}/{reference}/orders", headers=officer).get_json()["court_matter"]["note"] == "x"
    assert post(client, officer, f"{reference}/court-matter", action="end").status_code == 200
    assert client.get(f"{URL}/{reference}/orders", headers=officer).get_json()["court_matter"] is None
