"""Contacts that an infected person names, by API: from the name to the case."""

from datetime import timedelta

import pytest

from config import clock
from config.sandbox.accounts import SECOND_OFFICE
from tests.api.care.test_cases_api import URL, enrol
from tests.factories.care import MONDAY, new_phone

pytestmark = pytest.mark.one_database

OLE = {"given_name": "Ole", "family_name": "Brandt", "birth_date": "1990-01-02", "last_contact_on": "2026-11-01"}


@pytest.fixture(autouse=True)
def monday():
    with clock.frozen(MONDAY):
        yield


@pytest.fixture
def tracer(bearer):
    return bearer("contact_tracer")


@pytest.fixture
def index_case(client, bearer):
    values = {"kind": "index", "first_positive_on": "2026-11-01", "last_exposure_on": None}
    return enrol(client, bearer("health_officer"), **values)["reference"]


def name(client, headers, case, *contacts, **values):
    body = {"contacts": list(contacts)} | values
    return client.post(f"{URL}/{case}/contacts", json=body, headers=headers)


def act(client, headers, of_case, contact, action, **values):
    body = {"action": action} | values
    return client.post(f"{URL}/{of_case}/contacts/{contact['id']}/actions", json=body, headers=headers)


def shown(client, headers, case):
    return client.get(f"{URL}/{case}/contacts", headers=headers).get_json()


def test_from_a_name_to_a_case_that_knows_its_source(client, tracer, index_case):
    made = name(client, tracer, index_case, OLE | {"phone": new_phone(), "relation": "Kollege", "remark": "im Auto"})
    assert made.status_code == 201
    contact = made.get_json()["items"][0]
    assert (contact["state"], contact["case"], contact["relation"]) == ("named", None, "Kollege")
    enrolled = act(client, tracer, index_case, contact, "enrol").get_json()
    assert (enrolled["state"], enrolled["line_list"]) == ("enrolled", "asymptomatic") and enrolled["case"]
    case = client.get(f"{URL}/{enrolled['case']}", headers=tracer).get_json()
    assert (case["kind"], case["last_exposure_on"], case["protocol"]["code"]) == ("contact", "2026-11-01", "covid-19")
    assert case["person"]["family_name"] == "Brandt"
    assert shown(client, tracer, enrolled["case"])["named_by"] == [index_case]
    assert shown(client, tracer, index_case)["items"] == [enrolled]
    assert act(client, tracer, index_case, contact, "enrol").status_code == 409
    for reference, other in ((index_case, enrolled["case"]), (enrolled["case"], index_case)):
        events = client.get(f"{URL}/{reference}/timeline", headers=tracer).get_json()["items"]
        assert any(event["details"].get("with_case") == other for event in events)


def test_named_twice_somebody_is_there_once(client, tracer, index_case):
    phone = new_phone()
    name(client, tracer, index_case, OLE, {"phone": phone}, {"email": "kim@example.org"})
    again = name(client, tracer, index_case, OLE, {"phone": phone}, {"email": "kim@example.org"}, OLE)
    assert len(again.get_json()["items"]) == 3
    others = ({**OLE, "birth_date": "1991-01-02"}, {"given_name": "Kim", "phone": phone})
    assert len(name(client, tracer, index_case, *others).get_json()["items"]) == 5


def test_finishing_with_nobody_is_confirmed_and_recorded(client, tracer, index_case):
    refused = name(client, tracer, index_case, finished=True)
    assert refused.status_code == 422 and refused.get_json()["errors"][0]["field"] == "none"
    done = name(client, tracer, index_case, finished=True, none=True).get_json()
    assert done["finished"] == {"at": MONDAY.isoformat(), "number": 0}
    later = name(client, tracer, index_case, OLE, finished=True).get_json()
    assert later["finished"]["number"] == 1
    assert name(client, tracer, index_case, finished=True, none=True).status_code == 422


