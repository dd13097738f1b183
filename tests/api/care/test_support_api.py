"""Requests for help by API."""

import base64
from datetime import timedelta

import pytest

from config import clock
from config.sandbox.accounts import SECOND_OFFICE
from tests.api.care.test_cases_api import MARKS, URL, enrol
from tests.factories.care import MONDAY

pytestmark = pytest.mark.one_database

SUPPORT = "/api/v1/care/support-requests"


@pytest.fixture(autouse=True)
def monday():
    with clock.frozen(MONDAY):
        yield


@pytest.fixture
def tracer(bearer):
    return bearer("contact_tracer")


@pytest.fixture
def case(client, bearer):
    return enrol(client, bearer("health_officer"))["reference"]


def ask(client, headers, case, **values):
    body = {"kind": "food"} | values
    return client.post(f"{URL}/{case}/support-requests", json=body, headers=headers)


def act(client, headers, made, **values):
    return client.post(f"{SUPPORT}/{made['id']}/actions", json=values, headers=headers)


def listed(client, headers, query=""):
    answer = client.get(f"{SUPPORT}?{query}", headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_wish_is_taken_down_with_its_deadline(client, tracer, case):
    answer = ask(client, tracer, case, note="Brot und Milch")
    made = answer.get_json()
    assert answer.status_code == 201
    assert (made["case"], made["kind"], made["state"], made["source"]) == (case, "food", "open", "api")
    assert made["note"] == "Brot und Milch" and made["owner"] is None and made["outcome"] is None
    assert made["due_at"] == (MONDAY + timedelta(hours=24)).isoformat()
    assert listed(client, tracer)["items"] == [made]


def test_the_same_wish_does_not_double_and_keeps_its_deadline(client, tracer, case):
    first = ask(client, tracer, case, note="Brot").get_json()
    with clock.frozen(MONDAY + timedelta(hours=3)):
        again = ask(client, tracer, case, note="Milch")
    assert again.status_code == 200
    assert again.get_json() == first | {"note": "Brot\nMilch"}
    assert ask(client, tracer, case, kind="medicine").status_code == 201
    assert len(listed(client, tracer)["items"]) == 2


def test_its_way_from_taken_on_to_met_and_back(client, tracer, case):
    made = ask(client, tracer, case).get_json()
    taken = act(client, tracer, made, action="take").get_json()
    assert taken["state"] == "taken" and taken["owner"]
    assert [one["id"] for one in listed(client, tracer, "mine=true")["items"]] == [made["id"]]
    back = act(client, tracer, made, action="give_back").get_json()
    assert (back["state"], back["owner"]) == ("open", None)
    done = act(client, tracer, made, action="finish", note="Steht vor der Tür").get_json()
    assert (done["state"], done["outcome"]) == ("done", "Steht vor der Tür") and done["ended_at"] and done["owner"]
    assert listed(client, tracer)["items"] == []
    assert [one["id"] for one in listed(client, tracer, "state=done")["items"]] == [made["id"]]
    assert act(client, tracer, made, action="take").status_code == 409
    assert act(client, tracer, made, action="reopen").get_json()["state"] == "open"


def test_declining_needs_a_reason(client, tracer, case):
    made = ask(client, tracer, case).get_json()
    refused = act(client, tracer, made, action="decline")
    assert refused.status_code == 422 and refused.get_json()["errors"][0]["field"] == "note"
    assert act(client, tracer, made, action="decline", note="Kein Fahrer").get_json()["state"] == "declined"


def test_a_second_one_of_its_kind_is_not_taken_up_again(client, tracer, case):
    first = ask(client, tracer, case).get_json()
    act(client, tracer, first, action="finish")
    ask(client, tracer, case)
    assert act(client, tracer, first, action="reopen").status_code == 422


def test_those_overdue_come_first_and_pages_follow_each_other(client, tracer, case):
    for kind in ("other", "food", "interpreter", "animals", "medicine"):
        ask(client, tracer, case, kind=kind)
    with clock.frozen(MONDAY + timedelta(hours=13)):
        late = [one["kind"] for one in listed(client, tracer, "overdue=true")["items"]]
        assert late == ["medicine", "animals"]
        found, after = [], ""
        while after is not None:
            page = listed(client, tracer, f"limit=2&after={after}" if after else "limit=2")
            found += [one["kind"] for one in page["items"]]
            after = page["next"]
    assert found[:2] == late and found[-1] == "other" and sorted(found[2:4]) == ["food", "interpreter"]


@pytest.mark.parametrize("query", ["after=x", "state=lost", "limit=0", "kind=money"])
def test_filters_that_there_are_not(client, tracer, query):
    assert client.get(f"{SUPPORT}?{query}", headers=tracer).status_code == 422


@pytest.mark.parametrize("mark", MARKS)
def test_a_page_mark_that_is_none_of_ours_is_named(client, tracer, mark):
    after = base64.urlsafe_b64encode(mark.encode()).decode()
    answer = client.get(SUPPORT, query_string={"after": after}, headers=tracer)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "after")


def test_another_office_sees_nothing_of_it(client, tracer, bearer, case, places):
    made, other = ask(client, tracer, case).get_json(), bearer("health_officer", office=SECOND_OFFICE[0])
    assert listed(client, other)["items"] == []
    assert act(client, other, made, action="take").status_code == 404
    assert ask(client, other, case).status_code == 404


def test_a_closed_case_asks_for_nothing(client, bearer, tracer, case):
    client.post(f"{URL}/{case}/close", json={"reason": "other"}, headers=bearer("health_officer"))
    assert ask(client, tracer, case).status_code == 422


def test_wishes_from_the_future_are_mistakes(client, tracer, case):
    asked_at = (MONDAY + timedelta(hours=1)).isoformat()
    assert ask(client, tracer, case, asked_at=asked_at).get_json()["errors"][0]["field"] == "asked_at"


def test_a_wish_is_no_answer(client, tracer, case):
    before = client.get(f"{URL}/{case}", headers=tracer).get_json()
    ask(client, tracer, case)
    after = client.get(f"{URL}/{case}", headers=tracer).get_json()
    assert after == before
