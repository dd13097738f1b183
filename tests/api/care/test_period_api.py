"""The course of a case through the API: its last day, its protocol, and findings that say why."""

import pytest

from config import clock
from tests.api.care.test_cases_api import URL, enrol, monday, officer  # noqa: F401 - fixtures
from tests.factories.care import DAY, MONDAY

pytestmark = pytest.mark.one_database


def post(client, headers, reference, what, body):
    return client.post(f"{URL}/{reference}/{what}", json=body, headers=headers)


def test_monitoring_is_shortened_where_the_protocol_allows_it(client, officer):  # noqa: F811
    reference = enrol(client, officer)["reference"]
    with clock.frozen(MONDAY + 9 * DAY):  # day 10 after the last contact
        refused = post(client, officer, reference, "extensions", {"until": "2026-11-11"})
        assert refused.status_code == 422
        assert refused.get_json()["errors"][0]["field"] == "until"
        assert "10" in refused.get_json()["errors"][0]["message"]
        post(client, officer, reference, "reports", {"symptoms": {}})
        shorter = post(client, officer, reference, "extensions", {"until": "2026-11-11"})
    assert shorter.status_code == 201
    assert shorter.get_json()["monitoring"]["ends_on"] == "2026-11-11"
    assert (shorter.get_json()["shortened_until"], shorter.get_json()["shortened_by"]) == ("2026-11-11", "ten_days")


@pytest.mark.parametrize(
    ("body", "status", "protocol"),
    [
        ({"version": 1}, 200, {"code": "covid-19", "version": 1}),
        ({"code": "ebola"}, 200, {"code": "ebola", "version": 1}),
        ({"code": "covid-19-10", "version": 1}, 200, {"code": "covid-19-10", "version": 1}),
        ({}, 422, None),
        ({"code": "pest"}, 422, None),
        ({"version": 7}, 422, None),
        ({"version": "new"}, 422, None),
        ({"speed": 1}, 422, None),
    ],
)
def test_a_case_moves_to_a_protocol(client, officer, body, status, protocol):  # noqa: F811
    reference = enrol(client, officer)["reference"]
    moved = post(client, officer, reference, "protocol", body)
    assert moved.status_code == status
    if protocol:
        assert moved.get_json()["protocol"] == protocol
        kinds = [one["kind"] for one in client.get(f"{URL}/{reference}/timeline", headers=officer).get_json()["items"]]
        assert "protocol" in kinds


def test_a_tracer_moves_no_case(client, officer, bearer):  # noqa: F811
    reference = enrol(client, officer)["reference"]
    assert post(client, bearer("contact_tracer"), reference, "protocol", {"version": 1}).status_code == 403


def test_findings_say_what_they_were_made_from(client, officer):  # noqa: F811
    reference = enrol(client, officer)["reference"]
    answer = post(client, officer, reference, "reports", {"temperature_c": 38.4, "symptoms": {"cough": True}})
    found = {one["code"]: one for one in answer.get_json()["findings"]}
    assert found["fever"]["inputs"]["temperature_c"] == 38.4
    assert found["fever"]["inputs"]["limit_c"] == 37.9
    assert found["first_characteristic_symptom"]["inputs"]["symptoms"] == ["cough"]
