"""Links to drafts, drafts without a login, and what goes from one to the other."""

import io
import uuid
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from auth.actors import Actor
from auth.retention import days_of
from auth.roles import HeldRole, Role
from config import scopes
from config.database import db, transaction
from notifications.models import Notification
from services import draft_keeping, erasure, offering, versions
from services.commands import ChangeOffer
from services.draft_models import DraftLink
from services.lifecycle import RequestStatus
from services.models import Attachment, ServiceRequest
from tests.factories import services as given
from tests.integration.services.filling_in import (
    PERSON,
    ask_for_link,
    count,
    mailed_link,
    main_form,
    post,
    press,
    send,
    soup,
    step,
    title,
    values_of,
)

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("made_up_services")]

REPORT = "/services/meldung/apply"


def test_a_report_needs_no_login_and_gives_reference_and_pin(app: Flask, client: FlaskClient) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    assert title(page) == "Kontakt"
    cookie = client.get_cookie("obhut_applying")
    assert cookie is not None
    assert cookie.http_only
    page = step(client, page)
    sent = send(client, page)
    shown = soup(client.get(sent.location))
    assert [one.get_text(strip=True) for one in shown.select(".kern-alert .kern-title")] == [
        "Ihre Meldung ist eingegangen."
    ]
    reference, pin = (one.get_text() for one in shown.select(".obhut-reference"))
    token = soup(client.get("/status")).select_one("[name=csrf_token]")["value"]  # type: ignore[index]
    found = client.post(
        "/status", data={"csrf_token": token, "reference": reference, "pin": pin}, follow_redirects=True
    )
    assert reference in soup(found).get_text()
    assert soup(app.test_client().get(sent.location), 404)
    with app.app_context(), scopes.within(scopes.system("tests")):
        request = db.session.scalars(select(ServiceRequest)).one()
        assert (request.applicant_id, request.status) == (None, RequestStatus.SUBMITTED)
        assert request.created_by.startswith("visitor:")


def test_a_draft_without_a_login_is_for_its_browser_alone(app: Flask, client: FlaskClient) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    where = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    other = app.test_client()
    step(other, soup(other.get(REPORT)), f_text="Die Bank ist kaputt.")
    assert "nicht hier" in soup(other.get(where), 404).get_text()
    assert count(app, ServiceRequest) == 2


def test_a_link_works_again_and_again_until_it_is_handed_in_and_then_says_so(app: Flask, client: FlaskClient) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    assert ask_for_link(client, page).status_code == 303
    link = mailed_link(app)
    elsewhere = app.test_client()
    for browser in (elsewhere, client, elsewhere, elsewhere):
        answer = browser.get(link)
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        opened = press(browser, soup(answer), "main form")
        page = soup(browser.get(browser.get(opened.location).location))
        assert title(page) == "Kontakt"
    page = step(elsewhere, page)
    assert "Die Laterne ist aus." in page.get_text()
    before = soup(client.get(link))
    sent = send(elsewhere, page)
    reference, pin = (one.get_text() for one in soup(elsewhere.get(sent.location)).select(".obhut-reference"))
    for over in (client.get(link), press(client, before, "main form")):
        assert over.headers["X-Robots-Tag"] == "noindex"
        shown = soup(over)
        assert title(shown) == "Diese Meldung ist abgeschickt"
        assert [one["href"] for one in shown.select("main .obhut-buttons a")] == ["/status", "/services/meldung/"]
        assert not any(secret in over.get_data(as_text=True) for secret in (reference, pin, "Laterne"))
    assert "nicht hier" in soup(client.get("/continue/none"), 404).get_text()


def test_the_link_to_what_an_account_has_handed_in_leads_to_its_requests(
    app: Flask, client: FlaskClient, login: Any
) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    where = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    ask_for_link(client, page)
    link = mailed_link(app)
    login(client, "resident")
    taken = press(client, soup(client.get(where)), "main form")
    sent = send(client, step(client, soup(client.get(client.get(taken.location).location))))
    over = app.test_client().get(link)
    assert [one["href"] for one in soup(over).select("main .obhut-buttons a")][:2] == ["/requests/", "/status"]
    assert sent.location.rpartition("/")[2] not in over.get_data(as_text=True)


def test_the_link_to_what_was_deleted_says_no_more_than_one_that_never_was(app: Flask, client: FlaskClient) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    ask_for_link(client, page)
    link = mailed_link(app)
    with app.app_context(), scopes.within(scopes.system("tests")), transaction():
        erasure.erase_requests(list(db.session.scalars(select(ServiceRequest.id))))
    assert count(app, DraftLink) == 0
    assert "nicht hier" in soup(client.get(link), 404).get_text()


@pytest.mark.parametrize(("setting", "days"), [({}, 7), ({"services.drafts": 3}, 3)])
def test_page_and_mail_promise_the_time_after_which_drafts_are_erased(
    app: Flask, client: FlaskClient, setting: dict[str, int], days: int
) -> None:
    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(retention=setting)
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    where = post(client, page, go="later").location
    assert f"{days} Tage " in soup(client.get(where)).get_text()
    ask_for_link(client, page)
    with app.app_context(), scopes.within(scopes.system("tests")):
        changed_at = db.session.scalars(select(ServiceRequest.changed_at)).one()
        ends = changed_at + timedelta(days=days)
        mail = db.session.scalars(select(Notification)).one()
        assert f"{ends.astimezone(ZoneInfo('Europe/Berlin')):%d.%m.%Y}" in (mail.body or "")
        drafts = draft_keeping.RECORD_TYPE
        due = [drafts.due(at, days_of(drafts), None, 10).items for at in (ends, ends + timedelta(seconds=1))]  # type: ignore[misc]
        assert [len(items) for items in due] == [0, 1]


