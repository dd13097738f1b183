"""Applying, one page a step: what is kept, what is refused, and where one may go."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config import clock
from config.database import db
from services.lifecycle import RequestStatus
from services.models import ServiceRequest
from tests.factories import services as given
from tests.integration.services.filling_in import (
    CHILD,
    MONEY,
    PERSON,
    PLACE,
    errors,
    papers,
    post,
    send,
    soup,
    step,
    through,
    title,
)

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("made_up_services")]

START = "/services/alles/apply"
GROUP = "obhut-summary__group"


@pytest.fixture
def resident(client: FlaskClient, login: Any) -> FlaskClient:
    return login(client, "resident")  # type: ignore[no-any-return]


def requests(app: Flask) -> list[ServiceRequest]:
    with app.app_context():
        from config import scopes

        with scopes.within(scopes.system("tests")):
            found = list(db.session.scalars(select(ServiceRequest).order_by(ServiceRequest.id)))
            for one in found:
                _ = one.answers, one.provenance, one.attachments
            return found


def test_from_the_first_step_to_the_request(app: Flask, resident: FlaskClient) -> None:
    page = soup(resident.get(START))
    assert "Schritt 1 von 5" in page.get_text()
    page = through(resident)
    assert title(page) == "Prüfen und absenden"
    text = page.get_text()
    assert "3.751,50 €" in text
    assert "DE89 3704 0044 0532 0130 00" in text
    assert "Montag, Mittwoch" in text
    sent = send(resident, page)
    assert sent.status_code == 303
    assert "/requests/" in sent.location
    request = requests(app)[0]
    assert request.status is RequestStatus.SUBMITTED
    assert request.answers is not None
    assert request.answers["child"] == [{"name": "Mio", "born": "2024-02-01"}]
    assert request.answers["sum"] == "3751.50"
    assert request.answers["agree"] == {"version": 3, "given": True}
    assert request.answers["spot"] == {"lat": 52.2646, "lon": 10.5236}
    assert "phone" not in request.answers


def test_a_step_that_is_not_wanted_is_left_out(resident: FlaskClient) -> None:
    page = step(resident, soup(resident.get(START)), **PERSON)
    page = step(resident, page, f_has_children="no")
    assert "Schritt 3 von 5" in page.get_text()
    page = step(resident, page, **MONEY | {"f_months": "12"})
    assert title(page) == "Unterlagen und Einwilligung"
    assert "Schritt 4 von 5" in page.get_text()


def test_nobody_gets_past_a_step_that_is_not_done(resident: FlaskClient) -> None:
    page = step(resident, soup(resident.get(START)), **PERSON)
    here = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    base = here.rsplit("/", 1)[0]
    for ahead in ("money", "end", "to-send", "none"):
        assert resident.get(f"{base}/{ahead}").location.endswith("/children")
    assert soup(resident.get(f"{base}/person")).select_one("[name=f_given_name]")["value"] == "Jorinde"  # type: ignore[index]
    assert resident.get(base).location.endswith("/children")


def test_correcting_one_field_keeps_the_other_errors(resident: FlaskClient) -> None:
    page = soup(resident.get(START))
    wrong = PERSON | {"f_email": "nobody", "f_born-day": "31", "f_born-month": "2", "f_address-postal_code": "3"}
    page = soup(post(resident, page, **wrong), 422)
    assert errors(page) == ["f_born-day", "f_address-postal_code", "f_email"]
    page = soup(post(resident, page, f_email="jorinde@ackerknecht.example"), 422)
    assert errors(page) == ["f_born-day", "f_address-postal_code"]
    assert page.select_one("#f_born-day")["value"] == "31"  # type: ignore[index]
    assert page.select_one("#f_address-street")["value"] == "Lindenweg"  # type: ignore[index]
    action = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    assert errors(soup(resident.get(action))) == ["f_born-day", "f_address-postal_code"], "also after a reload"
    page = step(resident, page, **{"f_born-day": "3", "f_address-postal_code": "38100"})
    assert title(page) == "Kinder"


def test_a_question_that_an_answer_brings_is_asked_without_an_error(resident: FlaskClient) -> None:
    page = soup(resident.get(START))
    box = page.select_one("[data-path=phone]")
    assert box is not None
    assert box.has_attr("hidden")
    page = soup(post(resident, page, **PERSON | {"f_sms": "y"}))
    assert errors(page) == []
    assert not page.select_one("[data-path=phone]").has_attr("hidden")  # type: ignore[union-attr]
    assert "weitere Fragen" in page.get_text()
    page = soup(post(resident, page, f_phone="12"), 422)
    assert errors(page) == ["f_phone"]
    assert title(step(resident, page, f_phone="0171 2345678")) == "Kinder"


def test_a_group_repeats_without_a_script(resident: FlaskClient) -> None:
    page = step(resident, soup(resident.get(START)), **PERSON)
    page = soup(post(resident, page, f_has_children="yes"))
    page = step(resident, page, go="add:child", **CHILD)
    assert page.select_one("#f_child-0-name")["value"] == "Mio"  # type: ignore[index]
    second = {"f_child-1-name": "Ida", "f_child-1-born-day": "3", "f_child-1-care": "yes"}
    proof = {"f_child-1-proof": [(io.BytesIO(given.PDF), "ida.pdf")]}
    page = step(resident, page, go="add:child", **second, **proof)
    assert len(page.select(".obhut-entry")) == 3
    assert page.select_one("button[value='add:child']") is None, "three is the most"
    page = step(resident, page, go="remove:child.0")
    assert [str(one["value"]) for one in page.select("[name$=-name]")] == ["Ida", ""]
    files = page.select_one("[data-path='child.0.proof'] .obhut-files")
    assert files is not None
    assert "ida.pdf" in files.get_text()
    page = step(resident, page, go="remove:child.1")
    page = soup(post(resident, page), 422)
    assert errors(page) == ["f_child-0-born-day", "f_child-0-place"]


def test_the_back_button_keeps_what_was_typed(resident: FlaskClient) -> None:
    page = step(resident, soup(resident.get(START)), **PERSON)
    page = step(resident, page, f_has_children="no")
    back = post(resident, page, go="back", f_rent="not a number")
    page = soup(resident.get(back.location))
    assert title(page) == "Kinder"
    page = step(resident, page)
    assert page.select_one("#f_rent")["value"] == "not a number"  # type: ignore[index]
    assert errors(page) == []


def test_a_refused_file_loses_nothing_else(app: Flask, resident: FlaskClient) -> None:
    page = soup(resident.get(START))
    for answers in (PERSON, CHILD, MONEY, PLACE):
        page = step(resident, page, **answers)
    both = [(io.BytesIO(given.PDF), "gut.pdf"), (io.BytesIO(b"<svg/>"), "bild.svg")]
    page = soup(post(resident, page, f_papers=both, f_remarks="Bitte bald"), 422)
    assert errors(page) == ["f_papers", "f_agree"]
    assert "bild.svg" in page.get_text()
    assert "gut.pdf" in page.select_one(".obhut-files").get_text()  # type: ignore[union-attr]
    assert page.select_one("#f_remarks").get_text() == "Bitte bald"  # type: ignore[union-attr]
    page = soup(post(resident, page, **papers("a.pdf", "b.pdf", "c.pdf")), 422)
    assert "„c.pdf“ wurde nicht hinzugefügt: höchstens 3 Dateien." in page.get_text()
    drop = next(str(one["value"]) for one in page.select("button[value^='drop:']"))
    page = step(resident, page, go=drop)
    assert [one.get_text().split()[0] for one in page.select(".obhut-files li > span")] == ["a.pdf", "b.pdf"]
    page = step(resident, page)
    assert title(page) == "Prüfen und absenden"
    assert send(resident, page).status_code == 303
    assert [one.field for one in requests(app)[0].attachments] == ["papers", "papers"]


def test_a_change_comes_back_to_the_summary(resident: FlaskClient) -> None:
    page = through(resident)
    change = next(str(one["href"]) for one in page.select("main a") if "/money?to=summary" in str(one["href"]))
    page = step(resident, soup(resident.get(change)), f_rent="100")
    assert title(page) == "Prüfen und absenden"
    assert "300,00 €" in page.get_text()
    change = next(str(one["href"]) for one in page.select("main a") if "/children?to=summary" in str(one["href"]))
    page = step(resident, soup(resident.get(change)), f_has_children="no")
    assert "Mio" not in page.get_text()


def test_the_request_says_for_a_minute_that_it_has_come_in(resident: FlaskClient) -> None:
    words, sent_at = "Ihr Antrag ist eingegangen.", clock.now()
    with clock.frozen(sent_at):
        address = send(resident, through(resident)).location
        assert words in soup(resident.get(address)).get_text()
    with clock.frozen(sent_at + timedelta(minutes=1)):
        assert words not in soup(resident.get(address)).get_text()


def test_after_sending_the_pages_lead_to_the_request(app: Flask, resident: FlaskClient) -> None:
    page = through(resident)
    form = page.select_one("form[action$='/to-send']")
    sent = send(resident, page)
    again = send(resident, page)
    assert again.location == sent.location
    base = str(form["action"]).rsplit("/", 1)[0]  # type: ignore[index]
    for where in (base, f"{base}/person", f"{base}/to-send"):
        assert resident.get(where).location == sent.location
    token = soup(resident.get("/services/alles/apply")).select_one("[name=csrf_token]")["value"]  # type: ignore[index]
    late = resident.post(f"{base}/person", data={"csrf_token": token, "f_given_name": "X"})
    assert late.location == sent.location
    assert len(requests(app)) == 1


def test_two_drafts_of_one_service_never_mix(app: Flask, resident: FlaskClient) -> None:
    first, second = soup(resident.get(START)), soup(resident.get(START))
    first = step(resident, first, **PERSON | {"f_given_name": "Erste"})
    second = step(resident, second, **PERSON | {"f_given_name": "Zweite"})
    step(resident, first, f_has_children="no")
    names = [one.answers["given_name"] for one in requests(app) if one.answers]
    assert names == ["Erste", "Zweite"]
    others = soup(resident.get(START)).select(".kern-alert a")
    assert len(others) == 2
    assert "f_given_name" in {str(one["name"]) for one in soup(resident.get(START)).select("input[name]")}


def test_looking_stores_nothing(app: Flask, resident: FlaskClient) -> None:
    resident.get(START)
    resident.get("/services/meldung/apply")
    assert requests(app) == []


def test_somebody_elses_draft_is_not_here(app: Flask, resident: FlaskClient, login: Any) -> None:
    page = step(resident, soup(resident.get(START)), **PERSON)
    where = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    stranger = login(app.test_client(), "resident2")
    assert "nicht hier" in soup(stranger.get(where), 404).get_text()
    answer = post(stranger, soup(stranger.get(START)) and page, f_has_children="no")
    assert answer.status_code == 400, "the form token is another's"


def test_a_draft_can_be_thrown_away(app: Flask, resident: FlaskClient) -> None:
    page = step(resident, soup(resident.get(START)), **PERSON)
    where = post(resident, page, go="later").location
    page = soup(resident.get(where))
    delete = page.select_one("form[action$='/discard']")
    assert delete is not None
    token = delete.select_one("[name=csrf_token]")["value"]  # type: ignore[index]
    assert resident.post(str(delete["action"]), data={"csrf_token": token}).status_code == 303
    assert requests(app) == []
    assert resident.get(where).status_code == 404


def test_the_summary_shows_what_lies_within_a_group_however_deep(client: FlaskClient) -> None:
    page = step(
        client,
        soup(client.get("/services/gruppen/apply")),
        **{
            "f_market-name": "Wochenmarkt",
            "f_market-stall-goods": "Honig",
            "f_market-stall-power-plug": "CEE",
            "f_market-stall-width": "3",
            "f_market-day": "Samstag",
        },
    )
    assert title(page) == "Prüfen und absenden"
    shown = {
        line.dt.get_text(): [group.find_previous_sibling().get_text() for group in line.find_parents(class_=GROUP)]
        for line in page.select(".obhut-summary dl > div")
    }
    assert shown == {
        "Name des Markts": ["Markt"],
        "Waren": ["Ihr Stand", "Markt"],
        "Stecker": ["Strom", "Ihr Stand", "Markt"],
        "Breite in Metern": ["Ihr Stand", "Markt"],
        "Markttag": ["Markt"],
        "E-Mail-Adresse": [],
    }
    headings = [(one.name, one.get_text()) for one in page.select(".obhut-summary :is(h3, h4, h5)")]
    assert headings == [("h3", "Markt"), ("h4", "Ihr Stand"), ("h5", "Strom")]
    assert all(one.name == "div" for line in page.select(".obhut-summary dl") for one in line.find_all(recursive=False))
