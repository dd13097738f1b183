"""Occasions by API: recorded, guests added one by one and as CSV, enrolled one by one and all at once."""

from datetime import timedelta

import pytest

from config import clock
from config.sandbox.accounts import SECOND_OFFICE
from tests.api.care.test_cases_api import enrol
from tests.factories.care import MONDAY, new_phone

pytestmark = pytest.mark.one_database

URL = "/api/v1/care/occasions"
PARTY = {"name": "Geburtstag", "place": "Gasthaus am Ring", "held_on": "2026-10-31", "protocol": "covid-19"}
CSV = "Vorname;Nachname;Geburtsdatum\nOle;Brandt;02.01.1990\nAyse;Demir;03.02.1991\n"


@pytest.fixture(autouse=True)
def monday():
    with clock.frozen(MONDAY):
        yield


@pytest.fixture
def tracer(bearer):
    return bearer("contact_tracer")


@pytest.fixture
def party(client, tracer):
    answer = client.post(URL, json=PARTY, headers=tracer)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert answer.headers["Location"].endswith(answer.get_json()["reference"])
    return answer.get_json()["reference"]


def post(client, headers, path, **body):
    return client.post(f"{URL}/{path}", json=body, headers=headers)


def test_guests_are_added_once_and_enrolled_with_the_day_as_last_exposure(client, tracer, party):
    ole = {"given_name": "Ole", "family_name": "Brandt", "birth_date": "1990-01-02", "phone": new_phone()}
    assert len(post(client, tracer, f"{party}/guests", guests=[ole]).get_json()["guests"]) == 1
    again = post(client, tracer, f"{party}/guests", guests=[ole])
    assert (again.status_code, len(again.get_json()["guests"])) == (201, 1)
    guest = again.get_json()["guests"][0]
    assert (guest["given_name"], guest["state"], guest["source"], guest["case"]) == ("Ole", "named", "api", None)
    acted = post(client, tracer, f"{party}/guests/{guest['id']}/actions", action="enrol").get_json()["guests"][0]
    case = client.get(f"/api/v1/care/cases/{acted['case']['reference']}", headers=tracer).get_json()
    assert (case["kind"], case["last_exposure_on"]) == ("contact", PARTY["held_on"])
    assert post(client, tracer, f"{party}/guests/{guest['id']}/actions", action="enrol").status_code == 409


def test_a_csv_is_taken_as_a_whole_or_not_at_all(client, tracer, party):
    wrong = post(client, tracer, f"{party}/guests", csv=CSV + "Uwe;Falk;31.02.1991\n")
    assert (wrong.status_code, wrong.get_json()["errors"][0]["field"]) == (422, "csv.4")
    assert client.get(f"{URL}/{party}", headers=tracer).get_json()["guests"] == []
    assert len(post(client, tracer, f"{party}/guests", csv=CSV).get_json()["guests"]) == 2
    done = post(client, tracer, f"{party}/enrolments")
    assert done.get_json() == {"made": 2, "passed_over": 0}
    shown = client.get(f"{URL}/{party}", headers=tracer).get_json()
    assert [guest["state"] for guest in shown["guests"]] == ["enrolled", "enrolled"]
    assert shown["held_on"] == PARTY["held_on"]


def test_somebody_alike_is_passed_over_and_can_be_named_as_the_same(client, tracer, party):
    known = enrol(client, tracer)
    person = {name: known["person"][name] for name in ("given_name", "family_name", "birth_date")}
    guest = post(client, tracer, f"{party}/guests", guests=[person]).get_json()["guests"][0]
    assert guest["alike"] == [known["reference"]]
    assert post(client, tracer, f"{party}/enrolments", guests=[guest["id"]]).get_json()["passed_over"] == 1
    same = post(client, tracer, f"{party}/guests/{guest['id']}/actions", action="same_case", case=known["reference"])
    assert same.get_json()["guests"][0]["case"]["reference"] == known["reference"]


def test_somebody_in_care_was_there_and_the_organiser_gets_a_link(client, tracer, party):
    known = enrol(client, tracer)
    added = post(client, tracer, f"{party}/cases", case=known["reference"])
    assert added.get_json()["guests"][0]["case"]["reference"] == known["reference"]
    assert post(client, tracer, f"{party}/cases", case="NOTHERE2").status_code == 404
    link = client.post(f"{URL}/{party}/link", headers=tracer)
    assert link.status_code == 201 and "/o/" in link.get_json()["url"]
    assert client.get(f"{URL}/{party}", headers=tracer).get_json()["link_until"]


def test_the_list_goes_page_by_page_and_knows_its_office(client, tracer, bearer):
    for number in range(3):
        with clock.frozen(MONDAY + timedelta(minutes=number)):
            client.post(URL, json=PARTY | {"name": f"Feier {number}"}, headers=tracer)
    first = client.get(f"{URL}?limit=2", headers=tracer).get_json()
    second = client.get(f"{URL}?limit=2&after={first['next']}", headers=tracer).get_json()
    names = [one["name"] for one in first["items"] + second["items"]]
    assert names == ["Feier 2", "Feier 1", "Feier 0"] and second["next"] is None
    assert client.get(f"{URL}?after=x", headers=tracer).status_code == 422
    other = bearer("contact_tracer", office=SECOND_OFFICE[0])
    assert client.get(URL, headers=other).get_json()["items"] == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("", PARTY | {"held_on": "2026-11-30"}, "held_on"),
        ("", PARTY | {"held_until": "2026-11-30"}, "held_until"),
        ("", PARTY | {"held_until": "2026-10-30"}, ""),
        ("", PARTY | {"protocol": "pest"}, "protocol"),
        ("{party}/guests", {"guests": [], "csv": " "}, ""),
        ("{party}/guests", {"guests": [{"remark": "x"}]}, ""),
        ("{party}/enrolments", {"guests": ["x"]}, "guests.0"),
    ],
)
def test_what_cannot_be_is_refused_by_field(client, tracer, party, path, body, field):
    answer = client.post(f"{URL}/{path.format(party=party)}".rstrip("/"), json=body, headers=tracer)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"].startswith(field.split(".")[0])


def test_another_office_finds_nothing(client, bearer, party):
    other = bearer("contact_tracer", office=SECOND_OFFICE[0])
    assert client.get(f"{URL}/{party}", headers=other).status_code == 404
    assert post(client, other, f"{party}/guests", csv=CSV).status_code == 404
    assert client.get(f"{URL}/{party}", headers=bearer("auditor")).status_code == 403
