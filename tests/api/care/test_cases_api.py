"""The JSON API of care, as outsiders use it."""

import base64
from datetime import datetime

import pytest

from config import clock
from tests.factories.care import MONDAY, enrolment

pytestmark = pytest.mark.one_database

URL = "/api/v1/care/cases"
# Marks of a next page that nobody has given out.
MARKS = ("[" * 5000, '[1.0,"\\ud800"]', f'[{"9" * 400},"AAAA2222"]', "[NaN,1]", "{}", "[1,2,3]")


@pytest.fixture(autouse=True)
def monday():
    with clock.frozen(MONDAY):
        yield


@pytest.fixture
def officer(bearer):
    return bearer("health_officer")


def enrol(client, headers, **values):
    answer = client.post(URL, json=enrolment(**values), headers=headers)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_case_is_enrolled_and_shown(client, officer):
    made = enrol(client, officer)
    assert made["line_list"] == "asymptomatic"
    assert made["status"] == "invited"
    assert made["monitoring"] == {"starts_on": "2026-11-01", "ends_on": "2026-11-15", "day": 1, "last_day": 14}
    assert made["because"]["rule"] == "heard_from"
    assert made["protocol"] == {"code": "covid-19", "version": 2}
    assert datetime.fromisoformat(made["next_check_in_at"]).tzinfo is not None
    assert client.get(f"{URL}/{made['reference']}", headers=officer).get_json() == made


def test_the_same_idempotency_key_enrols_once(client, officer):
    body, headers = enrolment(), officer | {"Idempotency-Key": "k1"}
    answers = [client.post(URL, json=body, headers=headers).get_json()["reference"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(client.get(URL, headers=officer).get_json()["items"]) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"protocol": "no-such"}, "protocol"),
        ({"last_exposure_on": "2026-11-03"}, "last_exposure_on"),
        ({"kind": "ghost"}, "kind"),
        ({"person": {"phone": "123456789"}}, "person.phone"),
        ({"person": {"contact_window": "24"}}, "person.contact_window"),
        ({"household_of": "AAAAAAAA"}, "household_of"),
    ],
)
def test_bad_input_is_named(client, officer, values, field):
    answer = client.post(URL, json=enrolment(**values), headers=officer)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]


def test_symptoms_list_the_case_and_a_review_clears_it(client, officer):
    reference = enrol(client, officer)["reference"]
    said = {"symptoms": {"cough": True}, "by": "self"}
    answer = client.post(f"{URL}/{reference}/reports", json=said, headers=officer)
    assert answer.status_code == 201
    assert answer.get_json()["line_list"] == "symptomatic"
    assert [found["code"] for found in answer.get_json()["findings"]] == ["first_characteristic_symptom"]
    again = client.post(f"{URL}/{reference}/reports", json=said, headers=officer)
    assert again.status_code == 200
    reviewed = client.post(f"{URL}/{reference}/reviews", json={"outcome": "dismissed", "note": ""}, headers=officer)
    assert reviewed.get_json()["line_list"] == "asymptomatic"
    timeline = client.get(f"{URL}/{reference}/timeline", headers=officer).get_json()
    assert timeline["items"][0]["kind"] == "enrolled"
    assert len(timeline["reports"]) == 1


def test_a_report_says_how_staff_came_by_it(client, officer):
    reference = enrol(client, officer)["reference"]
    member = enrol(client, officer, household_of=reference)["reference"]
    url = f"{URL}/{reference}/reports"
    said = {"symptoms": {}, "by": "staff", "source": "paper", "members": {member: {"symptoms": {"cough": True}}}}
    assert client.post(url, json=said, headers=officer).status_code == 201
    for one in (reference, member):
        timeline = client.get(f"{URL}/{one}/timeline", headers=officer).get_json()
        assert [row["channel"] for row in timeline["reports"]] == ["paper"]
    assert client.post(url, json={"symptoms": {}, "source": "sms"}, headers=officer).status_code == 422


def test_orders_pauses_and_closing(client, officer):
    reference = enrol(client, officer)["reference"]
    order = {"event": "issue_verbal", "legal_basis": "§ 30 IfSG"}
    made = client.post(f"{URL}/{reference}/orders", json=order, headers=officer).get_json()
    assert made["order"] == {"state": "verbal", "starts_on": "2026-11-02", "ends_on": "2026-11-15"}
    twice = client.post(f"{URL}/{reference}/orders", json=order, headers=officer)
    assert twice.status_code == 409
    paused = client.post(f"{URL}/{reference}/preferences", json={"paused": True}, headers=officer).get_json()
    assert (paused["line_list"], paused["status"]) == ("paused", "paused")
    closed = client.post(f"{URL}/{reference}/close", json={"reason": "not_a_case"}, headers=officer).get_json()
    assert (closed["line_list"], closed["status"], closed["close_reason"]) == ("closed", "closed", "not_a_case")
    assert client.post(f"{URL}/{reference}/reports", json={"symptoms": {}}, headers=officer).status_code == 409


def test_an_index_case_becomes_ready_for_review(client, officer):
    made = enrol(client, officer, kind="index", first_positive_on="2026-10-28", last_exposure_on=None)
    assert made["line_list"] == "reporting"
    reported = client.post(f"{URL}/{made['reference']}/reports", json={"symptoms": {}}, headers=officer).get_json()
    assert reported["line_list"] == "review_required"
    assert reported["because"]["rule"] == "review_required.without_symptoms"


