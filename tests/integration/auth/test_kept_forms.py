"""A form that comes when its login has run out is kept for the same person, and for nobody else."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from auth import kept_forms, tasks
from auth.kept_forms import Entries
from auth.models import KeptForm, User, UserSession
from config import clock
from config.database import db, transaction
from tests.factories.care import enrolment

pytestmark = pytest.mark.one_database

NEW_CASE = "/care/cases/new"
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
NOTE = 'Wohnt im Hinterhaus.\r\n"Zweimal" klingeln & <warten>'


def token_on(client: FlaskClient, path: str) -> str:
    found = FORM_TOKEN.search(client.get(path).get_data(as_text=True))
    assert found
    return found[1]


def run_out(app: Flask, ago: timedelta = timedelta(seconds=1)) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(UserSession).values(idle_until=clock.wall() - ago))


def kept(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(KeptForm)) or 0


def fields(**more: Any) -> dict[str, Any]:
    person = enrolment()["person"]
    return {f"person-{name}": value for name, value in person.items()} | {
        "kind": "contact", "protocol": "covid-19", "person-contact_window": "unset", "last_exposure_on": "2026-11-01",
        "note": NOTE,
    } | more  # fmt: skip


def send_late(app: Flask, client: FlaskClient, **more: Any) -> Any:
    token = token_on(client, NEW_CASE)
    run_out(app)
    return client.post(NEW_CASE, data=fields(csrf_token=token, **more))


def test_the_form_of_staff_survives(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    late = send_late(app, client)
    assert late.status_code == 303
    assert late.headers["Location"] == "/auth/login?next=/account/kept-form&staff=1"
    login(client, "officer")
    page = client.get("/account/kept-form")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "Sommerfeld" in text
    assert "&lt;warten&gt;" in text
    sent = client.post("/account/kept-form", data=fields(csrf_token=FORM_TOKEN.search(text)[1]))  # type: ignore[index]
    assert (sent.status_code, sent.headers["Location"]) == (307, NEW_CASE)
    assert kept(app) == 0
    token = token_on(client, NEW_CASE)
    assert client.post(NEW_CASE, data=fields(csrf_token=token)).status_code == 303
    assert client.get("/account/kept-form").status_code == 404


def test_what_is_kept_is_sealed_and_bound(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    send_late(app, client)
    with app.app_context():
        row = db.session.scalars(select(KeptForm)).one()
        assert b"Sommerfeld" not in row.content_sealed  # type: ignore[attr-defined]
        assert row.content["path"] == NEW_CASE  # type: ignore[index]
        assert ["note", NOTE] in row.content["fields"]  # type: ignore[index]
        assert not [name for name, _ in row.content["fields"] if name.endswith("csrf_token")]  # type: ignore[index]
        assert timedelta(minutes=29) < row.expires_at - clock.wall() <= timedelta(minutes=30)


def test_somebody_else_in_the_same_browser_sees_nothing(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    send_late(app, client)
    login(client, "officer2")
    page = client.get("/account/kept-form")
    assert page.status_code == 404
    assert "Sommerfeld" not in page.get_data(as_text=True)
    token = token_on(client, "/account/")
    assert client.post("/account/kept-form", data={"csrf_token": token}).headers["Location"] == "/account/kept-form"
    assert kept(app) == 1


def test_the_same_person_in_another_browser_sees_nothing(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    send_late(app, client)
    other = app.test_client()
    login(other, "officer")
    assert other.get("/account/kept-form").status_code == 404


def test_discarding(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    send_late(app, client)
    login(client, "officer")
    token = token_on(client, "/account/kept-form")
    assert client.post("/account/kept-form/discard", data={"csrf_token": token}).status_code == 303
    assert kept(app) == 0


def test_logged_in_again_in_another_tab_the_old_form_is_kept_too(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    old = token_on(client, NEW_CASE)
    run_out(app)
    late_cookie = client.get_cookie("obhut_session")
    assert late_cookie
    login(client, "officer")
    sent = client.post(NEW_CASE, data=fields(csrf_token=old))
    assert (sent.status_code, sent.headers["Location"]) == (303, "/account/kept-form")
    assert client.get("/account/kept-form").status_code == 200


def test_a_form_with_a_file_says_that_it_has_to_be_chosen_again(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    path = "/services/bewohnerparkausweis/apply"
    token = token_on(client, path)
    run_out(app)
    photo = (io.BytesIO(b"\x89PNG"), "bild.png")
    late = client.post(path, data={"csrf_token": token, "f_licence_plate": "BS-OB 2026", "f_registration": photo})
    assert late.headers["Location"] == "/auth/login?next=/account/kept-form"
    login(client, "resident")
    text = client.get("/account/kept-form").get_data(as_text=True)
    assert "BS-OB 2026" in text
    assert "bild.png" not in text
    assert "Bitte wählen Sie Ihre Dateien noch einmal aus" in text


@pytest.mark.parametrize("planted", ["", "none", "another", "foreign", "tampered"])
def test_nobody_can_plant_a_form(app: Flask, client: FlaskClient, login: Any, planted: str) -> None:
    stranger = app.test_client()
    login(stranger, "officer2")
    foreign = token_on(stranger, NEW_CASE)
    login(client, "officer")
    own = token_on(client, NEW_CASE)
    run_out(app)
    visitor = app.test_client()
    tokens = {
        "": "", "none": None, "foreign": foreign, "tampered": own[:-2] + "xx", "another": token_on(visitor, "/status"),
    }  # fmt: skip
    data = fields() if tokens[planted] is None else fields(csrf_token=tokens[planted])
    assert client.post(NEW_CASE, data=data).status_code == 400
    assert kept(app) == 0


def test_after_an_hour_after_logout_and_without_the_cookie_nothing_is_kept(
    app: Flask, client: FlaskClient, login: Any
) -> None:
    login(client, "officer")
    token = token_on(client, NEW_CASE)
    run_out(app, timedelta(hours=1))
    assert client.post(NEW_CASE, data=fields(csrf_token=token)).status_code == 400
    login(client, "officer")
    token = token_on(client, NEW_CASE)
    assert client.post("/auth/logout", data={"csrf_token": token}).status_code == 303
    assert client.post(NEW_CASE, data=fields(csrf_token=token)).status_code == 400
    login(client, "officer")
    token = token_on(client, NEW_CASE)
    run_out(app)
    assert app.test_client().post(NEW_CASE, data=fields(csrf_token=token)).status_code == 400
    assert kept(app) == 0


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/session", "/account/sessions/end-others"])
def test_never_for_the_login_itself(app: Flask, client: FlaskClient, login: Any, path: str) -> None:
    login(client, "officer")
    token = token_on(client, NEW_CASE)
    run_out(app)
    client.post(path, data={"csrf_token": token, "a": "b"})
    assert kept(app) == 0


@pytest.mark.parametrize("more", [{"note": "x" * kept_forms.MOST_BYTES}, {f"n{n}": "" for n in range(1001)}])
def test_too_much_is_not_kept(app: Flask, client: FlaskClient, login: Any, more: dict[str, str]) -> None:
    login(client, "officer")
    assert send_late(app, client, **more).status_code == 400
    assert kept(app) == 0


def test_few_are_kept_and_not_for_long(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    for _ in range(kept_forms.MOST_PER_USER + 3):
        with app.app_context(), transaction():
            user_id = db.session.scalars(select(User.id)).one()
            kept_forms.keep(Entries("/requests/", (("a", "b"),)), user_id)
    assert kept(app) == kept_forms.MOST_PER_USER
    with app.app_context(), transaction():
        db.session.execute(update(KeptForm).values(expires_at=clock.wall()))
    with app.app_context():
        tasks.tidy()
    assert kept(app) == 0


def test_a_page_can_ask_how_long_the_login_lasts(app: Flask, client: FlaskClient, login: Any) -> None:
    assert client.get("/auth/session").json == {"ends_in_s": 0}
    login(client, "officer")
    token = token_on(client, NEW_CASE)
    past = clock.wall() - timedelta(minutes=14)
    with app.app_context(), transaction():
        db.session.execute(update(UserSession).values(seen_at=past, idle_until=past + timedelta(minutes=15)))
    asked = [client.get("/auth/session").json or {} for _ in range(2)]
    assert all(50 <= one["ends_in_s"] <= 60 for one in asked)
    assert client.post("/auth/session").status_code == 400
    stayed = client.post("/auth/session", headers={"X-CSRFToken": token}).json or {}
    assert 890 <= stayed["ends_in_s"] <= 900
    assert stayed["of"] == asked[0]["of"]
    run_out(app)
    assert client.get("/auth/session").json == {"ends_in_s": 0}
