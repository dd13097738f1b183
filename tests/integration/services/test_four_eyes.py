"""Four eyes: who is told that something is proposed, sent back or dropped, and where a second person finds it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.actors import Actor
from auth.holdings import holdings
from auth.models import Department, RoleGrant
from auth.roles import Role
from config import clock, scopes
from config.database import db, transaction
from notifications.models import Notification
from services import keeping, queries, rights, timeline, work_list, work_pages
from services.lifecycle import Action, Party
from services.work_filters import ListRequests, View
from tests.factories import people, services as given
from tests.integration.services.test_pages import page
from tests.support.query_plans import plan_of

pytestmark = pytest.mark.usefixtures("database")
MAILBOX, OWN = "parken@okerfeld.example", "ada.amsel@okerfeld.example"


@pytest.fixture(autouse=True)
def four_eyes(database: Flask) -> Iterator[None]:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice", email=MAILBOX))
        db.session.add(Department(code="tiefbau", name="Tiefbau"))
    with given.defined(four_eyes=True):
        yield


@pytest.fixture
def ada() -> Actor:
    user_id = people.somebody("Ada Amsel", email=OWN).id
    people.grant("Ada Amsel", Role.CASEWORKER, given.DEPARTMENT)
    return given.caseworker(name="Ada Amsel", user_id=user_id)


@pytest.fixture
def bo() -> Actor:
    user_id = people.somebody("Bo Buche", (f"caseworker:{given.DEPARTMENT}",)).id
    return given.caseworker(name="Bo Buche", user_id=user_id)


def proposed(by: Actor, applicant: Actor | None = None) -> str:
    reference = given.submitted(applicant or given.resident()).reference
    given.acted(reference, Action.TAKE, by)
    given.acted(reference, Action.PROPOSE_REJECT, by, "Die Zone von Frau Qwazel passt nicht.")
    return reference


def told(template: str, reference: str) -> list[Notification]:
    wanted = select(Notification).where(
        Notification.template == f"services.{template}", Notification.about == reference
    )
    return list(db.session.scalars(wanted.order_by(Notification.id)))


def today() -> Any:
    return clock.today(ZoneInfo("Europe/Berlin"))


def test_the_department_is_told_that_a_proposal_waits(ada: Actor) -> None:
    reference = proposed(ada)
    (mail,) = told("proposed", reference)
    assert mail.recipient == MAILBOX
    assert reference in (mail.body or "") and "Qwazel" not in f"{mail.subject} {mail.body}"


def test_who_proposed_is_told_that_it_was_sent_back(ada: Actor, bo: Actor) -> None:
    reference = proposed(ada)
    given.acted(reference, Action.SEND_BACK, bo, "Frau Qwazel wohnt doch dort.")
    (mail,) = told("proposal_sent_back", reference)
    assert mail.recipient == OWN
    assert reference in (mail.body or "") and "Qwazel" not in f"{mail.subject} {mail.body}"
    given.acted(reference, Action.PROPOSE_APPROVE, ada, "Stimmt.")
    given.acted(reference, Action.SEND_BACK, ada, "Ich sehe noch einmal nach.")
    assert len(told("proposal_sent_back", reference)) == 1, "what one takes back oneself is no news"


def test_who_cannot_be_reached_is_told_by_the_departments_mailbox(ada: Actor, bo: Actor) -> None:
    without_address = proposed(bo)
    given.acted(without_address, Action.SEND_BACK, ada, "Noch einmal, bitte.")
    gone = proposed(ada)
    with transaction():
        db.session.execute(RoleGrant.__table__.update().values(revoked_at=clock.wall()))
    given.acted(gone, Action.SEND_BACK, bo, "Noch einmal, bitte.")
    for reference in (without_address, gone):
        assert [mail.recipient for mail in told("proposal_sent_back", reference)] == [MAILBOX]


def test_who_proposed_is_told_that_it_was_dropped(ada: Actor, bo: Actor) -> None:
    resident = given.resident()
    asked, own, withdrawn, moved = proposed(ada), proposed(ada), proposed(ada, resident), proposed(ada)
    given.acted(asked, Action.ASK, bo, "Seit wann?")
    given.acted(own, Action.ASK, ada, "Seit wann?")
    with scopes.within(resident.scope):
        given.acted(withdrawn, Action.WITHDRAW, resident)
    with scopes.within(bo.scope):
        given.acted(moved, Action.HAND_ON, bo, "Ihre Straße.", to="tiefbau")
    for reference, recipients in ((asked, [OWN]), (own, []), (withdrawn, [OWN]), (moved, [])):
        assert [mail.recipient for mail in told("proposal_dropped", reference)] == recipients
        assert not told("proposal_sent_back", reference)
    (mail,) = told("proposal_handed_on", f"department:{given.DEPARTMENT}")
    assert mail.recipient == OWN and moved in (mail.body or "")
    assert "/staff/" not in (mail.body or ""), "it can no longer be opened"
    assert mail.owner == f"department:{given.DEPARTMENT}", "the other department does not see her address"


def test_what_else_ends_a_proposal_is_no_news_to_the_department(ada: Actor, bo: Actor) -> None:
    resident = given.resident()
    asked, withdrawn, moved = proposed(bo), proposed(bo, resident), proposed(bo)
    given.acted(asked, Action.ASK, ada, "Seit wann?")
    with scopes.within(resident.scope):
        given.acted(withdrawn, Action.WITHDRAW, resident)
    with scopes.within(ada.scope):
        given.acted(moved, Action.HAND_ON, ada, "Ihre Straße.", to="tiefbau")
    assert len(told("withdrawn", withdrawn)) == 1
    for template in ("proposal_dropped", "proposal_handed_on"):
        for about in (asked, withdrawn, moved, f"department:{given.DEPARTMENT}"):
            assert not told(template, about)


def test_the_copy_of_ones_own_data_tells_nothing_of_a_proposal(ada: Actor, bo: Actor) -> None:
    resident = given.resident(people.somebody("Ilka Sommerfeld").id)
    reference = proposed(ada, resident)
    given.acted(reference, Action.SEND_BACK, bo, "Frau Qwazel wohnt doch dort.")
    assert resident.user_id is not None
    copy = {name: data.decode() for one in holdings() for name, data in one.export(resident.user_id)}
    said = "".join(copy.values())
    assert "request.submitted" in copy["deeds.json"] and "services.submitted" in copy[f"{reference}/messages.json"]
    assert not [word for word in ("propos", "send_back", "sent_back", MAILBOX, OWN, "Qwazel") if word in said]
    archived = dict(keeping.files_of_request(queries.get(ada, reference).id))
    assert b"services.proposed" in archived["messages.json"], "the archive keeps what the office said"


def test_a_second_person_finds_what_they_can_confirm(ada: Actor, bo: Actor) -> None:
    theirs, of_bo, of_bo_as_resident = proposed(ada), proposed(bo), proposed(ada, given.resident(bo.user_id))
    plain = given.submitted(given.resident()).reference
    program = Actor.of("token", "t", bo.held)

    def found(actor: Actor, *, to_confirm: bool) -> set[str]:
        wanted = ListRequests(to_confirm=to_confirm)
        rows = work_list.work_list(actor, wanted, today()).items
        assert work_list.count_up_to(actor, wanted, today()) == len(rows)
        return {one.reference for one in rows}

    assert found(bo, to_confirm=True) == {theirs}
    assert found(ada, to_confirm=True) == {of_bo}
    assert found(program, to_confirm=True) == set()
    assert found(bo, to_confirm=False) == {of_bo, of_bo_as_resident, plain}
    for actor, reference, can in ((bo, theirs, True), (ada, theirs, False), (bo, of_bo_as_resident, False)):
        request = queries.get(actor, reference)
        assert (Action.REJECT in rights.possible(request, actor)) is can
    (row,) = work_pages.rows(ada, [queries.get(ada, theirs)], today())
    assert row.is_proposed and row.is_own_proposal
    assert work_list.counts(bo, today())[View.TO_CONFIRM] == 1


def test_what_can_be_confirmed_is_read_from_an_index_of_its_own(bo: Actor) -> None:
    number = work_list._count(bo, ListRequests(to_confirm=True), today())
    plan = plan_of(select(number))
    assert "ix_service_request_proposed" in plan, plan


def test_the_tab_is_there_when_it_holds_something(app: Flask, client: FlaskClient, login: Any, ada: Actor) -> None:
    login(client, "caseworker", roles=[f"caseworker:{given.DEPARTMENT}"])
    address = "/staff/requests/?status=open&to_confirm=1"

    def tabs(url: str) -> list[str]:
        return [link["href"] for link in page(client.get(url)).select("nav a[href*='/staff/requests/?']")]

    assert address not in tabs("/staff/requests/?status=open")
    assert address in tabs(address), "the tab on which one is"
    with clock.frozen(datetime(2026, 11, 26, 9, 0, tzinfo=UTC)):
        reference = proposed(ada)
    assert address in tabs("/staff/requests/?status=open")
    listed = page(client.get(address)).get_text()
    assert reference in listed and "Zweite Person nötig" in listed


def test_the_timeline_of_staff_says_what_dropped_a_proposal_and_who_did_it(ada: Actor, bo: Actor) -> None:
    resident = given.resident()
    reference = proposed(ada, resident)
    given.acted(reference, Action.SEND_BACK, bo, "Noch einmal, bitte.")
    given.acted(reference, Action.PROPOSE_APPROVE, ada, "Doch.")
    given.acted(reference, Action.WRITE, bo, "Wir sind dran.")
    assert not dropped(ada, reference), "what was sent back has its own entry, and a message drops nothing"
    given.acted(reference, Action.ASK, bo, "Seit wann?")
    given.acted(reference, Action.ANSWER, resident, "Seit Mai.")
    given.acted(reference, Action.PROPOSE_APPROVE, ada, "Jetzt aber.")
    with scopes.within(resident.scope):
        given.acted(reference, Action.WITHDRAW, resident)
    by_withdrawing, by_asking = dropped(ada, reference)
    assert (by_asking["by"], by_withdrawing["by"]) == ("Bo Buche", "Antragstellende Person")
    assert "Frage der Behörde" in by_asking["text"] and "zurückgezogen" in by_withdrawing["text"]
    entries = timeline.of(queries.get(ada, reference), Party.CASEWORKER)
    place = entries.index(by_asking)
    assert entries[place + 1]["title"] == "Frage der Behörde"
    assert entries[place + 1]["at"] == by_asking["at"]
    assert not dropped(resident, reference, Party.APPLICANT)


def test_what_is_confirmed_was_not_dropped(ada: Actor, bo: Actor) -> None:
    reference = proposed(ada)
    given.acted(reference, Action.REJECT, bo)
    given.acted(reference, Action.CLOSE, bo)
    assert not dropped(ada, reference)


def dropped(actor: Actor, reference: str, party: Party = Party.CASEWORKER) -> list[dict[str, Any]]:
    return [one for one in timeline.of(queries.get(actor, reference), party) if one["title"] == "Vorschlag hinfällig"]