def test_actions_and_extensions(client, officer):
    reference = enrol(client, officer)["reference"]
    acted = client.post(f"{URL}/{reference}/actions", json={"action": "recommended_testing"}, headers=officer)
    assert acted.get_json()["line_list"] == "under_investigation"
    ended = client.post(f"{URL}/{reference}/actions", json={"action": "none"}, headers=officer)
    assert ended.get_json()["line_list"] == "asymptomatic"
    longer = client.post(f"{URL}/{reference}/extensions", json={"until": "2026-11-20"}, headers=officer)
    assert longer.get_json()["monitoring"]["ends_on"] == "2026-11-20"


def test_pages_follow_each_other(client, officer):
    made = {enrol(client, officer)["reference"] for _ in range(5)}
    seen, after = [], None
    while True:
        page = client.get(URL, query_string={"limit": 2, "after": after} if after else {"limit": 2}, headers=officer)
        seen += [item["reference"] for item in page.get_json()["items"]]
        after = page.get_json()["next"]
        if not after:
            break
    assert seen == sorted(made)
    listed = client.get(URL, query_string={"line_list": "symptomatic"}, headers=officer).get_json()
    assert listed["items"] == []


@pytest.mark.parametrize("mark", MARKS)
def test_a_page_mark_that_is_none_of_ours_is_named(client, officer, mark):
    enrol(client, officer)
    after = base64.urlsafe_b64encode(mark.encode()).decode()
    answer = client.get(URL, query_string={"after": after}, headers=officer)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "after"


def test_another_office_sees_nothing(client, bearer):
    reference = enrol(client, bearer("health_officer"))["reference"]
    other = bearer("health_officer", office="wolfenbuettel")
    assert client.get(f"{URL}/{reference}", headers=other).status_code == 404
    assert client.post(f"{URL}/{reference}/close", json={"reason": "other"}, headers=other).status_code == 404
    assert client.get(URL, headers=other).get_json()["items"] == []


@pytest.mark.parametrize(("role", "status"), [("contact_tracer", 403), ("auditor", 403), (None, 401)])
def test_reviewing_needs_an_officer(client, bearer, role, status):
    headers = bearer(role) if role else {}
    answer = client.post(f"{URL}/AAAAAAAA/reviews", json={"outcome": "dismissed"}, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{", "application/json"),
        ("[]", "application/json"),
        ("null", "application/json"),
        ("[" * 100_000, "application/json"),
        ("{}", "text/plain"),
        ("", "application/json"),
        ("{}", "application/json"),
    ],
)
def test_a_body_that_says_nothing_is_no_report(client, officer, body, kind):
    made = enrol(client, officer)
    answer = client.post(f"{URL}/{made['reference']}/reports", data=body, content_type=kind, headers=officer)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert (
        client.get(f"{URL}/{made['reference']}", headers=officer).get_json()["because"]["inputs"]["ever_reported"]
        is False
    )


def test_names_lose_what_cannot_be_seen(client, officer):
    person = {"given_name": "A\u202eda", "family_name": "\u202e"}
    answer = client.post(URL, json=enrolment(person=person), headers=officer)
    assert [error["field"] for error in answer.get_json()["errors"]] == ["person.family_name"]
    made = enrol(client, officer, person={"given_name": "A\u202eda"})
    assert made["person"]["given_name"] == "Ada"


def test_an_address_that_does_not_exist_is_not_found(client, officer):
    answer = client.post(f"{URL}/AAAAAAAA/nonsense", json={}, headers=officer)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_lists_have_the_filters_of_the_page(client, officer):
    ill = enrol(client, officer, last_exposure_on="2026-10-30")
    well = enrol(client, officer, person={"birth_date": "1950-01-01", "address": {"postal_code": "38100"}})
    said = client.post(f"{URL}/{ill['reference']}/reports", json={"symptoms": {"cough": True}}, headers=officer)
    assert said.status_code == 201

    def found(query: str) -> list[str]:
        answer = client.get(f"{URL}?{query}", headers=officer)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return [item["reference"] for item in answer.get_json()["items"]]

    assert found("finding=first_characteristic_symptom&finding_state=open") == [ill["reference"]]
    assert found("onset_from=today&status=open") == [ill["reference"]]
    assert found("never_reported=1&age_from=70&postal_code=38100") == [well["reference"]]
    assert found("exposure_to=2026-10-31") == [ill["reference"]]
    assert set(found("sort=ends")) == {ill["reference"], well["reference"]}
    for query in ("finding=happiness", "task=happiness", "onset_from=31.02.2026", "sort=name", "age_from=-1"):
        refused = client.get(f"{URL}?{query}", headers=officer)
        assert refused.status_code == 422, query
        assert refused.get_json()["errors"][0]["field"] == query.partition("=")[0]


def test_what_is_wrong_with_a_body_is_said_in_german_with_what_was_expected(client, officer):
    body = {"kind": "nobody", "protocol": "covid-19", "person": {"locale": "de"}}
    answer = client.post(URL, json=body, headers=officer | {"Accept-Language": "de"})
    said = {error["field"]: error["message"] for error in answer.get_json()["errors"]}
    assert said["person.family_name"] == "Bitte füllen Sie dieses Feld aus."
    assert said["kind"].startswith("Bitte wählen Sie") and "'contact'" in said["kind"] and " or " not in said["kind"]
