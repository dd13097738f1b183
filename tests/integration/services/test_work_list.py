"""The work list: each filter beside the same question asked of the rows one by one; pages, tabs, many at once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.actors import Actor
from auth.models import Department
from config import clock, scopes
from config.database import db, transaction
from config.errors import RuleViolation
from services import answers_due, queries, triage, view_keeping, work_list
from services.deadlines import Urgency, urgency
from services.lifecycle import OPEN, Action, RequestStatus
from services.models import ServiceRequest
from services.triage import Kind, Triage
from services.work_filters import ListRequests, View
from services.work_models import WorkView
from tests.factories import services as given
from tests.integration.services.filling_in import PERMIT
from tests.integration.services.test_pages import csrf, page
from tests.support.query_plans import plan_of

TODAY = date(2026, 11, 26)


@pytest.fixture
def worker(database: Any) -> Actor:
    """A caseworker of two departments in which a dozen requests lie, each in another state."""
    actor = given.caseworker(given.DEPARTMENT, "tiefbau", name="Ada Amsel")
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice"))
        db.session.add(Department(code="tiefbau", name="Tiefbau"))
    for number in range(6):
        with clock.frozen(datetime(2026, 11, 3 + number, 9, 0, tzinfo=UTC)):
            paper = number % 3 == 0
            how = {"source": "paper", "received_on": date(2026, 11, 2)} if paper else {}
            code = "38999" if number % 2 else "38100"
            address = {"street": "Lindenweg", "house_number": "4", "postal_code": code, "city": "Okerfeld"}
            resident = given.resident()
            said = given.answers(address=address)
            reference = given.submitted(actor if paper else resident, answers=said, **how).reference
            if number > 0:
                given.acted(reference, Action.TAKE, actor)
            if number == 2:
                given.acted(reference, Action.ASK, actor, "Wann?")
                given.acted(reference, Action.ANSWER, resident, "Bald.")
            if number == 3:
                given.acted(reference, Action.ASK, actor, "Wo?")
            if number == 4:
                given.acted(reference, Action.PRIORITISE, actor)
                with scopes.within(actor.scope):
                    given.acted(reference, Action.HAND_ON, actor, "Ihre Straße.", to="tiefbau")
            if number == 5:
                given.acted(reference, Action.APPROVE, actor)
    given.submitted(given.resident())  # of today
    return actor


def _is_running(one: ServiceRequest) -> bool:
    return one.status in OPEN - {RequestStatus.NEEDS_INFORMATION}


def _light(one: ServiceRequest) -> Urgency:
    assert one.due_on is not None
    return urgency(one.due_on, TODAY)


MEANINGS: list[tuple[dict[str, Any], Callable[[ServiceRequest, Actor], bool]]] = [
    ({}, lambda one, _: one.status in OPEN),
    ({"status": "any"}, lambda one, _: True),
    ({"status": "done"}, lambda one, _: one.status not in OPEN),
    ({"status": "submitted"}, lambda one, _: one.status is RequestStatus.SUBMITTED),
    ({"status": "any", "assigned_to": "me"}, lambda one, actor: one.assignee_id == actor.user_id),
    ({"assigned_to": "nobody"}, lambda one, _: one.status in OPEN and one.assignee_id is None),
    ({"due": "overdue"}, lambda one, _: _is_running(one) and _light(one) is Urgency.OVERDUE),
    ({"due": "soon"}, lambda one, _: _is_running(one) and _light(one) is Urgency.SOON),
    ({"due": "on_time"}, lambda one, _: _is_running(one) and _light(one) is Urgency.ON_TIME),
    ({"news": True}, lambda one, _: one.status in OPEN and one.news_at is not None),
    ({"unanswered": True}, lambda one, _: answers_due.is_late(one, TODAY)),
    ({"unanswered": False, "status": "any"}, lambda one, _: not answers_due.is_late(one, TODAY)),
    ({"unanswered": True, "due": "overdue"}, lambda one, _: False),
    ({"urgent": False}, lambda one, _: one.status in OPEN and not one.is_priority),
    ({"proposed": True}, lambda one, _: one.proposed_by is not None),
    ({"nearby": False, "status": "any"}, lambda one, _: one.nearby == 0),
    ({"status": "any", "source": "paper"}, lambda one, _: one.source == "paper"),
    ({"status": "any", "department": "tiefbau"}, lambda one, _: one.department_code == "tiefbau"),
    ({"service": given.SLUG}, lambda one, _: one.status in OPEN),
    ({"service": "none"}, lambda one, _: False),
    ({"status": "any", "postal_code": "38100"}, lambda one, _: _postal(one) == "38100"),
    ({"status": "any", "received_to": "2026-11-02"}, lambda one, _: one.received_on == date(2026, 11, 2)),
    ({"status": "any", "received_from": "2026-11-05"}, lambda one, _: (one.received_on or TODAY) >= date(2026, 11, 5)),
    ({"status": "any", "due_to": "2026-11-24"}, lambda one, _: (one.due_on or TODAY) <= date(2026, 11, 24)),
]


def _postal(one: ServiceRequest) -> str:
    return str((one.contact or {})["address"]["postal_code"])


def test_each_filter_means_what_it_says(worker: Actor) -> None:
    everything = list(db.session.scalars(queries.work_of(worker)))
    assert len(everything) == 7
    for wanted, fits in MEANINGS:
        expected = {one.reference for one in everything if fits(one, worker)}
        command = ListRequests.model_validate(wanted)
        found = {one.reference for one in work_list.work_list(worker, command, TODAY).items}
        assert found == expected, wanted
        assert work_list.count_up_to(worker, command, TODAY) == len(expected), wanted


def test_a_question_is_late_from_the_day_after_the_one_that_was_set(worker: Actor) -> None:
    (asked,) = work_list.work_list(worker, ListRequests(status=RequestStatus.NEEDS_INFORMATION), TODAY).items
    assert asked.answer_due_on is not None
    for day, late in ((asked.answer_due_on, []), (asked.answer_due_on + timedelta(days=1), [asked])):
        for sort in ("due", "latest"):
            assert work_list.work_list(worker, ListRequests(unanswered=True, sort=sort), day).items == late


def test_pages_follow_each_other_both_ways(worker: Actor) -> None:
    for sort in ("due", "latest"):
        whole = work_list.work_list(worker, ListRequests(status="any", sort=sort), TODAY)
        shown, after = [], None
        for _ in range(4):
            part = work_list.work_list(worker, ListRequests(status="any", sort=sort, limit=2, after=after), TODAY)
            shown += [one.reference for one in part.items]
            after = part.next
        assert after is None
        assert shown == [one.reference for one in whole.items]
        days = [one.due_on for one in whole.items]
        assert days == sorted(days, reverse=sort == "latest")  # type: ignore[type-var]


def test_a_reference_is_found_by_its_beginning_and_only_in_ones_departments(worker: Actor) -> None:
    one = work_list.work_list(worker, ListRequests(status="done"), TODAY).items[0]
    for beginning in (one.reference, one.reference[:5].lower()):
        found = work_list.work_list(worker, ListRequests(q=beginning), TODAY).items
        assert one.reference in [row.reference for row in found]
    assert not work_list.work_list(given.caseworker("elsewhere"), ListRequests(q=one.reference), TODAY).items
    assert work_list.counts(given.caseworker("elsewhere"), TODAY)[View.OPEN] == 0


def test_tabs_count_what_they_hold_up_to_a_limit(worker: Actor) -> None:
    counts = work_list.counts(worker, TODAY)
    assert (counts[View.OPEN], counts[View.DONE], counts[View.WAITING], counts[View.NEWS]) == (6, 1, 1, 1)
    assert work_list.count_up_to(worker, ListRequests(status="any"), TODAY, 3) == 4


def test_what_is_unread_urgent_or_not_answered_is_counted_from_an_index_of_its_own(worker: Actor) -> None:
    for wanted, index in (
        ({"status": "any", "news": "1"}, "news"),
        ({"status": "open", "urgent": "1"}, "urgent"),
        ({"status": "open", "unanswered": "1"}, "asked"),
    ):
        number = work_list._count(worker, ListRequests.model_validate(wanted), TODAY)
        plan = plan_of(select(number))
        assert f"ix_service_request_{index}" in plan and "_received_on" not in plan, plan


def test_many_at_once_are_looked_at_first_and_done_one_by_one(worker: Actor) -> None:
    everything = work_list.work_list(worker, ListRequests(status="any"), TODAY).items
    rows = tuple(f"{one.reference}~{one.revision}" for one in everything)
    command = Triage(kind=Kind.ASK, rows=rows, message="Wie geht es?", only_possible=True)
    possible = {one.reference for one in triage.preview(command, worker) if one.error is None}
    assert possible == {one.reference for one in everything if one.status is RequestStatus.IN_REVIEW}
    with pytest.raises(RuleViolation):
        triage.carry_out(command.model_copy(update={"message": ""}), worker)
    outcomes = triage.carry_out(command, worker)
    assert {one.reference for one in outcomes if one.error is None} == possible
    again = triage.carry_out(command.model_copy(update={"kind": Kind.PRIORITISE}), worker)
    assert {one.reference for one in again if one.error is None}.isdisjoint(possible)  # looked at before the question


def test_all_or_none_leaves_everything_as_it_was(worker: Actor) -> None:
    before = {one.reference: one.status for one in db.session.scalars(queries.work_of(worker))}
    outcomes = triage.carry_out(Triage(kind=Kind.TAKE, rows=tuple(before)), worker)
    assert all(one.error is not None for one in outcomes)
    assert {one.reference: one.status for one in db.session.scalars(queries.work_of(worker))} == before
    fresh = tuple(one for one, status in before.items() if status is RequestStatus.SUBMITTED)
    assert all(one.error is None for one in triage.carry_out(Triage(kind=Kind.TAKE, rows=fresh), worker))


def test_a_caseworkers_day(app: Any, client: FlaskClient, login: Any) -> None:
    """The pages, one after the other: filter, view, note, text, decide; enter, letter; many; mail room."""
    login(client, "caseworker")
    entry = f"/staff/requests/new/{given.SLUG}"
    assert "Bewohnerparkausweis" in page(client.get("/staff/requests/new/")).get_text()
    filled = {name: value for name, value in PERMIT.items() if name not in ("f_email", "f_consent")}  # not on paper
    token = csrf(client, entry) | {"submission_key": "a-key-of-the-paper-form-1"}
    missing = client.post(entry, data=token | filled | {"source": "paper"})
    shown = page(missing, 422)
    assert shown.select_one("#received_on-error") is not None
    assert shown.select_one("#f_family_name")["value"] == "Ackerknecht"  # type: ignore[index]
    day = clock.today(ZoneInfo("Europe/Berlin")).isoformat()
    sent = client.post(entry, data=token | filled | {"source": "paper", "received_on": day})
    assert sent.status_code == 303
    desk = sent.location
    reference = desk.rsplit("/", 1)[-1]
    letter = client.get(f"{desk}/letter.pdf")
    assert letter.data.startswith(b"%PDF-")

    listed = page(client.get("/staff/requests/?status=open&source=paper&received_from=today"))
    assert reference in listed.get_text()
    assert "Erhalten" not in listed.get_text() or listed.select(".obhut-chip")
    assert page(client.get("/staff/requests/?view=new", follow_redirects=True)).select_one("[aria-current=page]")
    views = "/staff/requests/views/"
    saved = client.post(views, data=csrf(client, views) | {"name": "Papier", "status": "open", "source": "paper"})
    assert saved.status_code == 303
    assert "Papier" in page(client.get(views)).get_text()

    assert client.post(f"{desk}/notes", data=csrf(client, desk) | {"text": "Frau A. ruft noch an."}).status_code == 303
    assert client.post(desk, data=csrf(client, desk) | {"action": "take"}).status_code == 303
    stale = client.post(desk, data=csrf(client, desk) | {"action": "ask", "message": "Seit wann?", "revision": "1"})
    assert "Seit wann?" in page(stale, 409).select_one("#ask-message").get_text()  # type: ignore[union-attr]
    typed = csrf(client, desk) | {"text": "not_in_zone", "message": "Zur Sache:"}
    inserted = page(client.post(f"{desk}/text", data=typed)).select_one("#decide-message")
    assert inserted is not None
    assert "Zur Sache:" in inserted.get_text()
    assert "Lindenweg 4a" in inserted.get_text()
    decided = client.post(desk, data=csrf(client, desk) | {"action": "reject", "message": "Nein.", "way": "post"})
    assert decided.status_code == 303

    mail = page(client.get("/staff/requests/mail/"))
    box = mail.select_one("input[name=letter]")
    assert box is not None
    posted = csrf(client, "/staff/requests/mail/") | {"letter": str(box["value"]), "day": day}
    assert client.post("/staff/requests/mail/", data=posted).status_code == 303
    shown = page(client.get(desk))
    assert "Frau A. ruft noch an." in shown.get_text()
    assert "Bekannt gegeben am" in shown.get_text()

    chosen = csrf(client, "/staff/requests/") | {"kind": "close", "row": reference}
    preview = page(client.post("/staff/requests/triage", data=chosen))
    mark = preview.select_one("input[name=row]")
    assert mark is not None
    done = client.post("/staff/requests/triage/run", data=chosen | {"row": str(mark["value"])})
    assert "erledigt" in page(done).get_text()
    filtered = page(client.get("/staff/requests/?status=done")).select_one("#bulk-form")
    assert filtered is not None
    nothing = client.post(str(filtered["action"]), data=csrf(client, desk))
    assert (nothing.status_code, nothing.location) == (303, "/staff/requests/?status=done")


def test_a_page_on_which_nothing_is_left_gives_way_to_the_first(app: Any, client: FlaskClient, login: Any) -> None:
    login(client, "caseworker")
    past = client.get("/staff/requests/?status=open&sort=due&after=2199-01-01~ZZZZZZZZ")
    assert past.status_code == 302
    assert "after" not in past.location and "sort=due" in past.location


def test_saved_views_go_a_year_after_their_last_change_and_with_their_owner(database: object) -> None:
    def kept(owner: str, changed: datetime) -> WorkView:
        with transaction():
            row = WorkView(
                department_code=given.DEPARTMENT, owner_id=owner, wanted={}, created_at=changed, changed_at=changed
            )
            row.name = "Frau Qwazel"
            db.session.add(row)
        return row

    now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    old, own = kept("one", now - timedelta(days=366)), kept("two", now)
    views = view_keeping.TYPES[0]
    assert views.due is not None and views.erase is not None
    with transaction():
        page = views.due(now, views.days, None, 10)
        assert [one.id for one in page.items] == [old.id]
        assert views.erase(page.items, given.caseworker()) == 1
    with transaction():
        view_keeping.forget("one")
    assert db.session.scalars(select(WorkView.id)).all() == [own.id]
    with transaction():
        view_keeping.forget("two")
    assert db.session.scalars(select(WorkView.id)).all() == []


WRONG: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("ask", "ask-message", {}),
    ("write", "write-message", {}),
    ("reject", "decide-message", {}),
    ("approve", "decide-way", {"way": "pigeon"}),
    ("hand_on", "hand-on-message", {"to": "tiefbau"}),
    ("hand_on", "hand-on-to", {"to": "nowhere", "message": "Bitte übernehmen."}),
    ("assign", "assign-to", {"to": "someone"}),
)


def test_a_complaint_leads_to_the_field_of_its_act_and_stands_beside_it(
    app: Any, client: FlaskClient, login: Any
) -> None:
    login(client, "caseworker")
    with app.app_context():
        with transaction():
            db.session.add(Department(code="tiefbau", name="Tiefbau"))
        reference = given.submitted(given.resident()).reference
    desk = f"/staff/requests/{reference}"
    client.post(desk, data=csrf(client, desk) | {"action": "take"})
    token = csrf(client, desk)
    for act, field, typed in WRONG:
        answer = client.post(desk, data=token | {"action": act} | typed)
        assert answer.status_code == 422, act
        shown = page(answer, 422)
        assert [link["href"] for link in shown.select("#errors a")] == [f"#{field}"], act
        beside = shown.select_one(f"#{field}")
        assert beside is not None, f"{act}: the link leads nowhere"
        assert shown.select(f"#{field}-error"), f"{act}: what is wrong stands at the field"
        assert f"{field}-error" in str(beside["aria-describedby"])
        assert all(box.has_attr("open") for box in beside.find_parents("details")), act
