"""Sending a draft: once, in the version on offer, and when the login is sure enough."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from auth.actors import Actor
from auth.models import Department
from config import clock, scopes
from config.database import db, transaction
from config.direct import Statement
from config.errors import RuleViolation
from config.localisation import today
from notifications.models import Notification
from services import definitions, drafts, filling, step_counts, submission_keys, versions, walk
from services.definitions import ServiceDefinition
from services.draft_commands import EnterStep, SendDraft
from services.filling import HandedIn, NotFinished
from services.form.fields import Text
from services.lifecycle import RequestStatus
from services.models import RequestEvent, ServiceRequest
from services.offer_models import ServiceState
from tests.factories import services as given
from tests.integration.services.filling_in import PERSON, errors, send, soup, step, through, title
from tests.support.at_work import at_work

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("made_up_services")]

NAME = {"given_name": "Jorinde", "family_name": "Ackerknecht", "email": "jorinde@ackerknecht.example"}


def entered(actor: Actor, key: str, name: str, answers: dict[str, Any], slug: str = "sicher") -> filling.Outcome:
    entry = filling.prepare(EnterStep(slug=slug, submission_key=key, step=name, answers=answers))
    with transaction():
        return filling.enter(entry, actor)


def finished(actor: Actor) -> str:
    """The key of a draft that only has to be sent."""
    key = submission_keys.new_key()
    assert entered(actor, key, "name", NAME).is_passed
    assert entered(actor, key, "why", {"reason": "Darum"}).is_passed
    return key


def sure(actor: Actor) -> Actor:
    return Actor.of("user", actor.id, actor.held, user_id=actor.user_id, assurance="substantial")


def test_a_hundred_at_once_make_one_request(app: Flask, database: Flask) -> None:
    resident = sure(given.resident())
    key = finished(resident)
    given.submitted(given.resident())  # what is loaded for the first of all is loaded by now
    start, receipts = threading.Barrier(20), []

    def post(number: int) -> None:
        if number < 20:
            start.wait()
        with at_work(app):
            with transaction():
                receipts.append(filling.send(SendDraft(slug="sicher", submission_key=key), resident))
            db.session.remove()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(post, range(100)))
    assert len(receipts) == 100
    assert len({one.reference for one in receipts}) == 1
    assert sum(one.is_new for one in receipts) == 1
    numbers = [db.session.scalar(select(func.count()).select_from(one)) for one in (ServiceRequest, RequestEvent)]
    assert numbers == [2, 2]
    assert db.session.scalar(select(func.count()).select_from(Notification)) == 2


def test_what_is_not_finished_is_not_sent(database: Flask) -> None:
    resident, key = sure(given.resident()), submission_keys.new_key()
    entered(resident, key, "name", NAME)
    with pytest.raises(NotFinished) as refused, transaction():
        filling.send(SendDraft(slug="sicher", submission_key=key), resident)
    assert refused.value.step == "why"
    entered(resident, key, "why", {"reason": "Darum"})
    with transaction():
        filling.send(SendDraft(slug="sicher", submission_key=key), resident)
    with pytest.raises(HandedIn):
        entered(resident, key, "why", {"reason": "Anders"})


def test_each_step_is_counted_once_for_each_draft(database: Flask) -> None:
    for _ in range(2):
        key = finished(given.resident())
    entered(given.resident(), submission_keys.new_key(), "name", {})
    entered(given.resident(), key, "name", NAME)
    found = {row[1]: row[2:] for row in step_counts.of_service("sicher", today())}
    assert found == {"name": (4, 3), "why": (3, 2)}


def changed(slug: str, version: int, **words: str) -> ServiceDefinition:
    """A newer version, with other titles of its steps."""
    plain = definitions.catalogue()[slug]
    steps = [
        one.model_copy(update={"title": Text(de=words[one.key])} if one.key in words else {}) for one in plain.steps
    ]
    content = plain.model_dump(mode="json", exclude_none=True)
    content |= {"version": version, "steps": [one.model_dump(mode="json", exclude_none=True) for one in steps]}
    return ServiceDefinition.model_validate(content)


def test_a_new_version_that_asks_the_same_goes_unnoticed(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    resident = sure(given.resident())
    key = finished(resident)
    newer = changed("sicher", 2)
    monkeypatch.setattr(versions, "catalogue", lambda: {"sicher": newer})
    with transaction():
        filling.send(SendDraft(slug="sicher", submission_key=key), resident)
    assert db.session.scalars(select(ServiceRequest)).one().service_version.version == 2


def test_a_draft_is_told_to_the_department_it_was_begun_for(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    resident = sure(given.resident())
    key = finished(resident)
    begun_for = definitions.catalogue()["sicher"].department
    with transaction():
        for code in (begun_for, "anderes"):
            db.session.add(Department(code=code, name=code, email=f"{code}@okerfeld.example"))
    newer = changed("sicher", 2).model_copy(update={"department": "anderes"})
    monkeypatch.setattr(versions, "catalogue", lambda: {"sicher": newer})
    with transaction():
        filling.send(SendDraft(slug="sicher", submission_key=key), resident)
    told = {one.recipient for one in db.session.scalars(select(Notification))}
    assert told == {NAME["email"], f"{begun_for}@okerfeld.example"}


def test_what_a_new_version_has_changed_is_to_be_looked_at(
    app: Flask, client: FlaskClient, login: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(client, "resident")
    page = step(client, soup(client.get("/services/sicher/apply")))
    page = step(client, page, f_reason="Darum")
    assert title(page) == "Prüfen und absenden"
    newer = changed("sicher", 2, why="Grund und Anlass")
    monkeypatch.setattr(versions, "catalogue", lambda: {"sicher": newer})
    late = send(client, page)
    assert late.location.endswith("/why")
    page = soup(client.get(late.location))
    assert title(page) == "Grund und Anlass"
    assert "hat sich geändert" in page.get_text()
    assert page.select_one("textarea").get_text() == "Darum"  # type: ignore[union-attr]
    assert errors(page) == []
    page = step(client, page)
    assert "/requests/" in send(client, page).location


def test_a_draft_that_was_begun_by_the_api_is_none_of_the_pages(database: Flask) -> None:
    resident = sure(given.resident())
    key = finished(resident)
    stranger = given.resident()
    assert drafts.find(stranger, "sicher", key) is None
    with scopes.within(stranger.scope):
        assert drafts.find(stranger, "sicher", key) is None


def test_somebody_else_cannot_take_a_draft_over(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    page = step(client, soup(client.get("/services/alles/apply")), **PERSON)
    action = str(page.select_one("form[data-apply]")["action"]).rsplit("/", 1)[0]  # type: ignore[index]
    stranger = login(app.test_client(), "resident2")
    token = soup(stranger.get("/services/alles/apply")).select_one("[name=csrf_token]")["value"]  # type: ignore[index]
    for place in ("to-take-over", "discard", "to-continue", "to-send"):
        answer = stranger.post(f"{action}/{place}", data={"csrf_token": token, "email": "a@example.org"})
        assert answer.status_code in (303, 404), place
    assert client.get(f"{action}/children").status_code == 200
    with app.app_context(), scopes.within(scopes.system("tests")):
        assert db.session.scalar(select(func.count()).select_from(Notification)) == 0


def test_what_the_form_s_schema_does_not_know_is_not_stored(
    app: Flask, client: FlaskClient, login: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the checks had a hole: page and program are told which answer it is, and nothing is handed in."""
    login(client, "resident")
    page = step(client, soup(client.get("/services/sicher/apply")))
    page = step(client, page, f_reason="Darum")
    right = walk.cleaned
    monkeypatch.setattr(walk, "cleaned", lambda *given, **more: right(*given, **more) | {"reason": ["Darum"]})
    shown = soup(send(client, page), 422)
    assert title(shown) == "Grund"
    assert errors(shown) == ["f_reason"]
    assert "Wir können diese Angabe so nicht speichern." in shown.get_text()
    handed_in = select(func.count()).select_from(ServiceRequest).where(ServiceRequest.submitted_at.is_not(None))
    with app.app_context(), scopes.within(scopes.system("test")):
        with pytest.raises(RuleViolation) as violation:
            answers = NAME | {"reason": "Darum"}
            given.submitted(sure(given.resident()), slug="sicher", answers=answers, uploads=())
        assert [one.field for one in violation.value.errors] == ["reason"]
        assert db.session.scalar(handed_in) == 0
    monkeypatch.undo()
    assert "/requests/" in send(client, page).location


