"""Confirming a login: who is asked, how the provider is asked, what counts when somebody comes back."""

import io
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from auth.models import AuditEvent, RoleGrant, User, UserSession
from auth.policies import demand_fresh_login, public, require
from auth.roles import Permission
from config.database import db
from tests.factories.services import PDF
from tests.fakes.hostile_provider import HostileProvider
from tests.fixtures.providers import come_back, log_in, sent_out
from tests.integration.services.filling_in import last_address, send, soup

pytestmark = pytest.mark.one_database

COOKIE = "obhut_session"
OLD = 3600
STAFF = "/auth/login?staff=1"


def ago(seconds: int) -> int:
    return int(time.time()) - seconds


def make(make_app: Callable[..., Flask], provider: HostileProvider, **changes: Any) -> Flask:
    app = make_app(oidc_issuer=provider.issuer, oidc_staff_issuer=provider.issuer, **changes)
    app.config["WTF_CSRF_ENABLED"] = False
    exports = Blueprint("exports_of_tests", __name__)

    @exports.get("/care/export-of-tests")
    @require(Permission.CASES_EXPORT)
    def export() -> str:
        return "the export"

    @exports.get("/own-export-of-tests")
    @require(Permission.ACCOUNT_OWN, step_up=True)
    def own() -> str:
        return "mine"

    @exports.get("/visitors-of-tests")
    @public
    def visitors() -> str:
        demand_fresh_login()
        return "open"

    app.register_blueprint(exports)
    return app


@pytest.fixture
def app(make_app: Callable[..., Flask], provider: HostileProvider) -> Flask:
    return make(make_app, provider)


@pytest.fixture
def admin(client: FlaskClient, provider: HostileProvider) -> FlaskClient:
    """An administrator who logged in an hour ago."""
    return log_in(client, provider, STAFF, roles=["administrator"], auth_time=ago(OLD))


