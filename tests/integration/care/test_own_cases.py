"""A login is linked to a case by a code and a date of birth, and then sees that case and no other."""

import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select, update

from auth import holdings
from auth.actors import Actor
from auth.models import AuditEvent, Office, User
from care import case_management, own_cases
from care.assessment_models import SymptomReport
from care.commands import EnrolCase
from care.link_models import CaseLink, LinkCode
from care.models import Case, CaseEvent, OfficeTask
from care.vocabulary import ReportChannel, Reporter, TaskKind
from config import clock
from config.database import db, transaction
from config.ids import new_id
from config.sandbox.accounts import SECOND_OFFICE
from notifications.models import Notification
from tests.factories.care import OFFICER, enrolment, local, new_phone
from tests.integration.care.test_story import TODAY, tick

pytestmark = pytest.mark.one_database

FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
CODE = re.compile(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}")
BORN, WRONG_BORN = "17.05.1984", "18.05.1984"
NOT_ACCEPTED = "Das hat nicht geklappt."


@pytest.fixture
def case(app: Flask, places: None, time: Any) -> str:
    """The reference of a case in the default office."""
    return enrol(app)


def enrol(app: Flask, office: str | None = None, **values: Any) -> str:
    with app.app_context():
        wanted = select(Office.id).where(Office.code == office if office else Office.is_default)
        office_id = db.session.scalars(wanted).one()
        with transaction():
            command = EnrolCase.model_validate(enrolment(**values))
            return case_management.enrol(command, actor=OFFICER, office_id=office_id).case.reference


@pytest.fixture
def officer(app: Flask, login: Any, case: str) -> FlaskClient:
    return login(app.test_client(), "officer")


@pytest.fixture
def resident(app: Flask, login: Any, case: str) -> FlaskClient:
    return login(app.test_client(), "resident")


def post(client: FlaskClient, page: str, path: str, **fields: Any) -> Any:
    found = FORM_TOKEN.search(client.get(page).get_data(as_text=True))
    assert found
    return client.post(path, data={"csrf_token": found[1], **fields})


def letter(officer: FlaskClient, case: str, basis: str = "self", **fields: Any) -> str:
    """The text of a letter with a code."""
    data = {"link-basis": basis, "link-way": "letter", **fields}
    answer = post(officer, f"/care/cases/{case}", f"/care/cases/{case}/link-codes", **data)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    assert answer.mimetype == "application/pdf"
    assert "no-store" in answer.headers["Cache-Control"]
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)


def code_in(text: str) -> str:
    found = CODE.search(text)
    assert found, text
    return found[0]


def redeem(client: FlaskClient, code: str, born: str = BORN) -> Any:
    return post(client, "/account/link-case", "/account/link-case", code=code, birth_date=born)


def rows(app: Flask, model: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(select(model)))


def test_from_the_letter_to_the_case(app: Flask, officer: FlaskClient, resident: FlaskClient, case: str) -> None:
    text = letter(officer, case)
    assert "Ilka Sommerfeld" in text
    assert "http://localhost/account/link-case" in " ".join(text.split())
    code = code_in(text)
    linked = redeem(resident, code.lower().replace("-", " "))
    assert (linked.status_code, linked.headers["Location"]) == (303, f"/account/case/{case}/")
    page = resident.get(f"/account/case/{case}/").get_data(as_text=True)
    assert "Ilka Sommerfeld" in page
    assert case in resident.get("/account/").get_data(as_text=True)
    link = rows(app, CaseLink)[0]
    assert (link.basis, link.until) == ("self", None)
    with app.app_context():
        actions = set(db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject == f"case:{case}")))
        assert {"case.link_code_issued", "case.linked", "own_case.viewed"} <= actions
        assert {"link_code_issued", "linked"} <= set(db.session.scalars(select(CaseEvent.kind)))


def test_only_a_keyed_hash_of_the_code_is_stored(app: Flask, officer: FlaskClient, case: str) -> None:
    code = code_in(letter(officer, case))
    row = rows(app, LinkCode)[0]
    assert len(row.code_hash) == 32
    assert timedelta(days=13, hours=23) < row.expires_at - clock.wall() <= timedelta(days=14)
    with app.app_context():
        for table in db.metadata.sorted_tables:
            for stored in db.session.execute(select(table)):
                assert code not in str(tuple(stored))


def test_a_code_by_message(app: Flask, officer: FlaskClient, resident: FlaskClient, case: str) -> None:
    data = {"link-basis": "self", "link-way": "message"}
    sent = post(officer, f"/care/cases/{case}", f"/care/cases/{case}/link-codes", **data)
    assert sent.status_code == 303
    with app.app_context():
        message = db.session.scalars(select(Notification).where(Notification.template == "care.link_code")).one()
        body = message.body or ""
    assert "Sommerfeld" not in body
    assert rows(app, LinkCode)[0].expires_at - clock.wall() <= timedelta(hours=24)
    assert redeem(resident, code_in(body)).status_code == 303


