"""The course of a case through the JSON API."""

import pytest

from tests.api.care.test_cases_api import URL, enrol, monday, officer  # noqa: F401 - fixtures

pytestmark = pytest.mark.one_database


def act(client, headers, reference, action, json, **more):
    return client.post(f"{URL}/{reference}/{action}", json=json, headers=headers | more)


@pytest.fixture
def reference(client, officer):  # noqa: F811
    return enrol(client, officer)["reference"]


def test_a_conversion_keeps_the_reference_and_the_history(client, officer, reference):  # noqa: F811
    body = {"to": "index", "first_positive_on": "2026-11-02", "note": "Befund"}
    made = act(client, officer, reference, "conversion", body)
    assert made.status_code == 200, made.get_data(as_text=True)
    assert (made.json["reference"], made.json["kind"], made.json["line_list"]) == (reference, "index", "reporting")
    (one,) = made.json["conversions"]
    assert (one["from"], one["to"], one["note"]) == ("contact", "index", "Befund")
    assert one["before"]["monitoring"] == {"starts_on": "2026-11-01", "ends_on": "2026-11-15"}
    listed = client.get(f"{URL}?kind=contact", headers=officer).json["items"]
    assert listed == []
    assert act(client, officer, reference, "conversion", {"to": "index"}).json["errors"][0]["field"] == "to"


@pytest.mark.parametrize(
    ("action", "body", "status", "shown"),
    [
        ("vaccinations", {"vaccine": "Comirnaty", "dose": 3}, 201, ("vaccinations", "vaccine", "Comirnaty")),
        ("travel", {"place": "Porto", "from_on": "2026-10-20"}, 201, ("travel", "place", "Porto")),
        ("exposures", {"until_on": "2026-11-01", "place": "Kantine"}, 201, ("exposures", "place", "Kantine")),
        ("comments", {"text": "Ruft zurück"}, 201, ("comments", "text", "Ruft zurück")),
        ("contact-attempts", {"means": "phone", "outcome": "reached"}, 201, ("contact_attempts", "outcome", "reached")),
    ],
)  # fmt: skip
def test_facts_are_added_and_shown(client, officer, reference, action, body, status, shown):  # noqa: F811
    made = act(client, officer, reference, action, body)
    assert made.status_code == status, made.get_data(as_text=True)
    part, name, value = shown
    assert [row[name] for row in made.json[part]][-1:] == [value]
    kinds = [one["kind"] for one in client.get(f"{URL}/{reference}/timeline", headers=officer).json["items"]]
    assert len(set(kinds) - {"listed"}) == 2


def test_dates_details_and_status(client, officer, reference):  # noqa: F811
    dated = act(client, officer, reference, "dates", {"last_exposure_on": "2026-10-30"}).json
    assert dated["monitoring"]["ends_on"] == "2026-11-13"
    assert act(client, officer, reference, "dates", {}).status_code == 422
    assert (
        act(client, officer, reference, "dates", {"reported_on": "2026-11-03"}).json["errors"][0]["field"]
        == "reported_on"
    )
    assert act(client, officer, reference, "dates", {"reported_on": "2026-10-31"}).json["reported_on"] == "2026-10-31"
    details = {"risk_level": "high", "assigned_to": "me", "follow_up_on": "2026-11-05"}
    detailed = act(client, officer, reference, "details", details).json
    assert {name: detailed[name] for name in ("risk_level", "follow_up_on")} == {
        "risk_level": "high", "follow_up_on": "2026-11-05",
    }  # fmt: skip
    assert detailed["assigned_to"]
    assert act(client, officer, reference, "status", {"action": "hospitalise"}).json["status"] == "hospitalised"
    assert act(client, officer, reference, "status", {"action": "lose"}).json["close_reason"] == "not_reachable"
    assert act(client, officer, reference, "status", {"action": "lose"}).status_code == 409


def test_a_program_may_say_which_revision_it_has_read(client, officer, reference):  # noqa: F811
    read = client.get(f"{URL}/{reference}", headers=officer).json["revision"]
    stamp = {"If-Match": f'"{read}"'}
    assert act(client, officer, reference, "extensions", {"until": "2026-12-01"}, **stamp).status_code == 201
    assert act(client, officer, reference, "extensions", {"until": "2026-12-02"}, **stamp).status_code == 409
    assert act(client, officer, reference, "extensions", {"until": "2026-12-03"}).status_code == 201


def test_an_exposure_is_changed_unless_somebody_was_faster(client, officer, reference):  # noqa: F811
    (row,) = act(client, officer, reference, "exposures", {"until_on": "2026-11-01", "place": "Kantine"}).json[
        "exposures"
    ][-1:]
    read = client.get(f"{URL}/{reference}", headers=officer).json["revision"]
    change, stamp = f"exposures/{row['id']}", {"headers": officer | {"If-Match": f'"{read}"'}}
    changed = client.post(f"{URL}/{reference}/{change}", json={"until_on": "2026-10-31"}, **stamp)
    assert changed.status_code == 200, changed.get_data(as_text=True)
    newer = changed.json["exposures"][-1]
    assert (newer["until_on"], newer["place"], newer["replaces"]) == ("2026-10-31", None, row["id"])
    assert client.post(f"{URL}/{reference}/{change}", json={"until_on": "2026-10-30"}, **stamp).status_code == 409
    assert act(client, officer, reference, change, {"until_on": "2026-10-30"}).status_code == 422
    assert act(client, officer, reference, f"exposures/{newer['id']}", {}).status_code == 422


def test_a_laboratory_result_is_taken_away_and_stays_on_record(client, officer, reference):  # noqa: F811
    sample = {"kind": "pcr", "result": "positive", "sampled_on": "2026-11-01"}
    (row,) = act(client, officer, reference, "lab-results", sample).json["lab_results"]
    assert (row["result"], row["removed_at"]) == ("positive", None)
    taken = act(client, officer, reference, f"lab-results/{row['id']}/removal", {"note": "another person's"})
    assert taken.status_code == 200, taken.get_data(as_text=True)
    (kept,) = taken.json["lab_results"]
    assert kept["removed_at"] and kept | {"removed_at": None} == row
    assert act(client, officer, reference, f"lab-results/{row['id']}/removal", {}).status_code == 404
