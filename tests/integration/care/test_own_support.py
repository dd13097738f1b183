"""Asking for help with a login that is linked to the case, and seeing what became of it."""

import json
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth import holdings
from care.assessment_models import SymptomReport
from care.link_models import CaseLink
from care.support_models import SupportRequest
from tests.integration.care.test_own_cases import (  # noqa: F401 - fixtures
    case,
    code_in,
    enrol,
    letter,
    officer,
    post,
    redeem,
    resident,
    rows,
)

pytestmark = pytest.mark.one_database


@pytest.fixture
def own(officer: FlaskClient, resident: FlaskClient, case: str) -> str:  # noqa: F811
    """The address of the case that the resident has linked."""
    assert redeem(resident, code_in(letter(officer, case))).status_code == 303
    return f"/account/case/{case}/"


def ask(client: FlaskClient, own: str, **fields: Any) -> Any:
    return post(client, own, f"{own}answer", **fields)


def act(officer: FlaskClient, made: UUID, **fields: Any) -> None:  # noqa: F811
    assert post(officer, "/care/cases/new", f"/care/support/{made}", **fields).status_code == 303


def shown(client: FlaskClient, address: str) -> str:
    return client.get(address).get_data(as_text=True)


def test_what_became_of_it(app: Flask, officer: FlaskClient, resident: FlaskClient, own: str) -> None:  # noqa: F811
    assert ask(resident, own, only="support", support=["interpreter"], support_note="Farsi").status_code == 303
    made = rows(app, SupportRequest)[0]
    assert (made.source, made.state) == ("account", "open")
    assert not rows(app, SymptomReport)
    assert "Das Gesundheitsamt hat sie bekommen." in shown(resident, own)
    act(officer, made.id, action="take")
    assert "Jemand kümmert sich darum." in shown(resident, own)
    act(officer, made.id, action="decline", note="Am Montag ruft jemand auf Farsi an.")
    page = shown(resident, own)
    assert "Am Montag ruft jemand auf Farsi an." in page and "kann das nicht leisten" in page and "Farsi" in page


def test_beside_the_answer(app: Flask, resident: FlaskClient, own: str) -> None:  # noqa: F811
    assert ask(resident, own, feeling="no", support=["food"]).status_code == 303
    assert [one.kind for one in rows(app, SupportRequest)] == ["food"]
    assert len(rows(app, SymptomReport)) == 1


def test_nothing_chosen_is_asked_again(app: Flask, resident: FlaskClient, own: str) -> None:  # noqa: F811
    assert ask(resident, own, only="support", support_note="Brot").status_code == 422
    assert not rows(app, SupportRequest)


def test_nobody_asks_for_somebody_elses_case(app: Flask, resident: FlaskClient, own: str) -> None:  # noqa: F811
    other = enrol(app)
    asked = post(resident, own, f"/account/case/{other}/answer", only="support", support=["food"])
    assert asked.status_code == 404
    assert not rows(app, SupportRequest)


def test_the_copy_of_ones_own_data_has_it(app: Flask, resident: FlaskClient, own: str) -> None:  # noqa: F811
    ask(resident, own, only="support", support=["food"], support_note="Brot")
    user_id, reference = rows(app, CaseLink)[0].user_id, own.split("/")[3]
    with app.app_context():
        held = dict(file for one in holdings.holdings() for file in one.export(user_id))
    content = json.loads(held[f"{reference}/case.json"])
    assert content["support_requests"][0]["note"] == "Brot"
