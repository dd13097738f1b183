"""What becomes of a report, for everybody to read; and FixMyStreet's way of asking for it and of adding to it."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth import tokens
from auth.actors import Actor
from auth.models import Department
from config import clock, scopes
from config.database import db, transaction
from notifications.models import Notification
from services import definitions, erasure, keeping, offering, quarantine, representations, uploads
from services.commands import ChangeOffer
from services.lifecycle import Action
from services.models import Attachment, ScanState, ServiceRequest
from services.open311.models import PublicReport, PublicUpdate, ReportComment
from tests.factories import reports, services as given
from tests.fakes import clamd
from tests.fixtures.application import DomainClock

pytestmark = [pytest.mark.usefixtures("public_catalogue", "places"), pytest.mark.one_database]
BASE = "/open311/v2"
UPDATES = f"{BASE}/servicerequestupdates"


@pytest.fixture
def key(api_token: Any) -> str:
    return str(api_token("resident"))


@pytest.fixture
def reported(client: FlaskClient, key: str) -> str:
    answer = client.post(f"{BASE}/requests.json", data=reports.form(key))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.json[0]["service_request_id"])


@pytest.fixture
def act(client: FlaskClient, bearer: Any) -> Any:
    caseworker = bearer("caseworker")

    def carry_out(reference: str, action: str, message: str = "Wir kümmern uns darum.") -> None:
        data = {"action": action, "message": message}
        done = client.post(f"/api/v1/requests/{reference}/transitions", json=data, headers=caseworker)
        assert done.status_code == 200, done.json

    return carry_out


def shown(client: FlaskClient, reference: str, **query: str) -> dict[str, Any]:
    (found,) = client.get(f"{BASE}/requests/{reference}.json", query_string=query).json
    return dict(found)


def test_the_public_side_follows_the_request(
    client: FlaskClient, reported: str, act: Any, domain_clock: DomainClock
) -> None:
    assert shown(client, reported)["status"] == "open"
    domain_clock.forward(hours=1)
    act(reported, "take")
    assert shown(client, reported)["status_notes"] == "Wir kümmern uns darum."
    domain_clock.forward(hours=1)
    act(reported, "approve", "Frau Ackerknecht hat recht.")
    done = shown(client, reported, extensions="true")
    assert (done["status"], done["status_notes"], done["expected_datetime"]) == ("closed", "Erledigt.", None)
    assert datetime.fromisoformat(done["updated_datetime"]) == clock.now().replace(microsecond=0)
    assert [one["type"] for one in done["notes"]] == ["in_review", "approved"]
    assert done["extended_attributes"]["detailed_status"] == "approved"
    assert done["extended_attributes"]["attributes"] == [{"code": "kind", "name": "Was ist es?", "value": "Schlagloch"}]
    # What the office writes to somebody is for them.
    for path in ("requests.json?extensions=true", "servicerequestupdates.json"):
        assert "Ackerknecht" not in client.get(f"{BASE}/{path}").get_data(as_text=True)


def test_updates_since_a_moment_as_fixmystreet_asks(
    client: FlaskClient, reported: str, act: Any, domain_clock: DomainClock, key: str
) -> None:
    domain_clock.forward(hours=1)
    act(reported, "take")
    began = clock.now()
    domain_clock.forward(hours=3)
    act(reported, "approve")

    def asked(start: datetime, end: datetime, **more: str) -> ElementTree.Element:
        moments = {name: at.astimezone(UTC).isoformat() for name, at in (("start_date", start), ("end_date", end))}
        answer = client.get(f"{UPDATES}.xml", query_string={"api_key": key} | moments | more)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return ElementTree.fromstring(answer.data)

    both = asked(began - timedelta(hours=1), clock.now())
    assert both.tag == "service_request_updates"
    assert [one.findtext("status") for one in both.iter("request_update")] == ["open", "closed"]
    for one in both.iter("request_update"):
        assert one.findtext("service_request_id") == reported
        assert one.findtext("update_id")
        assert one.findtext("description")
        at = datetime.fromisoformat(one.findtext("updated_datetime") or "")
        assert at.tzinfo is not None
    only_last = asked(began + timedelta(minutes=1), clock.now())
    assert [one.findtext("external_status_code") for one in only_last] == ["approved"]
    assert len(asked(began - timedelta(hours=1), clock.now(), page_size="1", page="2")) == 1
    refused = client.get(f"{UPDATES}.xml?start_date=now")
    assert refused.status_code == 400


def mailbox(app: Flask, code: str) -> None:
    """Let this department be there, and have an address."""
    with app.app_context(), scopes.within(scopes.system("test")), transaction():
        department = db.session.scalar(select(Department).where(Department.code == code))
        if department is None:
            department = Department(code=code, name=f"Amt {code}")
            db.session.add(department)
        department.email = f"{code}@okerfeld.example"


def comment(api_key: str, reference: str, **changes: Any) -> dict[str, Any]:
    """An update as FixMyStreet sends one."""
    given = {
        "api_key": api_key,
        "service_request_id": reference,
        "update_id": "4711",
        "updated_datetime": "2026-11-03T08:00:00+00:00",
        "status": "OPEN",
        "description": "Es ist größer geworden.",
        "first_name": reports.GIVEN_NAME,
        "last_name": reports.FAMILY_NAME,
        "email": reports.EMAIL,
    }
    return {name: value for name, value in (given | changes).items() if value is not None}


def test_what_is_added_from_outside_is_for_the_office(
    client: FlaskClient, reported: str, key: str, login: Any, app: Flask
) -> None:
    mailbox(app, given.DEPARTMENT)
    first = client.post(f"{UPDATES}.xml", data=comment(key, reported))
    assert first.status_code == 200, first.get_data(as_text=True)
    number = ElementTree.fromstring(first.data).findtext("request_update/update_id")
    again = client.post(f"{UPDATES}.json", data=comment(key, reported))
    assert again.json[0]["update_id"] == number  # the same one comes in once
    assert client.get(f"{UPDATES}.json").json == []
    with app.app_context(), scopes.within(scopes.system("test")):
        (row,) = db.session.scalars(select(ReportComment)).all()
        assert row.text == "Es ist größer geworden."
        assert row.author["last_name"] == reports.FAMILY_NAME
        stored = db.session.execute(select(ReportComment.__table__)).one()
        assert not [one for one in reports.PERSONAL if one.encode() in repr(tuple(stored)).encode()]
        assert row.request.news_at == row.at
        told = select(Notification).where(Notification.template == "services.replied")
        assert [one.about for one in db.session.scalars(told)] == [reported]
    page = login(app.test_client(), "caseworker").get(f"/staff/requests/{reported}").get_data(as_text=True)
    assert "Es ist größer geworden." in page
    assert "Was die Öffentlichkeit sieht" in page


def added_photo(client: FlaskClient, api_key: str, reference: str, file: bytes, name: str) -> None:
    """A file that comes with an update about a report."""
    answer = client.post(f"{UPDATES}.json", data=comment(api_key, reference) | {"media": (io.BytesIO(file), name)})
    assert answer.status_code == 200, answer.get_data(as_text=True)


def _files_on_the_page(request: ServiceRequest, api_key: str) -> list[Any]:
    applicant = tokens.actor_of(api_key)
    assert applicant is not None
    return list(representations.detail(request, applicant, "de", date(2026, 11, 27)).files)


def test_a_photo_that_others_add_is_for_the_office_alone(
    client: FlaskClient, reported: str, key: str, api_token: Any, bearer: Any, login: Any, app: Flask
) -> None:
    added_photo(client, api_token("resident"), reported, given.picture(), "nachbarschaft.jpg")
    page = login(app.test_client(), "caseworker").get(f"/staff/requests/{reported}").get_data(as_text=True)
    assert "Foto zu einem Hinweis von außen: nachbarschaft.jpg" in page
    api = f"/api/v1/requests/{reported}"
    (file,) = client.get(api, headers=bearer("caseworker")).json["attachments"]
    assert (file["kind"], file["file_name"]) == ("comment", "nachbarschaft.jpg")
    assert client.get(f"{api}/files/{file['id']}", headers=bearer("caseworker")).status_code == 200
    # Whoever reported it neither reads of it nor opens it.
    own = {"Authorization": f"Bearer {key}"}
    assert client.get(api, headers=own).json["attachments"] == []
    assert client.get(f"{api}/files/{file['id']}", headers=own).status_code == 404
    with app.app_context(), scopes.within(scopes.system("test")):
        request = db.session.scalars(select(ServiceRequest)).one()
        assert _files_on_the_page(request, key) == []
        copy = b"".join(name.encode() + data for name, data in keeping.files_of_request(request.id, to_applicant=True))
        assert b"nachbarschaft" not in copy
        assert any("nachbarschaft" in name for name, _ in keeping.files_of_request(request.id))
        assert uploads.erase([request.id]) == 1


def test_the_files_of_an_update_that_is_known_are_not_looked_at_again(
    client: FlaskClient, reported: str, key: str, app: Flask
) -> None:
    added_photo(client, key, reported, given.picture(), "strasse.jpg")
    added_photo(client, key, reported, b"no picture at all", "strasse.jpg")  # what would be refused as new
    with app.app_context(), scopes.within(scopes.system("test")):
        assert len(db.session.scalars(select(Attachment)).all()) == 1


def test_a_virus_that_others_add_is_told_to_the_office_alone(
    client: FlaskClient, reported: str, api_token: Any, app: Flask
) -> None:
    mailbox(app, given.DEPARTMENT)
    harmful = given.PDF.replace(b"startxref\n96", b"%" + clamd.EICAR + b"\nstartxref\n96")
    with clamd.running() as scanner:
        app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(clamd_url=scanner.url)
        added_photo(client, api_token("resident"), reported, harmful, "nachbarschaft.pdf")
        with app.app_context(), scopes.within(scopes.system("test")):
            assert quarantine.scan_waiting() == 1
            assert db.session.scalars(select(Attachment.scan)).one() is ScanState.INFECTED
            told = db.session.scalars(select(Notification.template)).all()
    assert "services.infected_office" in told
    assert "services.infected" not in told


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"api_key": None}, 403),
        ({"service_request_id": None}, 400),
        ({"service_request_id": "ABCD2345"}, 404),
        ({"description": None}, 400),
        ({"update_id": "x" * 81}, 400),
    ],
)
def test_what_cannot_be_added(
    client: FlaskClient, reported: str, key: str, changes: dict[str, Any], status: int
) -> None:
    data = {name: value for name, value in (comment(key, reported) | changes).items() if value is not None}
    answer = client.post(f"{UPDATES}.json", data=data)
    assert (answer.status_code, answer.json[0]["code"]) == (status, status)


def test_who_works_on_a_report_speaks_to_the_public(
    client: FlaskClient, reported: str, api_token: Any, login: Any, app: Flask
) -> None:
    office = api_token("caseworker")
    answer = client.post(f"{UPDATES}.json", data=comment(office, reported, description="Baufirma bestellt."))
    assert answer.status_code == 200
    assert shown(client, reported)["status_notes"] == "Baufirma bestellt."
    (update,) = client.get(f"{UPDATES}.json").json
    assert (update["description"], update["status"]) == ("Baufirma bestellt.", "open")
    staff = login(app.test_client(), "caseworker")
    address = f"/staff/requests/{reported}/public-note"
    page = BeautifulSoup(staff.get(f"/staff/requests/{reported}").data, "html.parser")
    token = {"csrf_token": str(page.select("input[name=csrf_token]")[0]["value"])}
    assert staff.post(address, data=token | {"note": "Frau Ackerknecht, es wird Montag."}).status_code == 303
    assert shown(client, reported)["status_notes"] == "Frau …, es wird Montag."
    staff.post(address, data=token | {"note": "  "})
    assert len(client.get(f"{UPDATES}.json").json) == 2


def test_what_is_erased_is_gone_for_everybody(client: FlaskClient, reported: str, act: Any, app: Flask) -> None:
    act(reported, "take")
    with app.app_context(), transaction():
        with scopes.within(scopes.system("test")):
            row = db.session.scalars(select(ServiceRequest.id)).one()
        erasure.erase_requests([row])
    assert client.get(f"{BASE}/requests/{reported}.json").status_code == 404
    assert client.get(f"{BASE}/requests.json").json == []
    with app.app_context():
        for model in (PublicReport, PublicUpdate):
            assert db.session.scalars(select(model)).all() == []


def test_other_requests_have_no_public_side(client: FlaskClient, bearer: Any, app: Flask) -> None:
    with app.app_context():
        reference = given.submitted(given.resident()).reference
    assert client.get(f"{BASE}/requests/{reference}.json").status_code == 404
    assert client.get(f"{BASE}/requests.json?service_request_id={reference}").json == []
    with app.app_context():
        assert db.session.scalars(select(PublicReport)).all() == []


def test_a_service_that_is_no_longer_public_takes_its_reports_along(
    client: FlaskClient, reported: str, public_catalogue: Any
) -> None:
    file = public_catalogue / f"{reports.SLUG}.yaml"
    file.write_text(reports.DEFINITION.replace("public: true\ntitle", "public: false\ntitle"), encoding="utf-8")
    definitions.catalogue.cache_clear()
    assert client.get(f"{BASE}/services.json").json == []
    assert client.get(f"{BASE}/requests/{reported}.json").status_code == 404
    assert client.get(f"{BASE}/requests.json").json == []


def test_a_report_that_is_handed_on_names_the_new_department(client: FlaskClient, reported: str, app: Flask) -> None:
    mailbox(app, "tiefbau")
    with app.app_context(), scopes.within(scopes.system("test")):
        given.acted(reported, Action.HAND_ON, given.caseworker(), "Das ist eine Straße.", to="tiefbau")
        name = db.session.scalars(select(Department.name).where(Department.code == "tiefbau")).one()
    assert shown(client, reported)["agency_responsible"] == name


def offered(app: Flask, **values: Any) -> None:
    """What a manager says of the service."""
    change = ChangeOffer.model_validate({"is_published": True, "revision": 0} | values)
    with app.app_context(), scopes.within(scopes.system("test")), transaction():
        offering.change(reports.SLUG, change, Actor.system("test"))


def test_what_is_no_longer_on_offer_takes_no_reports_and_shows_the_old(
    client: FlaskClient, reported: str, key: str, app: Flask
) -> None:
    offered(app, is_published=False)
    assert client.get(f"{BASE}/services.json").json == []
    assert client.get(f"{BASE}/services/{reports.SLUG}.json").status_code == 404
    assert client.post(f"{BASE}/requests.json", data=reports.form(key)).status_code == 404
    assert shown(client, reported)["service_request_id"] == reported
    assert len(client.get(f"{BASE}/requests.json").json) == 1


def test_in_maintenance_no_reports_are_taken(client: FlaskClient, key: str, app: Flask) -> None:
    offered(app, maintenance="Wir bauen um.")
    answer = client.post(f"{BASE}/requests.json", data=reports.form(key))
    assert (answer.status_code, answer.json[0]["code"]) == (400, 400)
    assert answer.json[0]["description"] == "This service cannot be used online for now."


def test_the_public_tables_hold_only_what_is_public() -> None:
    """A column more is a decision: whatever stands there can be read by anybody."""
    assert set(PublicReport.__table__.columns.keys()) == {
        "id", "request_id", "reference", "service_code", "status", "code", "note", "description", "address", "lat",
        "long", "attributes", "agency", "requested_at", "updated_at", "expected_at",
    }  # fmt: skip
    assert set(PublicUpdate.__table__.columns.keys()) == {"id", "report_id", "at", "status", "code", "note"}
