"""A browser without JavaScript that fills forms in, step by step."""

import io
import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from config import scopes
from config.database import db
from notifications.models import Notification
from tests.factories import services as given

LINK = re.compile(r"http://localhost(/continue/[\w-]+)")

PERSON = {
    "f_given_name": "Jorinde",
    "f_family_name": "Ackerknecht",
    "f_born-day": "17",
    "f_born-month": "5",
    "f_born-year": "1984",
    "f_address-street": "Lindenweg",
    "f_address-house_number": "4a",
    "f_address-postal_code": "38999",
    "f_address-city": "Okerfeld",
    "f_email": "jorinde@ackerknecht.example",
    "f_sms": None,
}
CHILD = {
    "f_has_children": "yes",
    "f_child-0-name": "Mio",
    "f_child-0-born-day": "1",
    "f_child-0-born-month": "2",
    "f_child-0-born-year": "2024",
}
MONEY = {"f_rent": "1.250,50", "f_months": "3", "f_iban": "DE89 3704 0044 0532 0130 00"}
PLACE = {"f_spot-lat": "52,2646", "f_spot-lon": "10,5236", "f_colour": "red", "f_days": ["mo", "we"], "f_at": "14:30"}

PERMIT = {
    "f_given_name": "Jorinde",
    "f_family_name": "Ackerknecht",
    "f_address-street": "Lindenweg",
    "f_address-house_number": "4a",
    "f_address-postal_code": "38999",
    "f_address-city": "Okerfeld",
    "f_email": "jorinde@ackerknecht.example",
    "f_licence_plate": "BS-AB 123",
    "f_holder": "self",
    "f_zone": "B",
    "f_valid_months": "12",
    "f_consent": "y",
}
"""The answers to the parking permit, without the file."""


def papers(*names: str) -> dict[str, Any]:
    return {"f_papers": [(io.BytesIO(given.PDF), name) for name in names or ("nachweis.pdf",)], "f_agree": "y"}


def soup(response: TestResponse, status: int = 200) -> BeautifulSoup:
    assert response.status_code == status, (response.status_code, response.get_data(as_text=True)[:3000])
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def main_form(page: BeautifulSoup) -> Tag:
    """The form of a step or of the summary."""
    found = page.select_one("main form[data-apply], main form[action$='/to-send']")
    assert found is not None, page.get_text()[:2000]
    return found


def values_of(form: Tag) -> dict[str, Any]:
    """What a browser would send of this form as it stands, buttons aside."""
    sent: dict[str, Any] = {}
    for one in form.select("input[name], select[name], textarea[name]"):
        name, kind = str(one["name"]), one.get("type")
        is_off = kind in ("checkbox", "radio") and not one.has_attr("checked")
        if one.has_attr("disabled") or kind == "file" or is_off:
            continue
        if one.name == "select":
            chosen = one.select_one("option[selected]")
            value = str(chosen["value"]) if chosen else ""
        else:
            value = one.get_text() if one.name == "textarea" else str(one.get("value", ""))
        sent.setdefault(name, []).append(value)
    return sent


def post(client: FlaskClient, page: BeautifulSoup, go: str = "next", **changes: Any) -> TestResponse:
    """Press the button `go` of the form on `page` after these changes; None takes an entry away.

    A file may be given as its bytes and its name, and is then sent anew on each page that asks for it.
    """
    form = main_form(page)
    given_files = {name: one for name, one in changes.items() if isinstance(one, tuple) and isinstance(one[0], bytes)}
    files = {name: (io.BytesIO(content), file_name) for name, (content, file_name) in given_files.items()}
    data = values_of(form) | {"go": go} | changes | files
    return client.post(str(form["action"]), data={name: value for name, value in data.items() if value is not None})


def step(client: FlaskClient, page: BeautifulSoup, **changes: Any) -> BeautifulSoup:
    """Fill the step on `page` in, with the questions that come by it, and go on; the page that follows."""
    answer = post(client, page, **changes)
    if answer.status_code == 200:
        answer = post(client, soup(answer), **changes)
    assert answer.status_code == 303, soup(answer, answer.status_code).select_one("#errors, .kern-alert, main")
    return soup(client.get(answer.location))


def last_address(client: FlaskClient, start: str, **answers: Any) -> str | TestResponse:
    """Fill every step of the form at `start` in with those of these answers that it asks for.

    The address of the summary, or the answer that complains.
    """
    page = soup(client.get(start))
    while True:
        asked = {name: value for name, value in answers.items() if page.select_one(f"[name='{name}']")}
        answer = post(client, page, **asked)
        if answer.status_code == 422:
            return answer
        if answer.status_code == 303 and answer.location.endswith("/to-send"):
            return answer.location
        page = soup(answer if answer.status_code == 200 else client.get(answer.location))


def all_through(client: FlaskClient, start: str, **answers: Any) -> TestResponse:
    """The same, and send it; the answer to that, or the one that complains."""
    summary = last_address(client, start, **answers)
    return send(client, soup(client.get(summary))) if isinstance(summary, str) else summary


def send(client: FlaskClient, page: BeautifulSoup) -> TestResponse:
    """Press the button of the summary."""
    form = main_form(page)
    return client.post(str(form["action"]), data=values_of(form))


def through(client: FlaskClient, slug: str = "alles") -> BeautifulSoup:
    """All steps of the made-up application; the summary."""
    page = soup(client.get(f"/services/{slug}/apply"))
    for answers in (PERSON, CHILD, MONEY, PLACE, papers()):
        page = step(client, page, **answers)
    return page


def title(page: BeautifulSoup) -> str:
    found = page.select_one("h1")
    assert found is not None
    return found.get_text().strip()


def errors(page: BeautifulSoup) -> list[str]:
    """The targets of the list of errors."""
    return [str(one["href"]).removeprefix("#") for one in page.select("#errors a")]


def count(app: Flask, model: type) -> int:
    """How many rows there are."""
    with app.app_context(), scopes.within(scopes.system("tests")):
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def mailed_link(app: Flask) -> str:
    with app.app_context(), scopes.within(scopes.system("tests")):
        mail = db.session.scalars(select(Notification).order_by(Notification.id.desc())).first()
        assert mail is not None
        assert "Jorinde" not in (mail.body or "")
        found = LINK.search(mail.body or "")
    assert found, mail.body
    return found[1]


def ask_for_link(client: FlaskClient, page: Any, email: str = "jorinde@ackerknecht.example") -> Any:
    """Press "save and continue later", and have the link sent."""
    where = post(client, page, go="later").location
    form = soup(client.get(where)).select_one("form[action$='/to-continue']")
    assert form is not None
    token = str(form.select_one("[name=csrf_token]")["value"])  # type: ignore[index]
    return client.post(str(form["action"]), data={"csrf_token": token, "email": email})


def press(client: FlaskClient, page: Any, selector: str) -> Any:
    """Press the button of a form that has nothing but its token."""
    form = page.select_one(selector)
    assert form is not None, page.get_text()
    return client.post(str(form["action"]), data={"csrf_token": str(form.select_one("[name=csrf_token]")["value"])})