def test_the_button_takes_five_statements(
    app: Flask, client: FlaskClient, login: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, statements = through(login(client, "resident")), []
    run = Statement.run

    def noted(self: Statement, *given: Any) -> Any:
        statements.append(self._sql.split()[0])
        return run(self, *given)

    monkeypatch.setattr(Statement, "run", noted)
    assert send(client, summary).status_code == 303
    with app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("SQLite's statements go SQLAlchemy's way")
    # who asks and what is offered; the draft; whether it has files; links to it; what changes and what follows
    assert statements == [b"SELECT", b"SELECT", b"SELECT", b"DELETE", b"WITH"]


def test_a_service_that_is_taken_off_meanwhile_takes_nothing_more(app: Flask, client: FlaskClient, login: Any) -> None:
    summary = through(login(client, "resident"))
    with app.app_context(), scopes.within(scopes.system("tests")), transaction():
        now = clock.now()
        db.session.add(ServiceState(slug="alles", is_published=False, changed_at=now, changed_by="tests"))
    assert send(client, summary).status_code == 404
    with app.app_context(), scopes.within(scopes.system("tests")):
        assert db.session.scalars(select(ServiceRequest.status)).one() is RequestStatus.DRAFT


def test_nobody_but_who_has_a_draft_gets_hold_of_it(database: Flask) -> None:
    resident, key = given.resident(), submission_keys.new_key()
    entered(resident, key, "name", NAME)
    reference = db.session.scalars(select(ServiceRequest.reference)).one()
    same_person = Actor.of("user", resident.id, resident.held, user_id=resident.user_id)
    others = [
        given.resident(), given.caseworker(), Actor.visitor("m" * 32), Actor.link(f"request:{reference}"),
        Actor.anonymous(), Actor.system("tests"), Actor.of("token", "another", resident.held),
    ]  # fmt: skip
    for actor in (same_person, *others):
        is_theirs = actor is same_person
        assert (drafts.find(actor, "sicher", key) is not None) is is_theirs, actor
        with transaction():
            assert (drafts.for_update(actor, "sicher", key) is not None) is is_theirs, actor