@pytest.fixture
def grant(provider: HostileProvider) -> dict[str, str]:
    """The form that gives somebody a role."""
    return {"issuer": provider.issuer, "subject": "new", "role": "auditor", "office": "", "department": ""}


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    assert found
    return str(found.value)


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def actions(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def confirm(client: FlaskClient, provider: HostileProvider, answer: Any) -> dict[str, list[str]]:
    """Follow the page's or the redirect's way to the provider; what the provider is asked."""
    where = answer.headers.get("Location") or _link(answer.get_data(as_text=True))
    return sent_out(client, provider, where)


def _link(page: str) -> str:
    return "/auth/step-up?" + page.split('href="/auth/step-up?', 1)[1].split('"', 1)[0].replace("&amp;", "&")


def test_a_role_is_granted_only_after_a_fresh_login(
    app: Flask, admin: FlaskClient, provider: HostileProvider, grant: dict[str, str]
) -> None:
    before = cookie(admin)
    headers = {"Referer": "http://localhost/admin/grants/new"}
    refused = admin.post("/admin/grants/new", data=grant, headers=headers)
    assert refused.status_code == 403
    assert "Bitte bestätigen Sie Ihre Anmeldung" in refused.get_data(as_text=True)
    assert count(app, RoleGrant) == 0
    asked = confirm(admin, provider, refused)
    assert (asked["max_age"], asked["prompt"]) == (["600"], ["login"])
    assert "acr_values" not in asked
    provider.claims["auth_time"] = ago(0)
    back = come_back(admin, asked["state"][0])
    assert (back.status_code, back.headers["Location"]) == (302, "/account/kept-form?confirmed=1")
    page = admin.get(back.headers["Location"]).get_data(as_text=True)
    assert "Sie haben Ihre Anmeldung bestätigt" in page
    assert grant["issuer"] in page
    sent = admin.post("/account/kept-form", data=grant)
    assert (sent.status_code, sent.headers["Location"]) == (307, "/admin/grants/new")
    assert cookie(admin) != before
    assert count(app, UserSession) == 1
    assert actions(app)[:2] == ["login.completed", "login.stepped_up"]
    assert admin.post("/admin/grants/new", data=grant).status_code == 303
    assert count(app, RoleGrant) == 1
    old = app.test_client()
    old.set_cookie(COOKIE, before)
    assert old.get("/admin/").status_code == 302


def test_reading_needs_no_confirmation(admin: FlaskClient) -> None:
    assert admin.get("/admin/").status_code == 200
    assert admin.get("/admin/grants/new").status_code == 200


@pytest.mark.parametrize("path", ["/admin/grants/{id}/revoke", "/admin/tokens/{id}/revoke"])
def test_of_an_address_without_a_page_the_way_back_is_where_one_came_from(
    admin: FlaskClient, provider: HostileProvider, path: str
) -> None:
    where = path.format(id="01890000-0000-7000-8000-000000000000")
    answer = admin.post(where, headers={"Referer": "http://localhost/admin/"})
    assert answer.status_code == 403
    assert "next=/admin/&amp;" in answer.get_data(as_text=True)
    elsewhere = admin.post(where, headers={"Referer": "https://evil.example/admin/"})
    assert "next" not in _link(elsewhere.get_data(as_text=True))


def test_an_export_goes_on_by_itself(client: FlaskClient, provider: HostileProvider, places: None) -> None:
    log_in(client, provider, STAFF, roles=["health_admin"], auth_time=ago(OLD))
    first = client.get("/care/export-of-tests?a=b")
    assert first.status_code == 302
    asked = confirm(client, provider, first)
    provider.claims["auth_time"] = ago(1)
    back = come_back(client, asked["state"][0])
    assert back.headers["Location"] == "/care/export-of-tests?a=b"
    assert client.get(back.headers["Location"]).get_data(as_text=True) == "the export"


def test_the_very_first_page_of_a_login_asks_as_well(client: FlaskClient, provider: HostileProvider) -> None:
    asked = sent_out(client, provider, "/auth/login?next=/own-export-of-tests")
    provider.claims["auth_time"] = ago(OLD)
    back = come_back(client, asked["state"][0])
    assert client.get(back.headers["Location"]).headers["Location"].startswith("/auth/step-up?")


def test_what_is_open_in_another_tab_can_still_be_sent(
    app: Flask, client: FlaskClient, provider: HostileProvider, places: None, grant: dict[str, str]
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    log_in(client, provider, STAFF, roles=["administrator", "health_admin"], auth_time=ago(OLD))
    open_form = client.get("/admin/grants/new").get_data(as_text=True)
    token = open_form.partition('name="csrf_token" value="')[2].partition('"')[0]
    asked = confirm(client, provider, client.get("/care/export-of-tests"))
    provider.claims["auth_time"] = ago(0)
    come_back(client, asked["state"][0])
    assert client.post("/admin/grants/new", data=grant | {"csrf_token": token}).status_code == 303
    assert count(app, RoleGrant) == 1


def test_a_view_can_ask_for_it_itself(client: FlaskClient, provider: HostileProvider) -> None:
    assert client.get("/visitors-of-tests").get_data(as_text=True) == "open"
    log_in(client, provider, auth_time=ago(OLD))
    assert client.get("/own-export-of-tests").headers["Location"].startswith("/auth/step-up?")
    assert client.get("/visitors-of-tests").status_code == 302
    log_in(client, provider, auth_time=ago(5))
    assert client.get("/own-export-of-tests").get_data(as_text=True) == "mine"


def test_a_provider_that_does_not_say_when_is_asked(client: FlaskClient, provider: HostileProvider) -> None:
    log_in(client, provider)
    asked = confirm(client, provider, client.get("/own-export-of-tests"))
    assert come_back(client, asked["state"][0]).status_code == 400
    assert client.get("/account/").status_code == 200


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no time": ({"auth_time": ...}, "hat Sie nicht noch einmal gefragt"),
    "an old time": ({"auth_time": "old"}, "hat Sie nicht noch einmal gefragt"),
    "a time to come": ({"auth_time": "future"}, "hat Sie nicht noch einmal gefragt"),
    "a text": ({"auth_time": "text"}, "hat Sie nicht noch einmal gefragt"),
    "true": ({"auth_time": True}, "hat Sie nicht noch einmal gefragt"),
    "a lower level": ({"auth_time": "now", "acr": "substantial"}, "nicht sicher genug"),
    "no level": ({"auth_time": "now", "acr": ...}, "nicht sicher genug"),
    "an unknown level": ({"auth_time": "now", "acr": "urn:made:up"}, "nicht sicher genug"),
    "a list of levels": ({"auth_time": "now", "acr": ["high"]}, "nicht sicher genug"),
    "somebody else": ({"auth_time": "now", "sub": "eve"}, "Das war jemand anderes"),
}
MOMENTS = {"old": lambda: ago(700), "future": lambda: ago(-120), "text": lambda: str(ago(0)), "now": lambda: ago(0)}


@pytest.mark.parametrize(("claims", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_confirmation_changes_nothing(
    make_app: Callable[..., Flask], provider: HostileProvider, places: None, claims: dict[str, Any], said: str
) -> None:
    app = make(make_app, provider, oidc_step_up_assurance="high")
    client = log_in(app.test_client(), provider, STAFF, roles=["health_admin"], auth_time=ago(OLD), acr="high")
    before = cookie(client)
    asked = confirm(client, provider, client.get("/care/export-of-tests"))
    assert asked["acr_values"] == ["STORK-QAA-Level-4 high"]
    moment = MOMENTS.get(str(claims["auth_time"]), lambda: claims["auth_time"])()
    provider.claims |= claims | {"auth_time": moment}
    provider.userinfo = {"sub": provider.claims["sub"], "acr": "high", "auth_time": ago(0)} if "sub" in claims else None
    answer = come_back(client, asked["state"][0])
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert said in page
    assert 'href="/care/export-of-tests"' in page, "trying again leads on to what it was for"
    assert cookie(client) == before
    assert (count(app, User), count(app, UserSession)) == (1, 1)
    assert actions(app) == ["login.completed", "login.refused"]
    assert client.get("/care/export-of-tests").status_code == 302
    assert client.get("/account/").status_code == 200


def test_a_higher_level_alone_is_asked_for(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    app = make(make_app, provider, oidc_step_up_assurance="substantial")
    client = log_in(app.test_client(), provider, STAFF, roles=["auditor"], auth_time=ago(10), acr="basic")
    asked = confirm(client, provider, client.get("/own-export-of-tests"))
    assert asked["prompt"] == ["login"], "else a provider may answer from memory"
    assert asked["acr_values"] == ["STORK-QAA-Level-3 substantial STORK-QAA-Level-4 high"]
    provider.claims["acr"] = "STORK-QAA-Level-4"
    assert come_back(client, asked["state"][0]).status_code == 302
    assert client.get("/own-export-of-tests").status_code == 200


def test_the_providers_own_words_are_asked_for(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    levels = {"1": "basic", "gold": "high", "silver": "substantial", "two words": "high"}
    app = make(make_app, provider, oidc_step_up_assurance="substantial", oidc_assurance_map=levels)
    client = log_in(app.test_client(), provider, STAFF, roles=["auditor"], auth_time=ago(10), acr="1")
    asked = confirm(client, provider, client.get("/own-export-of-tests"))
    assert asked["acr_values"] == ["silver gold"]


def test_a_residents_own_copy_needs_no_level(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    app = make(make_app, provider, oidc_step_up_assurance="high")
    client = log_in(app.test_client(), provider, auth_time=ago(10), acr="basic")
    assert client.get("/own-export-of-tests").status_code == 200


def test_the_way_to_the_provider_needs_a_login_and_a_reason(client: FlaskClient, provider: HostileProvider) -> None:
    answer = client.get("/auth/step-up?next=/account/&fresh=1")
    assert answer.headers["Location"] == "/auth/login?next=/account/"
    log_in(client, provider, auth_time=ago(5), acr="substantial")
    for query in ("fresh=1", "level=substantial", "level=urn:made:up", ""):
        assert client.get(f"/auth/step-up?next=/account/&{query}").headers["Location"] == "/account/"
    assert client.get("/auth/step-up?next=//evil.example/").headers["Location"] == "/"


def test_a_service_can_want_to_know_the_applicant_more_surely(
    client: FlaskClient, provider: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services import versions

    plain = versions.catalogue()["bewohnerparkausweis"]
    wanted = plain.model_copy(update={"assurance": "substantial"})
    monkeypatch.setattr(versions, "catalogue", lambda: {wanted.slug: wanted})
    where = f"/services/{wanted.slug}/apply"
    log_in(client, provider, acr="basic")
    page = client.get(f"/services/{wanted.slug}/").get_data(as_text=True)
    assert "substanziell" in page
    answers = {
        "f_given_name": "Ada", "f_family_name": "Beispiel", "f_address-street": "Weg", "f_address-house_number": "1",
        "f_address-postal_code": "38100", "f_address-city": "Okerfeld", "f_email": "ada@example.org",
        "f_licence_plate": "BS-AB 1", "f_holder": "self", "f_registration": (io.BytesIO(PDF), "schein.pdf"),
        "f_zone": "A", "f_valid_months": "12", "f_consent": "y",
    }  # fmt: skip
    summary = str(last_address(client, where, **answers))
    asked = confirm(client, provider, client.get(summary))
    assert asked["acr_values"][0].startswith("STORK-QAA-Level-3")
    assert "max_age" not in asked
    assert client.post(summary, data={}).status_code == 403
    provider.claims["acr"] = "substantial"
    assert come_back(client, asked["state"][0]).headers["Location"] == summary
    shown = soup(client.get(summary))
    assert "BS-AB 1" in shown.get_text()
    assert "/requests/" in send(client, shown).location


def test_programs_are_not_asked(app: Flask, client: FlaskClient, bearer: Callable[..., dict[str, str]]) -> None:
    endpoints = Blueprint("api_of_tests", __name__)

    @endpoints.get("/api/v1/export-of-tests")
    @require(Permission.CASES_EXPORT, api=True)
    def export() -> str:
        return "the export"

    app.register_blueprint(endpoints)
    assert client.get("/api/v1/export-of-tests", headers=bearer("health_admin")).status_code == 200
    assert client.get("/api/v1/export-of-tests", headers=bearer("auditor")).status_code == 403


def test_each_attribute_keeps_its_level(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    app = make(make_app, provider, oidc_claim_trust="trust.levels")
    stated = {"levels": {"email": "STORK-QAA-Level-1", "birthdate": "STORK-QAA-Level-4", "given_name": "made up"}}
    client = log_in(
        app.test_client(), provider, acr="substantial", trust=stated, email="ada@example.org", birthdate="1990-01-31",
        given_name="Ada", family_name="Beispiel", phone_number="+49170", phone_number_verified=False,
    )  # fmt: skip
    with app.app_context():
        user = db.session.scalars(select(User)).one()
        assert user.trust == {
            "given_name": "basic", "family_name": "substantial", "email": "basic", "phone": "basic",
            "birth_date": "high",
        }  # fmt: skip
    page = client.get("/account/").get_data(as_text=True)
    assert "31.01.1990 <span" in page
    assert "(hoch)" in page


def test_who_cancels_can_go_on_with_what_they_were_at(
    make_app: Callable[..., Flask], provider: HostileProvider, places: None
) -> None:
    app = make(make_app, provider, oidc_step_up_assurance="high")
    client = log_in(app.test_client(), provider, STAFF, roles=["health_admin"], auth_time=ago(OLD), acr="high")
    asked = confirm(client, provider, client.get("/care/export-of-tests"))
    told = {"error": "access_denied", "state": asked["state"][0], "iss": provider.issuer}
    answer = client.get("/auth/callback", query_string=told)
    page = answer.get_data(as_text=True)
    assert "Sie haben die Anmeldung abgebrochen" in page and 'href="/care/export-of-tests"' in page
    client = app.test_client()
    first = client.get("/auth/login?next=/account/")
    told["state"] = parse_qs(urlsplit(first.headers["Location"]).query)["state"][0]
    page = client.get("/auth/callback", query_string=told).get_data(as_text=True)
    assert 'href="/auth/login?next=/account/"' in page
