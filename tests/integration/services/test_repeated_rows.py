"""A form with rows that repeat, in a browser: what they are called, and one that is left empty."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config import scopes
from config.database import db
from services.models import ServiceRequest
from tests.integration.services.filling_in import post, send, soup, step

pytestmark = pytest.mark.one_database

START = "/services/hundesteuer/apply"
DOG = {
    "f_dogs-0-name": "Bolle",
    "f_dogs-0-breed": "Mischling",
    "f_dogs-0-sex": "male",
    "f_dogs-0-born_on-day": "1",
    "f_dogs-0-born_on-month": "8",
    "f_dogs-0-born_on-year": "2026",
    "f_dogs-0-kept_since-day": "10",
    "f_dogs-0-kept_since-month": "10",
    "f_dogs-0-kept_since-year": "2026",
}
PERSON = {
    "f_birth_date-day": "17",
    "f_birth_date-month": "5",
    "f_birth_date-year": "1984",
    "f_address-street": "Lindenweg",
    "f_address-house_number": "4a",
    "f_address-postal_code": "38999",
    "f_address-city": "Okerfeld",
}
FILLED_IN = "Was wir aus Ihrer Anmeldung wissen, haben wir eingetragen"


def text_of(page: BeautifulSoup) -> str:
    return re.sub(r"\s+", " ", page.get_text(" "))


def test_an_empty_row_is_no_dog(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    first = soup(client.get(START))
    assert "Hund 1" in text_of(first) and "Hunde 1" not in text_of(first)
    page = soup(client.get(post(client, first, go="add:dogs", **DOG).location))
    assert "Hund 2" in text_of(page)
    page = step(client, page)
    page = step(client, page, f_relief="none")
    page = step(client, page, f_debit="no")
    page = step(client, page, **PERSON)
    said = text_of(page)
    assert "Hund 1" in said and "Hund 2" not in said and "Anzahl der Hunde 1" in said
    assert send(client, page).status_code == 303
    with app.app_context(), scopes.within(scopes.system("tests")):
        answers = db.session.scalars(select(ServiceRequest)).one().answers
        assert answers is not None
        assert answers["number_of_dogs"] == len(answers["dogs"]) == 1


def test_what_the_login_has_filled_in_is_said_where_it_stands(client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    page = soup(client.get(START))
    assert FILLED_IN not in text_of(page)
    for answers in (DOG, {"f_relief": "none"}, {"f_debit": "no"}):
        page = step(client, page, **answers)
    assert page.select_one("[data-path=given_name]") and FILLED_IN in text_of(page)


def test_the_list_of_mistakes_names_the_entry(client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    page = soup(client.get(START))
    page = soup(client.get(post(client, page, go="add:dogs", **DOG).location))
    refused = soup(post(client, page, **{"f_dogs-1-name": "Wuff", "f_dogs-1-breed": "Dackel"}), 422)
    listed = [" ".join(link.get_text().split()) for link in refused.select("#errors a")]
    assert listed and all(one.startswith("Hund 2: ") for one in listed), listed
    first = refused.select_one("#errors a")
    assert first is not None and refused.select_one(str(first["href"])) is not None