def test_a_code_counts_once_and_a_newer_one_replaces_it(
    app: Flask, officer: FlaskClient, resident: FlaskClient, case: str, login: Any
) -> None:
    first, second = code_in(letter(officer, case)), code_in(letter(officer, case))
    assert NOT_ACCEPTED in redeem(resident, first).get_data(as_text=True)
    assert redeem(resident, second).status_code == 303
    other = login(app.test_client(), "resident2")
    assert NOT_ACCEPTED in redeem(other, second).get_data(as_text=True)
    assert other.get(f"/account/case/{case}/").status_code == 404


@pytest.mark.parametrize("way", ["unknown", "wrong date", "expired", "used", "revoked", "malformed"])
def test_whatever_is_wrong_the_answer_is_the_same(
    app: Flask, officer: FlaskClient, resident: FlaskClient, case: str, way: str
) -> None:
    code = code_in(letter(officer, case))
    with app.app_context(), transaction():
        past = clock.wall() - timedelta(seconds=1)
        columns = {"expired": "expires_at", "used": "used_at", "revoked": "revoked_at"}
        if way in columns:
            db.session.execute(update(LinkCode).values({columns[way]: past}))
    sent = {"unknown": "K7NP-X3RB-WD5T", "malformed": "'; --"}.get(way, code)
    answer = redeem(resident, sent, WRONG_BORN if way == "wrong date" else BORN)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert NOT_ACCEPTED in text
    assert case not in text
    assert not rows(app, CaseLink)


def test_five_wrong_dates_lock_the_code_and_tell_the_office(
    app: Flask, officer: FlaskClient, resident: FlaskClient, case: str
) -> None:
    code = code_in(letter(officer, case))
    for _ in range(5):
        assert redeem(resident, code, WRONG_BORN).status_code == 422
    assert redeem(resident, code).status_code == 422
    assert [task.kind for task in rows(app, OfficeTask)] == [TaskKind.CODE_LOCKED]
    page = officer.get(f"/care/cases/{case}").get_data(as_text=True)
    assert "gesperrt" in page
    assert redeem(resident, code_in(letter(officer, case))).status_code == 303


def test_tries_are_limited_for_each_login(app: Flask, officer: FlaskClient, resident: FlaskClient, case: str) -> None:
    found = FORM_TOKEN.search(resident.get("/account/link-case").get_data(as_text=True))
    assert found
    data = {"csrf_token": found[1], "code": "K7NP-X3RB-WD5T", "birth_date": BORN}
    codes = [resident.post("/account/link-case", data=data).status_code for _ in range(12)]
    assert codes == [422] * 10 + [429] * 2


def test_a_login_that_proves_too_little_is_told_how_to_come_further(
    app: Flask, officer: FlaskClient, case: str, login: Any
) -> None:
    code = code_in(letter(officer, case))
    weak = login(app.test_client(), "resident", acr="basic")
    page = weak.get("/account/link-case").get_data(as_text=True)
    assert "Personalausweis" in page
    assert "/auth/step-up" in page
    refused = post(weak, "/account/", "/account/link-case", code=code, birth_date=BORN)
    assert refused.status_code == 403
    assert not rows(app, CaseLink)
    strong = login(app.test_client(), "resident")
    assert redeem(strong, code).status_code == 303
    assert "/auth/step-up" in weak.get(f"/account/case/{case}/").headers["Location"]


def test_the_question_is_answered_in_the_account(
    app: Flask, officer: FlaskClient, resident: FlaskClient, case: str, time: Any
) -> None:
    redeem(resident, code_in(letter(officer, case)))
    time.at = local(TODAY, 12)
    with app.app_context():
        tick()
    path = f"/account/case/{case}/"
    assert "Wie geht es Ihnen heute?" in resident.get(path).get_data(as_text=True)
    unclear = post(resident, path, f"{path}answer", feeling="no", symptoms=["cough"])
    assert unclear.status_code == 422
    assert (
        post(resident, path, f"{path}answer", feeling="yes", symptoms=["cough"], notice_version="1").status_code == 303
    )
    report = rows(app, SymptomReport)[0]
    user = rows(app, User)
    assert (report.channel, report.by) == (ReportChannel.ACCOUNT, Reporter.SELF)
    assert report.actor_id in {str(one.id) for one in user}
    assert report.check_in_id is not None
    assert report.notice_version == 1
    assert rows(app, Case)[0].line_list == "symptomatic"