def test_looking_at_a_link_brings_nothing_into_the_browser(app: Flask, client: FlaskClient) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    where = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    ask_for_link(client, page)
    elsewhere = app.test_client()
    elsewhere.get(mailed_link(app))
    assert elsewhere.get(where).status_code == 404
    assert client.get(where).status_code == 200


def test_the_first_link_still_leads_there_when_many_more_were_asked_for(app: Flask, client: FlaskClient) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    links = []
    for _ in range(6):
        ask_for_link(client, page)
        links.append(mailed_link(app))
    assert len(set(links)) == 6
    assert app.test_client().get(links[0]).status_code == 200


def test_five_large_files_go_along_with_one_step(app: Flask, client: FlaskClient) -> None:
    large = given.PDF.replace(b"trailer", b"%" + b"x" * 4_000_000 + b"\ntrailer")
    page = soup(client.get(REPORT))
    files = [FileStorage(io.BytesIO(large), f"seite-{number}.pdf") for number in range(5)]
    form = main_form(page)
    boundary, body = encode_multipart(values_of(form) | {"go": "next", "f_text": "Da.", "f_photo": files})
    answer = client.post(str(form["action"]), data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == 303, soup(answer, answer.status_code).select_one("main")
    assert count(app, Attachment) == 5


def test_two_links_never_mix_their_drafts(app: Flask, client: FlaskClient) -> None:
    links = []
    for text in ("Die Laterne ist aus.", "Die Bank ist kaputt."):
        page = step(client, soup(client.get(REPORT)), f_text=text)
        ask_for_link(client, page)
        links.append(mailed_link(app))
    elsewhere = app.test_client()
    places = [press(elsewhere, soup(elsewhere.get(link)), "main form").location for link in links]
    texts = [soup(elsewhere.get(f"{place}/what")).select_one("textarea").get_text() for place in places]  # type: ignore[union-attr]
    assert texts == ["Die Laterne ist aus.", "Die Bank ist kaputt."]


def test_with_a_login_the_link_leads_through_it(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    page = step(client, soup(client.get("/services/alles/apply")), **PERSON)
    ask_for_link(client, page)
    link = mailed_link(app)
    elsewhere = app.test_client()
    to_draft = elsewhere.get(link)
    assert elsewhere.get(to_draft.location).location.startswith("/auth/login?next=/services/alles/apply/")
    login(elsewhere, "resident2")
    assert elsewhere.get(elsewhere.get(link).location).status_code == 404
    login(elsewhere, "resident")
    assert elsewhere.get(elsewhere.get(link).location).location.endswith("/children")


def test_an_address_that_is_none_is_said_and_nothing_sent(app: Flask, client: FlaskClient) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    answer = ask_for_link(client, page, "nobody")
    assert soup(answer, 422).select_one("#email-error") is not None
    assert count(app, DraftLink) == count(app, Notification) == 0


def test_what_was_begun_before_the_login_goes_on_with_it(app: Flask, client: FlaskClient, login: Any) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    where = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    login(client, "resident")
    offer = soup(client.get(where))
    assert "bevor Sie sich angemeldet haben" in offer.get_text()
    taken = press(client, offer, "main form")
    page = soup(client.get(client.get(taken.location).location))
    assert title(page) == "Kontakt"
    assert "Entwurf" in soup(client.get("/requests/")).get_text()
    sent = send(client, step(client, page))
    assert "/requests/" in sent.location


def test_visitors_cannot_fill_the_house_up(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.extensions["obhut.settings"]
    monkeypatch.setitem(app.extensions, "obhut.settings", settings.model_copy(update={"limit_visitors": "2 per hour"}))
    answers = [post(client, soup(client.get(REPORT)), f_text="Laterne") for _ in range(3)]
    assert [one.status_code for one in answers] == [303, 303, 429]


def test_a_draft_outlasts_that_its_service_is_taken_out(app: Flask, client: FlaskClient) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    where = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    assert client.get(REPORT).status_code == 200
    with app.app_context():
        _offer(is_published=False, revision=0)
    for shown in (soup(client.get(where), 404), soup(post(client, page, f_email="wer@example.org"), 404)):
        assert title(shown) == "Diese Leistung wird zurzeit nicht angeboten"
        assert "bleibt als Entwurf erhalten" in shown.get_text()
    assert "wer@example.org" in shown.get_text(), "what was just typed can be copied"
    assert "nicht gefunden" in soup(client.get(REPORT), 404).get_text(), "nobody begins one"
    with app.app_context():
        _offer(is_published=True, revision=1)
    assert title(soup(client.get(where))) == "Kontakt"


def _offer(**values: Any) -> None:
    department = versions.described("meldung").department
    held = frozenset({HeldRole(Role.SERVICE_MANAGER, department_code=department)})
    manager = Actor.of("user", str(uuid.uuid4()), held, user_id=uuid.uuid4())
    with scopes.within(manager.scope), transaction():
        offering.change("meldung", ChangeOffer.model_validate(values), manager)
