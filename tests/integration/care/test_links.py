"""Secret links: looking changes nothing, whoever looks; dead ones all look alike; wrong dates lock."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select, text, update

from care import case_management, links
from care.assessment_models import CheckIn, SymptomReport
from care.commands import CloseCase
from care.link_models import AccessLink
from care.models import OfficeTask
from care.vocabulary import CloseReason, TaskKind
from config import clock, scopes
from config.database import Base, db, transaction
from config.ids import new_token
from tests.factories.care import OFFICER, local, new_case, report
from tests.integration.care.test_story import TODAY, bodies, link_in, tick

pytestmark = pytest.mark.one_database

FORM_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
RIGHT, WRONG = "17.05.1984", "18.05.1984"


@pytest.fixture
def case(care, time):
    return new_case()


@pytest.fixture
def question(case, time):
    """A living link to the question of the day."""
    time.at = local(TODAY, 12)
    tick()
    return link_in(bodies(case, "care.check_in")[0])


@pytest.fixture
def paper(case, time):
    """A living link to the certificate."""
    time.at = local(date(2026, 11, 15), 13)
    report(case)
    time.at = local(date(2026, 11, 16), 0)
    tick()
    return link_in(bodies(case, "care.released")[0])


def form_token(client) -> str:
    found = FORM_TOKEN.search(client.get("/status").get_data(as_text=True))
    assert found
    return found[1]


def send(client, token, **fields):
    return client.post(f"/c/{token}", data={"csrf_token": form_token(client), **fields})


def everything() -> dict[str, list[str]]:
    """All rows of all tables, but for the audit trail's queue."""
    db.session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if not table.name.startswith("audit_")]
    return {table.name: sorted(map(str, db.session.execute(select(table)))) for table in tables}


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is told, as the application writes it."""
    told: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        told.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_mail_scanners_change_nothing(client, question, time):
    before = everything()
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        for query in ("", "?feeling=no", "?feeling=yes&symptoms=fever&csrf_token=x", "?birth_date=17.05.1984"):
            for agent in ("Mozilla/5.0", "GoogleImageProxy", "Barracuda Sentinel (EE)"):
                answer = client.open(f"/c/{question}{query}", method=method, headers={"User-Agent": agent})
                assert answer.status_code == (200 if method in ("GET", "HEAD", "OPTIONS") else 405)
    for _ in range(50):
        client.head(f"/c/{question}")
    assert client.post(f"/c/{question}", data={"feeling": "no"}).status_code == 400  # without the page's token
    assert everything() == before
    assert send(client, question, feeling="no").status_code == 303


def test_scanners_do_not_spend_the_tries_of_a_paper(client, paper):
    before = everything()
    for _ in range(20):
        assert client.get(f"/c/{paper}?birth_date={WRONG}").status_code == 200
        assert client.head(f"/c/{paper}").status_code == 200
    assert everything() == before


def dead_links(case, time, client):
    """One dead link of each kind, made in one story; all of the length of a real one."""
    time.at = local(TODAY, 12)
    tick()
    answered = link_in(bodies(case, "care.check_in")[0])
    assert send(client, answered, feeling="no").status_code == 303
    time.at = local(date(2026, 11, 3), 12)
    tick()
    expired = link_in(bodies(case, "care.check_in")[1])
    time.at = local(date(2026, 11, 15), 12)
    tick()
    report(case)
    revoked = link_in(bodies(case, "care.check_in")[-1])
    time.at = local(date(2026, 11, 16), 0)
    tick()
    locked = link_in(bodies(case, "care.released")[0])
    for _ in range(5):
        send(client, locked, birth_date=WRONG)
    old = new_case(person={"given_name": "Rainer"}, last_exposure_on="2026-11-10")
    with transaction():
        db.session.execute(update(CheckIn).where(CheckIn.case_id == old.id).values(answered_at=None))
    return {"unknown": new_token(), "answered": answered, "expired": expired, "revoked": revoked, "locked": locked}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_dead_links_look_alike_and_cost_the_same(client, case, time, method):
    found = dead_links(case, time, client)
    data = {"feeling": "no", "birth_date": RIGHT, "csrf_token": form_token(client)}
    seen = {}
    for kind, token in found.items():
        db.session.rollback()
        db.session.expunge_all()
        with statements() as told:
            answer = client.open(f"/c/{token}", method=method, data=data if method == "POST" else None)
        body = answer.get_data(as_text=True)
        headers = {name: value for name, value in answer.headers if name not in ("Date", "Set-Cookie")}
        seen[kind] = (answer.status_code, len(body), body.replace(token, "TOKEN"), headers, told)
    assert seen["unknown"][0] == 404
    assert len([one for one in seen["unknown"][4] if "care_" in one]) == 3
    for kind, answer in seen.items():
        assert answer == seen["unknown"], kind


def test_thanks_tells_nothing_of_any_link(client, case, question):
    done = send(client, question, feeling="no")
    assert done.headers["Location"] == "/c/thanks"
    page = client.get("/c/thanks").get_data(as_text=True)
    assert case.reference not in page
    assert question not in page
    assert client.get(f"/c/{question}/thanks").status_code == 404


def test_links_of_a_closed_case_stay_dead(client, case, question):
    with transaction():
        case_management.close(
            CloseCase(reason=CloseReason.OTHER), case=case_management.locked_case(case.id), actor=OFFICER
        )
    assert client.get(f"/c/{question}").status_code == 404
    with transaction():
        case_management.reopen(case_management.locked_case(case.id), OFFICER)
    assert client.get(f"/c/{question}").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(SymptomReport)) == 0


def test_no_question_is_open_for_more_than_36_hours(care, time):
    for wish in ("morning", "afternoon", "evening", "unset", "0", "7", "23"):
        new_case(person={"contact_window": wish})
    for hours in range(48):
        time.at = local(TODAY, 9) + timedelta(hours=hours)
        tick()
    rows = db.session.scalars(select(CheckIn)).all()
    assert len(rows) >= 12
    assert all(timedelta(0) < row.expires_at - row.created_at <= timedelta(hours=36) for row in rows)


def test_five_wrong_dates_lock_the_paper_and_tell_staff(client, case, paper):
    for _ in range(4):
        assert send(client, paper, birth_date=WRONG).status_code == 422
    assert send(client, paper, birth_date=WRONG).status_code == 404
    assert send(client, paper, birth_date=RIGHT).status_code == 404
    kinds = db.session.scalars(select(OfficeTask.kind).where(OfficeTask.case_id == case.id)).all()
    assert kinds.count(TaskKind.LINK_LOCKED) == 1


def test_a_right_date_gives_the_tries_back(client, case, paper):
    for _ in range(4):
        send(client, paper, birth_date=WRONG)
    assert send(client, paper, birth_date=RIGHT).mimetype == "application/pdf"
    assert db.session.scalars(select(AccessLink.tries)).one() == 0


def test_the_paper_of_an_erased_person_is_gone(client, case, paper):
    with transaction():
        locked = case_management.locked_case(case.id)
        locked.person.destroy_key()
    db.session.expunge_all()
    assert client.get(f"/c/{paper}").status_code == 404


def test_a_link_opens_one_thing(client, case, question, time):
    assert links.look(question).paper is None
    assert send(client, question, birth_date=RIGHT).status_code == 422  # the question is asked again
    assert client.get(f"/verify/{question}").status_code == 404
    assert client.get("/api/v1/care/cases", headers={"Authorization": f"Bearer {question}"}).status_code == 401


def test_links_work_in_a_scope_of_their_own(app, client, question):
    scopes_seen = set()

    def note(connection, cursor, statement, parameters, context, executemany):
        if "care_check_in" in statement:
            scopes_seen.add(scopes.current_scope())

    event.listen(db.engine, "before_cursor_execute", note)
    client.get(f"/c/{question}")
    event.remove(db.engine, "before_cursor_execute", note)
    assert scopes_seen == {scopes.system("link")}
    assert clock.now()
    db.session.execute(text("SELECT 1"))
