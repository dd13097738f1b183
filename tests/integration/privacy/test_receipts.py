"""From when the time limits count, what they spare, what they leave behind, and what they announce."""

import csv
import io
import json

import pytest
from flask import g
from sqlalchemy import select, update

from auth import audit, holds, receipts, retention
from auth.models import AuditEvent, Office
from auth.privacy_models import RetentionReceipt
from auth.records import Record
from auth.retention import RUNNER
from care import asking, households, notes
from care.case_management import locked_case
from care.course_commands import JoinHousehold, WriteComment
from care.models import Case
from care.reassessing import reassess_due
from config import clock
from config.database import db, transaction
from tests.factories.care import OFFICER, new_case
from tests.factories.privacy import close, outcomes, rich_case, said

pytestmark = pytest.mark.one_database

URL = "/staff/privacy"


def join(member: Case, head: Case) -> None:
    with transaction():
        command = JoinHousehold(head=head.reference)
        households.move(command, case=households.locked_case(command, member.id), actor=OFFICER)


def test_the_last_change_of_a_closed_case_begins_its_time_anew(house, time):
    case = rich_case("Qwazel")
    close(case)
    time.forward(days=10)
    with transaction():
        notes.write(WriteComment(text="Rückruf"), case=locked_case(case.id), actor=OFFICER)
    time.forward(days=5)
    assert outcomes()["care.symptoms"].due == 0
    time.forward(days=9, minutes=1)
    assert outcomes()["care.symptoms"].erased == 1


def test_what_the_house_does_by_itself_is_no_change(house, time):
    case = new_case()
    touched = db.session.get_one(Case, case.id).touched_at
    time.forward(days=1, hours=6)
    while reassess_due() or asking.send_due():
        pass
    assert db.session.get_one(Case, case.id).touched_at == touched


@pytest.mark.parametrize("open_one", ["head", "member", "sibling"])
def test_nothing_of_a_household_goes_while_one_of_its_cases_is_open(house, time, open_one):
    head, member, sibling = (new_case() for _ in range(3))
    for one in (member, sibling):
        join(one, head)
    people = {"head": head, "member": member, "sibling": sibling}
    for name, one in people.items():
        if name != open_one:
            close(one)
    time.forward(days=300)
    assert outcomes()["care.symptoms"].due == 0
    assert outcomes()["care.cases"].due == 0
    close(people[open_one])
    time.forward(days=15)
    assert outcomes()["care.symptoms"].erased == 3


def test_open_cases_are_never_over(house, time):
    new_case(continuous_exposure=True)
    time.forward(days=4000)
    found = outcomes()
    assert [name for name in found if name.startswith("care.") and found[name].due] == []


def test_a_run_leaves_a_receipt_that_the_trail_vouches_for(house, time):
    began = clock.wall()
    case = rich_case("Qwazel")
    close(case)
    time.forward(days=15)
    clock.use(lambda: time.at + (clock.wall() - began))  # as in life, it goes on while things are written
    outcomes()
    receipt = db.session.scalars(select(RetentionReceipt).where(RetentionReceipt.record_type == "care.symptoms")).one()
    assert (receipt.subjects, receipt.number, receipt.owner) == (
        [f"case:{case.reference}"],
        1,
        f"office:{case.office_id}",
    )
    line = next(one for one in receipts.lines(RUNNER, receipt.run_id) if one.record_type == "care.symptoms")
    assert (line.reference, line.number, line.in_trail) == (case.reference, 1, True)
    told = json.dumps([row.facts for row in db.session.scalars(select(AuditEvent))], default=str)
    assert receipt.digest in told
    while audit.seal():
        pass
    with transaction():
        db.session.execute(update(RetentionReceipt).values(number=0))
    changed = next(one for one in receipts.lines(RUNNER, receipt.run_id) if one.record_type == "care.symptoms")
    assert not changed.in_trail
    assert said("Qwazelreport") == []


def test_a_dry_run_leaves_none(house, time):
    close(rich_case("Qwazel"))
    time.forward(days=15)
    assert [found for found, _ in retention.run(dry_run=True) if found.due]
    assert db.session.scalar(select(RetentionReceipt.id).limit(1)) is None


def of_the_officers(case: Case) -> Case:
    """Hand the case to the office of the sandbox's officers."""
    default = db.session.scalars(select(Office.id).where(Office.is_default, Office.code != "nord")).first()
    with transaction():
        locked = locked_case(case.id)
        locked.office_id = locked.person.office_id = default
    return case


@pytest.fixture
def closed(house, places, time) -> Case:
    found = of_the_officers(rich_case("Qwazel"))
    close(found)
    return found


def seen_by(client, login, account: str, path: str):
    for name in list(g):  # what the test's own context remembers of the request before
        g.pop(name)
    login(client, account)
    for name in list(g):
        g.pop(name)
    return client.get(f"{URL}/{path}")


def test_what_goes_next_is_shown_and_can_be_held(client, login, closed, time):
    time.forward(days=2)
    page = seen_by(client, login, "healthadmin", "upcoming").get_data(as_text=True)
    assert closed.reference in page and "16.11.2026" in page and "Qwazel" not in page
    assert f"/care/cases/{closed.reference}#hold" in page
    with transaction():
        holds.place(RUNNER, Record(f"case:{closed.reference}", f"office:{closed.office_id}", ""), "Klage")
    assert f"/care/cases/{closed.reference}#hold" not in client.get(f"{URL}/upcoming").get_data(as_text=True)
    assert seen_by(client, login, "officer", "upcoming").status_code == 403


def test_the_receipt_can_be_downloaded_by_the_office_it_is_of(client, login, closed, time):
    reference = closed.reference
    time.forward(days=15)
    outcomes()
    run_id = db.session.scalars(select(RetentionReceipt.run_id)).first()
    page = seen_by(client, login, "healthadmin", "receipts")
    assert f"{run_id}.csv" in page.get_data(as_text=True)
    answer = client.get(f"{URL}/receipts/{run_id}.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))
    row = next(one for one in rows if "care.symptoms" in one)
    assert reference in row and row[-1] in ("ja", "yes")
    assert client.get(f"{URL}/receipts/{closed.id}.csv").status_code == 404
    assert reference not in seen_by(client, login, "manager", f"receipts/{run_id}.csv").get_data(as_text=True)
