"""Bulk sends as officers and programs meet them."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from config.workbooks import read_workbook
from notifications import bulk_writing
from notifications.delivery import deliver
from notifications.statuses import Channel
from tests.factories.notifications import statuses
from tests.fakes.provider import Provider
from tests.fixtures.application import Login

pytestmark = pytest.mark.one_database

Bearer = Callable[..., dict[str, str]]
BULK = "/staff/messages/bulk/"
API = "/api/v1/notifications/bulk"
ROWS = "Telefon;Sprache;Termin\n0157 35990001;de;3. Mai\n0157 35990002;en;\n12;de;4. Mai\n0157 35990003;de;5. Mai\n"


def soup(answer: Any, code: int = 200) -> BeautifulSoup:
    assert answer.status_code == code, answer.get_data(as_text=True)
    return BeautifulSoup(answer.data, "html.parser")


def words(page: BeautifulSoup) -> str:
    return page.main.get_text(" ", strip=True)  # type: ignore[union-attr]


def hidden(page: BeautifulSoup) -> dict[str, str]:
    form = page.main.find("form", method="post")  # type: ignore[union-attr]
    return {field["name"]: field.get("value", "") for field in form.find_all("input", type="hidden")}  # type: ignore[union-attr]


def drafted(client: FlaskClient, data: bytes = ROWS.encode(), name: str = "termine.csv", **changes: Any) -> str:
    """Fill the form in; where the preview is."""
    form = hidden(soup(client.get(f"{BULK}new"))) | {"name": "Termine", "text": "Ihr Termin: ((Termin))"} | changes
    answer = client.post(f"{BULK}new", data=form | {"file": (io.BytesIO(data), name)})
    assert answer.status_code == 303, words(BeautifulSoup(answer.data, "html.parser"))
    return str(answer.headers["Location"])


def press(client: FlaskClient, address: str, action: str, code: int = 303) -> None:
    token = hidden(soup(client.get(f"{BULK}new")))["csrf_token"]
    assert client.post(f"{address}/{action}", data={"csrf_token": token}).status_code == code


def run(app: Flask) -> None:
    with app.app_context():
        while bulk_writing.write_next() + deliver(Channel.SMS) + bulk_writing.finish_done():
            pass


@pytest.fixture
def officer(client: FlaskClient, login: Login) -> FlaskClient:
    return login(client, "officer")


def test_from_the_file_to_the_last_message(app: Flask, officer: FlaskClient, provider: Provider) -> None:
    address = drafted(officer)
    preview = words(soup(officer.get(address)))
    assert "2 Personen bekommen eine Nachricht" in preview
    assert "0,16 €" in preview.replace("\xa0", " ")
    assert "Ihr Termin: 3. Mai" in preview
    assert "Die Spalte „Termin“ fehlt oder ist leer." in preview
    assert "0157" not in preview
    listed = officer.get(f"{address}/problems.csv").get_data().decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in listed] == ["Zeile", "3", "4"]
    assert not provider.accepted
    press(officer, address, "start")
    press(officer, address, "start")
    run(app)
    assert provider.bodies() == ["Ihr Termin: 3. Mai", "Ihr Termin: 5. Mai"]
    assert "2 von 2 Nachrichten sind erledigt." in words(soup(officer.get(address)))
    overview = words(soup(officer.get(BULK)))
    assert "Termine" in overview
    assert "gesendet" in overview


def test_pause_and_withdraw_from_the_page(app: Flask, officer: FlaskClient, provider: Provider) -> None:
    address = drafted(officer)
    press(officer, address, "start")
    page = soup(officer.get(address))
    assert page.find(attrs={"data-live": "running"})
    press(officer, address, "pause")
    run(app)
    assert not soup(officer.get(address)).find(attrs={"data-live": True})
    press(officer, address, "cancel")
    run(app)
    assert not provider.accepted
    press(officer, address, "resume", 409)


def test_a_form_sent_twice_makes_one(officer: FlaskClient) -> None:
    form = hidden(soup(officer.get(f"{BULK}new"))) | {"name": "Termine", "text": "Ihr Termin: ((Termin))"}
    places = {
        officer.post(f"{BULK}new", data=form | {"file": (io.BytesIO(ROWS.encode()), "t.csv")}).headers["Location"]
        for _ in range(2)
    }
    assert len(places) == 1


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"text": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"name": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"file": (b"a;b\n1;2\n", "x.csv")}, "bekannten Spaltennamen"),
        ({"file": (b"PK\x03\x04nonsense", "x.xlsx")}, "keine Excel-Datei"),
        ({"not_before": "2026-12-02T10:00", "expires_at": "2026-12-01T10:00"}, "nach dem Beginn"),
    ],
)
def test_what_is_wrong_with_the_whole_is_said_at_once(
    officer: FlaskClient, changes: dict[str, Any], complaint: str
) -> None:
    form = hidden(soup(officer.get(f"{BULK}new"))) | {"name": "Termine", "text": "Termin"}
    changes = dict(changes)
    data, name = changes.pop("file", (ROWS.encode(), "t.csv"))
    sent = {**form, **changes, "file": (io.BytesIO(data), name)}
    assert complaint in words(soup(officer.post(f"{BULK}new", data=sent), 422))
    assert "noch nichts" in words(soup(officer.get(BULK)))


def test_the_sample_can_be_sent_back(officer: FlaskClient) -> None:
    sample = officer.get(f"{BULK}sample.xlsx").get_data()
    assert read_workbook(sample, lambda cells: 3 if "Telefon" in cells else 0).header[0] == "Telefon"
    address = drafted(officer, sample, "sample.xlsx", subject="Termin")
    assert "3 Personen bekommen eine Nachricht" in words(soup(officer.get(address)))


def test_another_office_finds_nothing(app: Flask, officer: FlaskClient, bearer: Bearer, login: Login) -> None:
    address = drafted(officer)
    stranger = login(app.test_client(), "healthadmin", roles=["health_officer:wolfenbuettel"])
    for path in (address, f"{address}/problems.csv"):
        assert stranger.get(path).status_code == 404
    press(stranger, address, "start", 404)
    assert "Termine" not in words(soup(stranger.get(BULK)))
    headers = bearer("health_officer", office="wolfenbuettel")
    assert officer.get(f"{API}/{address.rsplit('/', 1)[1]}", headers=headers).status_code == 404


def test_a_tracer_may_not(client: FlaskClient, login: Login) -> None:
    login(client, "tracer")
    assert client.get(BULK).status_code == 403
    assert client.get(f"{BULK}new").status_code == 403


def test_programs_send_to_many_and_hear_who_was_refused(
    app: Flask, client: FlaskClient, bearer: Bearer, provider: Provider
) -> None:
    headers = bearer("health_officer")
    body = {
        "template": "notifications.plain",
        "variables": {"text": "Hallo"},
        "recipients": [
            {"phone": "+4915735990001", "key": "a"},
            {"phone": "12"},
            {"phone": "+4915735990002", "variables": {"text": "Servus"}, "about": "AAAA2222"},
            {"phone": "+4915735990003", "email": "b@example.org"},
            {"email": "b@example.org"},
            "nonsense",
        ],
    }
    answer = client.post(API, json=body, headers=headers | {"Idempotency-Key": "k1"})
    assert answer.status_code == 202
    first = answer.get_json()
    assert first["accepted"] == 2
    assert [each["index"] for each in first["rejected"]] == [1, 3, 4, 5]
    assert all(each["message"] for each in first["rejected"])
    again = client.post(API, json=body, headers=headers | {"Idempotency-Key": "k1"})
    assert again.get_json() == first
    run(app)
    assert provider.bodies() == ["Hallo", "Servus"]
    state = client.get(f"{API}/{first['bulk']}", headers=headers).get_json()
    assert (state["state"], state["statuses"]) == ("done", {"sent": 2})
    about = client.get("/api/v1/notifications?about=AAAA2222", headers=headers).get_json()["items"]
    assert len(about) == 1


def test_the_same_keys_make_no_second_message(app: Flask, client: FlaskClient, bearer: Bearer) -> None:
    headers = bearer("health_officer")
    body = {
        "template": "notifications.plain",
        "variables": {"text": "Hallo"},
        "recipients": [{"phone": "+4915735990001", "key": "a"}],
    }
    assert client.post(API, json=body, headers=headers).get_json()["accepted"] == 1
    second = client.post(API, json=body, headers=headers).get_json()
    assert (second["accepted"], second["bulk"]) == (1, None)
    with app.app_context():
        assert len(statuses()) == 1


def test_programs_can_stop_it(app: Flask, client: FlaskClient, bearer: Bearer, provider: Provider) -> None:
    headers = bearer("health_officer")
    recipients = [{"phone": f"+491573599000{number}"} for number in range(5)]
    body = {"template": "notifications.plain", "variables": {"text": "Hallo"}, "recipients": recipients}
    bulk_id = client.post(API, json=body, headers=headers).get_json()["bulk"]
    assert client.post(f"{API}/{bulk_id}/pause", headers=headers).get_json()["statuses"] == {"paused": 5}
    run(app)
    assert client.post(f"{API}/{bulk_id}/cancel", headers=headers).get_json()["statuses"] == {"cancelled": 5}
    assert not provider.accepted


@pytest.mark.parametrize(
    "changes",
    [{"template": "notifications.nothing"}, {"recipients": []}, {"recipients": [{}] * 10_001}, {"template": "../x.y"}],
)
def test_a_call_that_is_wrong_as_a_whole(client: FlaskClient, bearer: Bearer, changes: dict[str, Any]) -> None:
    body = {"template": "notifications.plain", "recipients": [{"phone": "+4915735990001"}]} | changes
    answer = client.post(API, json=body, headers=bearer("health_officer"))
    assert answer.status_code == 422, answer.get_data(as_text=True)
