"""The auditor's page and files: words, filters, looks, and no formulas."""

import csv
import io
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth import audit, audit_queries
from auth.actors import Actor
from auth.audit_queries import EventFilter, Only
from auth.models import AuditEvent
from auth.roles import HeldRole, Role
from config import scopes
from config.database import db, transaction
from tests.fixtures.application import Login

pytestmark = pytest.mark.one_database

HOUSE = Actor.system("tests")
OFFICER = Actor.of("user", "0193a1b2-0000-7000-8000-00000000abcd", frozenset({HeldRole(Role.HEALTH_OFFICER)}))


@pytest.fixture
def events(app: Flask) -> None:
    with app.app_context(), transaction():
        audit.record(HOUSE, "case.closed", "case:AAAA2222", chain="office:north", reason="other")
        audit.looked(OFFICER, "case.viewed", ["case:AAAA2222"], chain="office:north")
        audit.looked(OFFICER, "cases.listed", ["case:BBBB3333", "case:CCCC4444"], chain="office:south", searched=True)
        audit.record(HOUSE, "=cmd|calc", "case:DDDD5555", note="=1+1")


def _subjects(wanted: EventFilter) -> set[str]:
    return {event.action for event in audit_queries.events(wanted)[0]}


@pytest.mark.parametrize(
    ("wanted", "actions"),
    [
        (EventFilter(action="case."), {"case.closed", "case.viewed"}),
        (EventFilter(actor="0193a1b2"), {"case.viewed", "cases.listed"}),
        (EventFilter(kind="system"), {"case.closed", "=cmd|calc"}),
        (EventFilter(subject="case:AAAA2222"), {"case.closed", "case.viewed"}),
        (EventFilter(subject="case:CCCC4444"), {"cases.listed"}),
        (EventFilter(chain="office:south"), {"cases.listed"}),
        (EventFilter(only=Only.LOOKS), {"case.viewed", "cases.listed"}),
        (EventFilter(only=Only.ACTS), {"case.closed", "=cmd|calc"}),
        (EventFilter(subject="case:CCCC"), set()),
        (EventFilter(subject='%" OR 1'), set()),
    ],
)
def test_filters(events: None, database: Flask, wanted: EventFilter, actions: set[str]) -> None:
    assert _subjects(wanted) == actions


def test_days_are_those_of_the_city_and_inclusive(events: None, database: Flask) -> None:
    today = db.session.scalars(select(AuditEvent.at)).first()
    assert today is not None
    day = today.astimezone(database.extensions["obhut.settings"].zone).date()
    assert len(_subjects(EventFilter(since=day, until=day))) == 4
    assert not _subjects(EventFilter(until=day.replace(year=day.year - 1)))


def test_the_page_speaks_in_words_and_knows_how_the_trail_stands(
    events: None, app: Flask, client: FlaskClient, login: Login
) -> None:
    login(client, "auditor")
    with app.app_context():
        audit.seal()
        verdict = audit.verify()
        with transaction():
            audit.note_verification(HOUSE, verdict)
    page = client.get("/audit/").get_data(as_text=True)
    for words in ("Fall angesehen", "case.viewed", "Liste von Fällen angesehen", "2 Vorgänge angesehen"):
        assert words in page
    assert "…0000abcd" in page
    assert "unverändert" in page
    assert "Person" in page
    assert "case.closed" in client.get("/audit/?only=acts").get_data(as_text=True)
    assert "Fall angesehen</" not in client.get("/audit/?action=case.closed").get_data(as_text=True).split("<table")[1]


@pytest.mark.parametrize("query", ["since=x&until=0001-01-01", "before=x", "only=x", "subject=%00", "chain=%27"])
def test_odd_filters_do_no_harm(events: None, client: FlaskClient, login: Login, query: str) -> None:
    assert login(client, "auditor").get(f"/audit/?{query}").status_code == 200


def test_pages_follow_each_other_without_a_gap(
    app: Flask, client: FlaskClient, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        with transaction():
            for number in range(250):
                audit.record(HOUSE, "case.closed", f"case:{number}")
        seen, before = [], None
        while True:
            page, before = audit_queries.events(EventFilter(action="case.closed", before=before))
            seen += [event.subject for event in page]
            if before is None:
                break
    assert seen == [f"case:{number}" for number in reversed(range(250))]


def test_every_filter_can_be_chosen(events: None, client: FlaskClient, login: Login) -> None:
    login(client, "auditor")
    page = client.get("/audit/?kind=system&action=case.&only=looks&chain=office:north&since=2026-01-01")
    assert page.status_code == 200
    assert "/audit/export.csv?" in page.get_data(as_text=True)


def test_files_hold_what_the_filters_show_and_are_events_themselves(
    events: None, app: Flask, client: FlaskClient, login: Login
) -> None:
    login(client, "auditor")
    answer = client.get("/audit/export.json?only=looks")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "attachment" in answer.headers["Content-Disposition"]
    items = json.loads(answer.data)["items"]
    assert [item["action"] for item in items] == ["cases.listed", "case.viewed"]
    assert items[0]["seen"] == ["case:BBBB3333", "case:CCCC4444"]
    table = list(csv.reader(io.StringIO(client.get("/audit/export.csv").data.decode("utf-8-sig")), delimiter=";"))
    rows = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
    assert "'=cmd|calc" in {row["action"] for row in rows}
    with app.app_context():
        exported = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "audit.exported")).all()
        assert [event.facts for event in exported] == [{"format": "json", "filter_only": "looks"}, {"format": "csv"}]


def test_a_file_is_read_bit_by_bit(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_queries, "READ_AT_ONCE", 7)
    monkeypatch.setattr(audit_queries, "MOST_EXPORTED", 17)
    with transaction():
        for number in range(20):
            audit.record(HOUSE, "case.closed", f"case:{number}")
    found = [event.subject for event in audit_queries.events_to_export(EventFilter())]
    assert found == [f"case:{number}" for number in range(19, 2, -1)]


@pytest.mark.parametrize("account", ["resident", "officer", "caseworker", "admin"])
@pytest.mark.parametrize("path", ["/audit/", "/audit/export.csv", "/audit/export.json"])
def test_nobody_else_sees_it(client: FlaskClient, login: Login, account: str, path: str) -> None:
    assert login(client, account).get(path).status_code == 403


@pytest.mark.parametrize("path", ["/audit/export.csv", "/audit/export.json"])
def test_a_file_is_read_after_its_request_and_still_full(
    events: None, client: FlaskClient, login: Login, path: str
) -> None:
    login(client, "auditor")
    before = scopes.start()  # as in a server: nothing lends its scope to what is read later
    try:
        assert "case:DDDD5555" in client.get(path).get_data(as_text=True)
    finally:
        scopes.end(before)
