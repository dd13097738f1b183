"""Whose word an answer is, and registers that are asked when the applicant wants it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.actors import Actor
from config import scopes
from config.database import db
from config.errors import N_
from services import definitions, prefill_sources, versions
from services.definitions import ServiceDefinition
from services.models import ServiceRequest
from tests.integration.services.filling_in import all_through, post, send, soup, step
from tests.support import more_services

pytestmark = pytest.mark.one_database

START = "/services/sicher/apply"


class Register:
    """Knows why somebody applies."""

    name, title, consent, version = "proofs", N_("Status"), N_("Reference"), 4
    asked = 0

    def read(self, actor: Actor) -> Mapping[str, Any]:
        assert actor.user_id is not None
        type(self).asked += 1
        return {"reason": "Laut Bescheinigung vom 3. Juni"}


@pytest.fixture(autouse=True)
def _more_services(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    more_services.put_there()
    plain = definitions.catalogue()["sicher"]
    content = plain.model_dump(mode="json", exclude_none=True) | {"assurance_for": {}}
    content["steps"][1]["fields"][0]["prefill"] = "proofs.reason"
    changed = ServiceDefinition.model_validate(content)
    monkeypatch.setattr(versions, "catalogue", lambda: {"sicher": changed})
    monkeypatch.setattr(prefill_sources, "_sources", {"proofs": Register()})
    Register.asked = 0
    yield
    more_services.take_away()


def stored(app: Flask) -> ServiceRequest:
    with app.app_context(), scopes.within(scopes.system("tests")):
        found = db.session.scalars(select(ServiceRequest)).one()
        _ = found.provenance, found.progress, found.answers
        return found


def test_each_answer_keeps_whose_word_it_is(app: Flask, client: FlaskClient, login: Any, bearer: Any) -> None:
    login(client, "resident", given_name="Ottokar", family_name="Grünspecht", email="ottokar@example.org")
    page = soup(client.get(START))
    box = page.select_one("[data-path=given_name]")
    assert "aus Ihrer Anmeldung" in box.get_text()  # type: ignore[union-attr]
    sent = all_through(client, START, f_family_name="Specht", f_reason="Darum")
    request = stored(app)
    assert request.provenance == {
        "answers": {
            "given_name": {"source": "login", "claim": "given_name", "trust": "substantial"},
            "family_name": {"source": "typed"},
            "email": {"source": "login", "claim": "email", "trust": "substantial"},
        },
        "consents": [],
    }
    assert request.progress is None
    reference = sent.location.partition("?")[0].rsplit("/", 1)[-1]
    worker = login(app.test_client(), "caseworker")
    entries = soup(worker.get(f"/staff/requests/{reference}")).get_text()
    assert "aus der Anmeldung" in entries
    assert "von der Person geändert" in entries
    shown = client.get(f"/api/v1/requests/{reference}", headers=bearer("caseworker")).get_json()
    assert shown["provenance"]["family_name"] == {"source": "typed"}


def test_a_register_is_asked_only_with_consent(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    page = step(client, soup(client.get(START)))
    assert Register.asked == 0
    assert page.select_one("button[value='take:proofs']") is not None
    page = step(client, page, go="take:proofs")
    assert Register.asked == 1
    assert page.select_one("textarea").get_text() == "Laut Bescheinigung vom 3. Juni"  # type: ignore[union-attr]
    assert page.select_one("button[value='take:proofs']") is None
    send(client, step(client, page))
    kept = stored(app).provenance or {}
    assert kept["answers"]["reason"] == {"source": "proofs", "claim": "reason"}
    (consent,) = kept["consents"]
    assert (consent["source"], consent["version"]) == ("proofs", 4)


def test_what_does_not_belong_to_the_form_is_not_asked(client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    page = step(client, soup(client.get(START)))
    assert post(client, page, go="take:other").status_code == 404
    assert Register.asked == 0