@pytest.mark.parametrize(
    ("alike", "blocked"),
    [
        ({"person": {"phone": "+4915198765432"}}, True),
        ({"person": {"given_name": "OLE", "family_name": "brandt", "birth_date": "1990-01-02"}}, True),
        ({"person": {"given_name": "Ole", "family_name": "Brandt", "birth_date": None}}, True),
        ({"person": {"given_name": "Ole", "family_name": "Brandt", "birth_date": "1991-01-02"}}, False),
        (
            {"person": {"given_name": "Ole", "family_name": "Brand", "birth_date": "1990-01-02"}},
            True,
        ),  # sounds the same
        ({"person": {"given_name": "Ole", "family_name": "Kunz", "birth_date": "1990-01-02"}}, False),
    ],
)
def test_somebody_alike_is_shown_before_enrolling(client, tracer, bearer, index_case, alike, blocked):
    known = enrol(client, bearer("health_officer"), **alike)["reference"]
    contact = name(client, tracer, index_case, OLE | {"phone": "+4915198765432"}).get_json()["items"][0]
    answer = act(client, tracer, index_case, contact, "enrol")
    assert answer.status_code == (422 if blocked else 200)
    if blocked:
        assert known in answer.get_json()["detail"]
        assert act(client, tracer, index_case, contact, "enrol", despite_known=True).get_json()["case"] not in (
            None,
            known,
        )


def test_whoever_is_in_care_already_is_linked_and_the_later_contact_counts(client, tracer, bearer, index_case):
    known = enrol(client, bearer("health_officer"), last_exposure_on="2026-10-30")["reference"]
    contact = name(client, tracer, index_case, OLE).get_json()["items"][0]
    assert act(client, tracer, index_case, contact, "same_case", case=known).get_json()["case"] == known
    case = client.get(f"{URL}/{known}", headers=tracer).get_json()
    assert (case["last_exposure_on"], case["monitoring"]["ends_on"]) == ("2026-11-01", "2026-11-15")
    assert case["person"]["family_name"] == "Sommerfeld"
    assert shown(client, tracer, known)["named_by"] == [index_case]


@pytest.mark.parametrize("reference", [None, "AAAAAAAA", "itself"])
def test_nobody_is_linked_to_a_case_that_there_is_not(client, tracer, index_case, reference):
    contact = name(client, tracer, index_case, OLE).get_json()["items"][0]
    reference = index_case if reference == "itself" else reference
    assert act(client, tracer, index_case, contact, "same_case", case=reference).status_code in (404, 422)
    assert shown(client, tracer, index_case)["items"][0]["state"] == "named"


def test_attempts_are_counted_before_somebody_is_given_up(client, tracer, index_case):
    contact = name(client, tracer, index_case, OLE).get_json()["items"][0]
    assert act(client, tracer, index_case, contact, "give_up").status_code == 422
    for number in (1, 2):
        with clock.frozen(MONDAY + timedelta(hours=number)):
            tried = act(client, tracer, index_case, contact, "not_reached").get_json()
        assert (tried["attempts"], tried["state"]) == (number, "named")
    assert tried["last_attempt_at"] == (MONDAY + timedelta(hours=2)).isoformat()
    assert act(client, tracer, index_case, contact, "give_up").get_json()["state"] == "unreachable"
    assert act(client, tracer, index_case, contact, "reopen").get_json()["state"] == "named"
    assert act(client, tracer, index_case, contact, "not_contact").get_json()["state"] == "not_contact"


def test_only_infected_people_in_care_name_contacts(client, tracer, bearer, index_case):
    contact_case = enrol(client, bearer("health_officer"))["reference"]
    assert name(client, tracer, contact_case, OLE).status_code == 422
    client.post(f"{URL}/{index_case}/close", json={"reason": "other"}, headers=bearer("health_officer"))
    assert name(client, tracer, index_case, OLE).status_code == 422


def test_when_they_were_named_can_be_said(client, tracer, index_case):
    late = name(client, tracer, index_case, OLE, named_at="2026-11-03T09:00:00+01:00")
    assert [one["field"] for one in late.get_json()["errors"]] == ["named_at"]
    said = name(client, tracer, index_case, OLE, named_at="2026-11-01T18:30:00+01:00", source="paper")
    assert [one["named_at"] for one in said.get_json()["items"]] == ["2026-11-01T17:30:00+00:00"]


def test_contacts_of_tomorrow_are_mistakes(client, tracer, index_case):
    answer = name(client, tracer, index_case, {"given_name": "Kim"}, OLE | {"last_contact_on": "2026-11-03"})
    assert [one["field"] for one in answer.get_json()["errors"]] == ["contacts.1.last_contact_on"]
    assert shown(client, tracer, index_case)["items"] == []


def test_another_office_sees_nothing_of_it(client, tracer, bearer, index_case, places):
    contact = name(client, tracer, index_case, OLE).get_json()["items"][0]
    other = bearer("health_officer", office=SECOND_OFFICE[0])
    assert client.get(f"{URL}/{index_case}/contacts", headers=other).status_code == 404
    assert name(client, other, index_case, OLE).status_code == 404
    assert act(client, other, index_case, contact, "enrol").status_code == 404
