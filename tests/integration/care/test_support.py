"""Asking for help, as people and staff do it: by link, in the account, on the page of a case."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from auth.actors import Actor
from auth.models import AuditEvent, Office
from care import case_management, erasure, keeping, support, transfer
from care.assessment_models import CheckIn, SymptomReport
from care.commands import CloseCase, TransferCase
from care.models import Case, CaseEvent
from care.support_models import SupportRequest
from care.support_rules import ActOnSupport, AskForSupport
from care.vocabulary import CloseReason
from config.database import db, transaction
from config.sandbox.accounts import SECOND_OFFICE
from tests.factories.care import OFFICER, local
from tests.integration.care.test_check_in_pages import send
from tests.integration.care.test_staff_pages import case, officer, post  # noqa: F401 - fixtures
from tests.integration.care.test_story import TODAY, bodies, link_in, tick

pytestmark = pytest.mark.one_database

SUPPORT = "/care/support/"


@pytest.fixture
def token(case, time):  # noqa: F811
    time.at = local(TODAY, 12)
    tick()
    return link_in(bodies(case, "care.check_in")[0])


def requests() -> list[SupportRequest]:
    db.session.rollback()
    return list(db.session.scalars(select(SupportRequest).order_by(SupportRequest.id)))


def ask(case, kind="food", note=None):  # noqa: F811
    with transaction():
        locked = case_management.locked_case(case.id)
        return support.ask(AskForSupport(kind=kind, note=note), case=locked, actor=OFFICER)[0]


def page(client, address) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def act(client, request_id, **fields):
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(client, "/care/cases/new"))
    assert found
    return client.post(f"/care/support/{request_id}", data={"csrf_token": found[1], **fields}, follow_redirects=True)


class TestByLink:
    def test_beside_the_answer(self, client, case, token):  # noqa: F811
        assert "Brauchen Sie Hilfe?" in page(client, f"/c/{token}")
        sent = send(client, token, feeling="no", support=["food", "animals"], support_note="Der Hund heißt Bello")
        assert sent.status_code == 303
        made = requests()
        assert [(one.kind, one.state, one.source, one.note) for one in made] == [
            ("food", "open", "link", "Der Hund heißt Bello"),
            ("animals", "open", "link", "Der Hund heißt Bello"),
        ]
        assert db.session.scalars(select(SymptomReport)).one().note is None

    def test_without_an_answer_the_check_in_still_waits(self, client, case, token):  # noqa: F811
        before = db.session.get_one(Case, case.id).facts_revision
        sent = send(client, token, only="support", support=["medicine"])
        assert sent.status_code == 303
        shown = page(client, sent.headers["Location"])
        assert "Ihre Bitte ist angekommen." in shown and "Wie geht es Ihnen heute?" in shown
        assert [one.kind for one in requests()] == ["medicine"]
        assert db.session.scalars(select(SymptomReport)).first() is None
        assert db.session.scalars(select(CheckIn)).one().answered_at is None
        known = db.session.get_one(Case, case.id, populate_existing=True)
        assert (known.facts_revision, known.last_report_at) == (before, None)
        assert send(client, token, feeling="no").status_code == 303

    def test_said_twice_it_is_one(self, client, case, token):  # noqa: F811
        send(client, token, only="support", support=["food"], support_note="Brot")
        send(client, token, feeling="no", support=["food"], support_note="Milch")
        assert [one.note for one in requests()] == ["Brot\nMilch"]

    @pytest.mark.parametrize(
        "fields",
        [{}, {"support_note": "Brot"}, {"support": ["gold"]}, {"support": ["food"], "support_note": "x" * 2001}],
    )
    def test_what_is_unclear_is_asked_again(self, client, case, token, fields):  # noqa: F811
        assert send(client, token, only="support", **fields).status_code == 422
        assert not requests()

    def test_without_the_forms_own_mark_nothing_is_taken(self, client, case, token):  # noqa: F811
        assert client.post(f"/c/{token}", data={"only": "support", "support": ["food"]}).status_code in (400, 422)
        assert not requests()

    def test_a_used_link_takes_nothing(self, client, case, token):  # noqa: F811
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(client, f"/c/{token}"))
        assert found
        send(client, token, feeling="no")
        late = client.post(f"/c/{token}", data={"csrf_token": found[1], "only": "support", "support": ["food"]})
        assert late.status_code == 404 and not requests()


def test_staff_take_down_take_on_and_finish(officer, case, time):  # noqa: F811
    fields = {"support-kind": "children", "support-note": "Zwei Kinder", "support-source": "paper"}
    assert post(officer, case, "support", **fields, **{"support-asked_at": "2026-11-02T08:00"}).status_code == 303
    made = requests()[0]
    assert (made.source, made.due_at) == ("paper", local(TODAY, 12))
    shown = page(officer, f"/care/cases/{case.reference}")
    assert "Zwei Kinder" in shown and "Betreuung von Kindern" in shown
    assert "Zwei Kinder" in page(officer, SUPPORT)
    time.at += timedelta(hours=4)
    assert "überfällig" in page(officer, "/care/")
    assert "Zwei Kinder" in page(officer, f"{SUPPORT}?overdue=1") and "Zwei Kinder" not in page(
        officer, f"{SUPPORT}?mine=1"
    )
    assert "Zwei Kinder" in act(officer, made.id, action="take").get_data(as_text=True)
    assert "Zwei Kinder" in page(officer, f"{SUPPORT}?mine=1")
    assert "Bitte schreiben Sie, warum" in act(officer, made.id, action="decline").get_data(as_text=True)
    act(officer, made.id, action="finish", note="Die Großmutter kommt")
    assert "Nichts wartet." in page(officer, SUPPORT)
    assert "Die Großmutter kommt" in page(officer, f"{SUPPORT}?state=done")
    again = act(officer, made.id, action="take").get_data(as_text=True)
    assert "nicht möglich" in again
    kinds = [event.kind for event in db.session.scalars(select(CaseEvent).order_by(CaseEvent.id))]
    assert kinds.count("support_asked") == 1 and kinds.count("support") == 2
    actions = set(db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject == f"case:{case.reference}")))
    assert {"case.support_asked", "case.support_changed"} <= actions


def test_addresses_by_hand_lead_to_the_list(officer, case):  # noqa: F811
    for query in ("after=x", "state=x", "kind=x", "limit=9999"):
        assert officer.get(f"{SUPPORT}?{query}").headers["Location"] == SUPPORT


def test_words_of_people_are_sealed_in_the_database(officer, case):  # noqa: F811
    made = ask(case, note="Insulin für Ilka")
    with transaction():
        locked = case_management.locked_case(case.id)
        command = ActOnSupport(action="finish", note="Apotheke war da")
        support.act(command, request_id=made.id, case=locked, actor=OFFICER)
    for row in db.session.execute(text("SELECT * FROM care_support_request")):
        assert not any(word in str(tuple(row)) for word in ("Insulin", "Apotheke", "Ilka"))


def test_it_goes_with_what_was_said_about_health(officer, case):  # noqa: F811
    ask(case, note="Brot")
    files = dict(keeping.files_of_case(case.id))
    assert json.loads(files["case.json"])["support_requests"][0]["note"] == "Brot"
    with transaction():
        locked = case_management.locked_case(case.id)
        case_management.close(CloseCase(reason=CloseReason.OTHER), case=locked, actor=OFFICER)
    assert any(part.name == "Requests for help" and part.count == 1 for part in erasure.preview(case).goes)
    with transaction():
        erasure.erase_health([case.id])
    assert not requests()


def test_in_another_office_nobody_has_taken_it_on_yet(officer, case, places):  # noqa: F811
    made = ask(case, note="Brot")
    act(officer, made.id, action="take")
    transfer.hand_over(TransferCase(office=SECOND_OFFICE[0]), reference=case.reference, actor=Actor.system("tests"))
    there = requests()[0]
    assert (there.state, there.owner_id, there.owner_name, there.note) == ("open", None, None, "Brot")
    assert db.session.scalars(select(Office.code).join(Case, Case.office_id == Office.id)).one() == SECOND_OFFICE[0]
    assert "Brot" not in page(officer, SUPPORT)
