"""A service's page offers what it is and what one needs in Leichte Sprache, marked as such for screen readers."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.services.test_pages import page

pytestmark = pytest.mark.one_database


def test_the_page_of_a_service_has_it(app: Flask, client: FlaskClient) -> None:
    shown = page(client.get("/services/hundesteuer/")).select_one("details [lang=de-x-ls]")
    assert shown is not None
    text = shown.get_text()
    assert "Hund anmelden" in text and "Das brauchen Sie:" in text
