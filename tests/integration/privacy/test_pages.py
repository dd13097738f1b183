"""The pages of data protection: notices, the copy of one's data, the end of an account, holds, offers, erasing."""

import io
import json
import re
import zipfile

import pytest
from flask import g
from sqlalchemy import func, select, update

from auth.models import AuditEvent, Office, User
from auth.privacy_models import ArchiveOffer, LegalHold
from care import case_management
from care.assessment_models import CheckIn, SymptomReport
from care.models import Case
from config import clock
from config.database import db, transaction
from config.encryption import token_hash
from services import erasure
from services.lifecycle import Action, RequestStatus
from services.models import Attachment, ScanState, ServiceRequest
from tests.factories import services as requests
from tests.factories.privacy import close, outcomes, request, rich_case, said
from tests.integration.services.filling_in import all_through

pytestmark = pytest.mark.one_database


def text(page) -> str:
    return page.get_data(as_text=True)


def csrf(page) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text(page))
    assert found, text(page)[:500]
    return found[1]


def post(client, page_url, url=None, **fields):
    token = csrf(client.get(page_url))
    return client.post(url or page_url, data={"csrf_token": token, **fields})


def unzipped(answer) -> dict[str, bytes]:
    assert answer.status_code == 200, text(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    content = answer.get_data()
    answer.close()
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def forget() -> None:
    """What the test's own context remembers of the request before."""
    for name in list(g):
        g.pop(name)


@pytest.fixture
def login(login):
    """Logs in as somebody else, in the midst of a test."""

    def log_in(client, account: str):
        forget()
        found = login(client, account)
        forget()
        return found

    return log_in


@pytest.fixture
def case(house, time, places) -> Case:
    """A case in the office of the sandbox's officers."""
    found = rich_case("Qwazel")
    default = db.session.scalars(select(Office.id).where(Office.is_default)).first()
    with transaction():
        locked = case_management.locked_case(found.id)
        locked.office_id = locked.person.office_id = default
    return found


def me() -> User:
    return db.session.scalars(select(User)).one()


@pytest.mark.parametrize("purpose", ["account", "services", "reports", "care-check-in", "care-enrolment"])
def test_everybody_can_read_the_notices_in_two_languages(client, purpose):
    german, english = client.get(f"/privacy/{purpose}"), client.get(f"/privacy/{purpose}?lang=en")
    assert german.status_code == english.status_code == 200
    assert "Verantwortlich ist: Stadt Braunschweig" in text(german)
    assert "Responsible: Stadt Braunschweig" in text(english)
    assert "{" not in text(german).split("<main")[1]
    assert client.get(f"/privacy/{purpose}/1").status_code == 200
    assert client.get(f"/privacy/{purpose}/2").status_code == 404
    assert client.get("/privacy/unknown").status_code == 404


def test_the_notice_of_the_check_in_can_be_read_in_every_language(client):
    for code, word in {"ar": "حماية البيانات", "uk": "Захист даних", "de-simple": "So schützen wir"}.items():
        page = text(client.get(f"/privacy/care-check-in?lang={code}"))
        assert word in page and "{" not in page.split("<main")[1]
    fallen_back = text(client.get("/privacy/account?lang=ar"))
    assert 'dir="rtl"' in fallen_back and '<div lang="en" dir="ltr">' in fallen_back


def test_the_form_of_a_public_report_says_what_is_public(house, client):
    page = text(client.get("/services/mangel-melden/apply"))
    assert 'href="/privacy/reports?lang=de"' in page
    assert "Ort, Art, Beschreibung und Stand Ihrer Meldung sind öffentlich" in page
    assert "Nur die zuständige Stelle sieht sie." not in page
    assert "Meldung: Mangel melden" in page and "Antrag: Mangel melden" not in page
    assert "Online melden" in text(client.get("/services/mangel-melden/"))
    assert "Online beantragen" in text(client.get("/services/bibliotheksausweis/")), "no decision, and no report either"


def test_an_application_remembers_the_notice_that_stood_on_its_form(house, client, login):
    login(client, "resident")
    page = client.get("/services/bewohnerparkausweis/apply")
    assert 'href="/privacy/services?lang=de"' in text(page)
    fields = {}
    given = requests.answers()
    for part, value in given.pop("address").items():
        fields[f"f_address-{part}"] = value
    fields |= {f"f_{key}": "y" if value is True else value for key, value in given.items()}
    fields["f_registration"] = (io.BytesIO(requests.PDF), "schein.pdf")
    answer = all_through(client, "/services/bewohnerparkausweis/apply", **fields)
    assert answer.status_code == 303, text(answer)
    found = db.session.scalars(select(ServiceRequest)).one()
    assert (found.status, found.notice_version) == (RequestStatus.SUBMITTED, 1)


def test_a_report_remembers_the_notice_of_its_page(case, client):
    with transaction():
        found = case_management.locked_case(case.id)
        db.session.add(
            CheckIn(
                case=found, local_date=clock.now().date(), slot="page", token_hash=token_hash("a" * 22),
                due_at=clock.now(), expires_at=clock.now().replace(year=2027), created_at=clock.now(),
            )
        )  # fmt: skip
    page = client.get("/c/" + "a" * 22)
    assert "vier Wochen" in text(page)
    version = re.search(r'name="notice_version"[^>]*value="([^"]+)"', text(page))[1]
    fields = {"csrf_token": csrf(page), "feeling": "well", "notice_version": version}
    choices = re.findall(r'name="feeling"[^>]*value="([^"]+)"', text(page))
    answer = client.post("/c/" + "a" * 22, data=fields | {"feeling": choices[0]})
    assert answer.status_code == 303, text(answer)
    newest = select(SymptomReport).where(SymptomReport.channel == "link")
    assert db.session.scalars(newest).one().notice_version == 1
    assert db.session.get_one(Case, case.id).notice_version == 1


def test_the_first_login_is_told_of_the_notice_once(house, client, login):
    login(client, "resident")
    assert me().notice_version == 1
    assert "Willkommen" in text(client.get("/"))
    login(client, "resident")
    assert "Willkommen" not in text(client.get("/"))


def test_the_copy_of_ones_data_has_everything(house, client, login):
    login(client, "resident")
    reference = request(me(), "Blumix")
    files = unzipped(client.get("/account/export"))
    assert {"index.json", "account/account.json", "account/deeds.json"} <= set(files)
    assert files[f"requests/{reference}/files/01-Blumixname.pdf"].startswith(b"%PDF")
    found = json.loads(files[f"requests/{reference}/request.json"])
    assert found["schema"] == "obhut/request/1"
    assert found["request"]["answers"]["family_name"] == "Blumixfamily"
    messages = json.loads(files[f"requests/{reference}/messages.json"])["messages"]
    assert [one["template"] for one in messages] == ["services.submitted", "services.received"][: len(messages)]
    assert db.session.scalar(select(func.count()).where(AuditEvent.action == "account.exported")) == 1


def test_an_account_ends_with_all_that_may_go(house, client, login):
    login(client, "resident")
    user_id = me().id
    stays, goes = request(me(), "Blumix"), request(me(), "Zorbel")
    requests.acted(goes, Action.WITHDRAW, requests.resident(user_id))
    page = client.get("/account/delete")
    assert stays in text(page)
    assert goes not in text(page)
    answer = post(client, "/account/delete")
    assert answer.status_code == 303
    assert db.session.get(User, user_id) is None
    assert said("zorbel") == []
    left = db.session.scalars(select(ServiceRequest)).one()
    assert (left.reference, left.applicant_id) == (stays, None)
    forget()
    assert client.get("/account/").status_code == 302


def test_staff_do_not_end_their_accounts_by_themselves(house, client, login):
    login(client, "officer")
    assert "Administration" in text(client.get("/account/delete"))
    assert post(client, "/account/", "/account/delete").status_code == 422
    assert me()


def test_a_case_is_held_and_then_erased_by_those_who_may(case, client, login):
    reference = case.reference
    close(case)
    login(client, "officer")
    assert client.get(f"/care/cases/{reference}/erasure").status_code == 403
    assert client.get(f"/care/cases/{reference}/export").status_code == 403
    login(client, "healthadmin")
    page_url = f"/care/cases/{reference}"
    held = post(client, page_url, "/staff/privacy/holds", kind="case", reference=reference, reason="Klage Grundwort")
    assert held.headers["Location"] == page_url
    assert "Grundwort" in text(client.get(page_url))
    assert said("Grundwort") == [("legal_hold", "Grundwort")]
    refused = post(client, page_url, f"{page_url}/erasure", scope="all", reason="unlawful")
    assert refused.status_code == 422
    hold_id = db.session.scalars(select(LegalHold.id)).one()
    post(client, "/staff/privacy/holds", f"/staff/privacy/holds/{hold_id}/lift")
    files = unzipped(client.get(f"{page_url}/export"))
    assert json.loads(files[f"{reference}/case.json"])["case"]["person"]["family_name"] == "Qwazelfamily"
    assert files[f"{reference}/papers/Bescheinigung-{reference}.pdf"] == b"%PDF Qwazelpaper"
    preview = text(client.get(f"{page_url}/erasure"))
    assert "§ 56 Abs. 11 IfSG" in preview
    assert post(client, f"{page_url}/erasure", scope="all", reason="wish").status_code == 422
    assert post(client, f"{page_url}/erasure", scope="health", reason="wish").status_code == 303
    assert "gelöscht" in text(client.get(page_url))
    assert said("Qwazelreport") == []
    assert post(client, f"{page_url}/erasure", scope="all", reason="unlawful").status_code == 303
    assert said("qwazel") == []
    assert client.get(page_url).status_code == 404


def test_holds_of_another_office_are_not_ours(case, client, login, places):
    login(client, "officer2")
    other = db.session.scalars(select(Office.id).where(~Office.is_default)).first()
    assert other
    login(client, "healthadmin")
    with transaction():
        case_management.locked_case(case.id).office_id = other
    token = csrf(client.get("/account/"))
    fields = {"csrf_token": token, "kind": "case", "reference": case.reference, "reason": "Klage"}
    assert client.post("/staff/privacy/holds", data=fields).status_code == 404
    assert db.session.scalar(select(func.count(LegalHold.id))) == 0


def test_a_request_is_erased_by_the_service_manager(house, client, login):
    login(client, "resident")
    reference = request(me(), "Blumix")
    requests.acted(reference, Action.WITHDRAW, requests.resident(me().id))
    login(client, "manager")
    found = client.get("/staff/requests/erase", query_string={"reference": reference.lower()})
    url = found.headers["Location"]
    assert client.get("/staff/requests/erase?reference=AAAAAAAA").status_code == 404
    assert "endgültig" in text(client.get(url)).casefold()
    assert post(client, url, reason="wish").status_code == 303
    assert said("Blumixfamily", "Blumixfile") == []
    assert db.session.scalar(select(func.count(ServiceRequest.id))) == 0
    assert {table for table, _ in said(reference)} == {"audit_event"}


def test_the_archive_gets_its_files_and_answers(case, time, client, login):
    close(case)
    time.forward(days=1000)
    outcomes()
    login(client, "healthadmin")
    page = client.get("/staff/privacy/retention")
    offer = re.search(r'name="offer" value="([^"]+)"', text(page))[1]
    token = csrf(page)
    packed = client.post("/staff/privacy/archive", data={"csrf_token": token, "offer": offer, "action": "fetch"})
    assert f"care.orders-{case.reference}/case.json" in unzipped(packed)
    client.post("/staff/privacy/archive", data={"csrf_token": token, "offer": offer, "action": "take"})
    decided = db.session.scalars(select(ArchiveOffer)).one()
    assert decided.wanted is True
    assert outcomes()["care.orders"].erased == 1
    login(client, "officer")
    assert client.get("/staff/privacy/retention").status_code == 403


def test_one_file_that_is_held_back_stops_no_other(house, time, client, login):
    resident = requests.resident()
    held_back, other = (requests.submitted(resident).reference for _ in range(2))
    for reference in (held_back, other):
        requests.acted(reference, Action.WITHDRAW, resident)
    time.forward(days=4000)
    outcomes()
    with transaction():
        db.session.execute(
            update(Attachment)
            .where(Attachment.request.has(ServiceRequest.reference == held_back))
            .values(scan=ScanState.PENDING)
        )
    login(client, "manager")
    page = client.get("/staff/privacy/retention")
    offers = re.findall(r'name="offer" value="([^"]+)"', text(page))
    assert len(offers) == 2
    sent = {"csrf_token": csrf(page), "offer": offers, "action": "fetch"}
    files = unzipped(client.post("/staff/privacy/archive", data=sent))
    folder, missing = f"services.requests-{held_back}", files["fehlt.txt"].decode()
    assert f"services.requests-{other}/request.json" in files
    assert not any(name.startswith(folder) for name in files)
    assert f"{folder}: Diese Datei wird noch auf Viren geprüft." in missing and other not in missing
    assert "1 der Akten" in text(client.get("/staff/privacy/retention"))
    fetched = {one.subject: one.fetched_at is not None for one in db.session.scalars(select(ArchiveOffer))}
    assert fetched == {f"request:{held_back}": False, f"request:{other}": True}


def test_files_that_cannot_be_read_or_are_gone_stop_no_other(house, time, client, login):
    resident = requests.resident()
    unreadable, gone, other = (requests.submitted(resident).reference for _ in range(3))
    for reference in (unreadable, gone, other):
        requests.acted(reference, Action.WITHDRAW, resident)
    time.forward(days=4000)
    outcomes()
    ids = {row.reference: row.id for row in db.session.execute(select(ServiceRequest.reference, ServiceRequest.id))}
    with transaction():
        spoilt = update(ServiceRequest).where(ServiceRequest.reference == unreadable)
        db.session.execute(spoilt.values(wrapped_key=b"none" + b"x" * 60))
        erasure.erase_requests([ids[gone]])
    db.session.expunge_all()
    login(client, "manager")
    page = client.get("/staff/privacy/retention")
    offers = re.findall(r'name="offer" value="([^"]+)"', text(page))
    sent = {"csrf_token": csrf(page), "offer": offers, "action": "fetch"}
    files = unzipped(client.post("/staff/privacy/archive", data=sent))
    assert f"services.requests-{other}/request.json" in files
    missing = files["fehlt.txt"].decode()
    assert f"services.requests-{unreadable}: Sie ist nicht lesbar: Ihr Schlüssel fehlt." in missing
    assert f"services.requests-{gone}: Sie wurde gelöscht, nachdem sie angeboten war." in missing
    fetched = {one.subject: one.fetched_at is not None for one in db.session.scalars(select(ArchiveOffer))}
    assert fetched == {f"request:{unreadable}": False, f"request:{gone}": False, f"request:{other}": True}


@pytest.mark.parametrize("account", ["auditor", "admin", "manager", "healthadmin"])
def test_the_record_of_processing_is_read_by_those_who_answer_for_it(house, client, login, account):
    login(client, account)
    page = client.get("/staff/privacy/records")
    assert "Verzeichnis der Verarbeitungstätigkeiten" in text(page)
    exported = client.get("/staff/privacy/records.json").get_json()
    days = {period["name"]: period["days"] for one in exported["activities"] for period in one["periods"]}
    assert (days["care.symptoms"], days["care.orders"]) == (14, 913)