def test_foreign_is_not_found(app: Flask, officer: FlaskClient, resident: FlaskClient, case: str, login: Any) -> None:
    stranger = login(app.test_client(), "resident2")
    redeem(resident, code_in(letter(officer, case)))
    for path in (f"{case}/", "AAAAAAAA/", f"{case}/papers/{new_id()}"):
        assert stranger.get(f"/account/case/{path}").status_code == 404
    for act in ("answer", "unlink"):
        assert post(stranger, "/account/", f"/account/case/{case}/{act}", feeling="no").status_code == 404
    assert len(rows(app, CaseLink)) == 1
    assert not rows(app, SymptomReport)
    assert case not in stranger.get("/account/").get_data(as_text=True)
    assert officer.get(f"/account/case/{case}/").status_code in (302, 404)


def test_the_person_unlinks(app: Flask, officer: FlaskClient, resident: FlaskClient, case: str) -> None:
    redeem(resident, code_in(letter(officer, case)))
    assert "Lena Ahrens" in officer.get(f"/care/cases/{case}").get_data(as_text=True)
    path = f"/account/case/{case}/"
    assert post(resident, path, f"{path}unlink").headers["Location"] == "/account/"
    assert resident.get(path).status_code == 404
    link = rows(app, CaseLink)[0]
    assert link.until is not None
    assert link.ended_by == str(link.user_id)
    assert "Lena Ahrens" not in officer.get(f"/care/cases/{case}").get_data(as_text=True).split('id="timeline"')[0]
    assert redeem(resident, code_in(letter(officer, case))).status_code == 303


def test_staff_unlink_and_only_their_own_office(
    app: Flask, officer: FlaskClient, resident: FlaskClient, case: str, login: Any
) -> None:
    redeem(resident, code_in(letter(officer, case)))
    link = rows(app, CaseLink)[0]
    path = f"/care/cases/{case}/links/{link.id}/end"
    elsewhere = login(app.test_client(), "officer2")
    assert post(elsewhere, "/care/", path).status_code == 404
    assert post(elsewhere, "/care/", f"/care/cases/{case}/link-codes", **{"link-basis": "self"}).status_code == 404
    own = enrol(app, SECOND_OFFICE[0])
    assert post(elsewhere, "/care/", f"/care/cases/{own}/links/{link.id}/end").status_code == 404
    assert resident.get(f"/account/case/{case}/").status_code == 200
    assert post(officer, f"/care/cases/{case}", path).status_code == 303
    assert resident.get(f"/account/case/{case}/").status_code == 404
    assert rows(app, CaseLink)[0].ended_by not in (None, str(link.user_id))


@pytest.mark.parametrize("account", ["healthadmin", "auditor", "admin", "caseworker"])
def test_who_may_not_issue_codes(app: Flask, case: str, login: Any, account: str) -> None:
    client = login(app.test_client(), account)
    answer = post(client, "/account/", f"/care/cases/{case}/link-codes", **{"link-basis": "self", "link-way": "letter"})
    assert answer.status_code == 403
    assert not rows(app, LinkCode)


@pytest.fixture
def child(app: Flask, case: str) -> str:
    return enrol(app, person={"given_name": "Jonte", "birth_date": "2008-11-20"})


def test_a_parent_acts_until_the_child_is_of_age(
    app: Flask, officer: FlaskClient, resident: FlaskClient, child: str, time: Any
) -> None:
    text = letter(officer, child, "parent", **{"link-addressee": "An die Eltern von\nJonte Sommerfeld"})
    assert "An die Eltern von" in text
    assert redeem(resident, code_in(text), "20.11.2008").status_code == 303
    path = f"/account/case/{child}/"
    assert "§ 1629" in resident.get(path).get_data(as_text=True)
    assert post(resident, path, f"{path}answer", feeling="no").status_code == 303
    assert rows(app, SymptomReport)[0].by is Reporter.PROXY
    time.at = datetime(2026, 11, 19, 22, 59, tzinfo=UTC)
    assert resident.get(path).status_code == 200
    time.at = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)  # midnight in Berlin
    assert resident.get(path).status_code == 404
    assert child not in resident.get("/account/").get_data(as_text=True)
    assert post(resident, "/account/", f"{path}answer", feeling="no").status_code == 404
    refused = post(
        officer,
        f"/care/cases/{child}",
        f"/care/cases/{child}/link-codes",
        **{"link-basis": "parent", "link-way": "letter"},
    )
    assert refused.status_code == 422
    assert "volljährig" in refused.get_data(as_text=True)


def test_the_person_sees_who_acts_for_them_and_guardians_see_no_names(
    app: Flask, officer: FlaskClient, resident: FlaskClient, case: str, login: Any
) -> None:
    guardian = login(app.test_client(), "resident2")
    redeem(resident, code_in(letter(officer, case)))
    redeem(guardian, code_in(letter(officer, case, "guardian")))
    path = f"/account/case/{case}/"
    with app.app_context():
        names = {user.subject: user.family_name for user in db.session.scalars(select(User))}
    pages = [client.get(path).get_data(as_text=True) for client in (resident, guardian)]
    of_person, of_guardian = (page.split("<main")[1] for page in pages)
    assert names["resident2"] in of_person
    assert names["resident"] not in of_guardian
    assert "§§ 1789, 1814" in of_person


def test_the_letter_explains_the_number_at_a_shared_phone(app: Flask, officer: FlaskClient, case: str) -> None:
    phone = new_phone()
    enrol(app, person={"given_name": "Arne", "phone": phone})
    second = enrol(app, person={"given_name": "Beeke", "phone": phone})
    text = " ".join(letter(officer, second).split())
    assert "Mehrere Personen nutzen Ihr Telefon" in text
    assert "2 NEIN" in text
    assert "Arne" not in text
    assert "Mehrere Personen" not in letter(officer, case)


def test_the_copy_of_ones_data_asks_as_surely_as_the_case_and_is_a_look(
    app: Flask, officer: FlaskClient, resident: FlaskClient, case: str, login: Any
) -> None:
    redeem(resident, code_in(letter(officer, case)))
    with resident.get("/account/export") as copy:
        assert copy.status_code == 200
    with app.app_context():
        copied = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "own_case.copied")).one()
        assert copied.seen == [f"case:{case}"]
    weak = login(app.test_client(), "resident", acr="basic")
    assert "Sommerfeld" not in weak.get("/account/").get_data(as_text=True)
    assert "level=substantial" in weak.get("/account/export").headers["Location"]


def test_what_the_account_holds(app: Flask, officer: FlaskClient, resident: FlaskClient, case: str, time: Any) -> None:
    redeem(resident, code_in(letter(officer, case)))
    path = f"/account/case/{case}/"
    post(resident, path, f"{path}answer", feeling="yes", symptoms=["cough"], note="nachts schlimmer")
    with app.app_context():
        user_id = db.session.scalars(select(CaseLink.user_id)).one()
        assert f"case:{case}" in holdings.subjects_of(user_id)
        care = next(one for one in holdings.holdings() if one.name == "care")
        files = dict(care.export(user_id))
        content = json.loads(files[f"{case}/case.json"])
        assert content["case"]["person"]["family_name"] == "Sommerfeld"
        assert content["reports"][0]["note"] == "nachts schlimmer"
        assert "because" not in content["case"]
        assert [one.params["reference"] for one in care.stays(user_id)] == [case]
        with transaction():
            kept = care.erase(user_id, Actor(kind="user", id=str(user_id), user_id=user_id))
        assert [one.params["reference"] for one in kept] == [case]
        assert not own_cases.mine(Actor(kind="user", id=str(user_id), user_id=user_id))
        assert rows(app, SymptomReport)
    assert resident.get(path).status_code == 404


def test_a_person_without_date_of_birth_gets_no_code(app: Flask, officer: FlaskClient, case: str) -> None:
    unknown = enrol(app, person={"given_name": "Ohne", "birth_date": None})
    data = {"link-basis": "self", "link-way": "letter"}
    refused = post(officer, f"/care/cases/{unknown}", f"/care/cases/{unknown}/link-codes", **data)
    assert refused.status_code == 422
    assert not rows(app, LinkCode)


def test_nobody_to_write_to_means_a_letter(app: Flask, officer: FlaskClient, case: str) -> None:
    silent = enrol(app, person={"channel": "none", "phone": None})
    data = {"link-basis": "self", "link-way": "message"}
    refused = post(officer, f"/care/cases/{silent}", f"/care/cases/{silent}/link-codes", **data)
    assert refused.status_code == 422
    assert not rows(app, LinkCode)
    assert date(2026, 11, 2) == TODAY


def test_whoever_answers_for_a_household_does_so_in_their_account(
    app: Flask, officer: FlaskClient, resident: FlaskClient, case: str
) -> None:
    child = {"given_name": "Jonte", "birth_date": "2014-05-17", "phone": None, "channel": "none"}
    member, left_out = (enrol(app, household_of=case, person=child) for _ in range(2))
    assert redeem(resident, code_in(letter(officer, case))).status_code == 303
    own = f"/account/case/{case}/"
    page = resident.get(own).get_data(as_text=True)
    assert "J. S., 12 Jahre" in page and "Jonte" not in page
    nothing = post(resident, own, f"{own}household")
    assert nothing.status_code == 422
    said = {f"{case}-feeling": "no", f"{member}-feeling": "yes", f"{member}-symptoms": "cough"}
    assert post(resident, own, f"{own}household", **said).status_code == 303
    with app.app_context():
        reports = db.session.scalars(select(SymptomReport)).all()
        assert {row.case.reference: row.by for row in reports} == {case: Reporter.SELF, member: Reporter.PROXY}
    assert resident.get(f"/account/case/{left_out}/").status_code == 404
