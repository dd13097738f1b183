"""Access tokens of the provider for programs (RFC 9068): what they may do, and under which name they do it."""

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from auth import administration
from auth.actors import Actor
from auth.policies import current_actor, public, require
from auth.roles import Permission, Role
from config.database import transaction
from tests.fakes.hostile_provider import HostileProvider

pytestmark = pytest.mark.one_database

AUDIENCE = "obhut-api"


@pytest.fixture
def app(make_app: Callable[..., Flask], provider: HostileProvider, staff_provider: HostileProvider) -> Flask:
    app = make_app(
        oidc_issuer=provider.issuer,
        oidc_staff_issuer=staff_provider.issuer,
        oidc_staff_client_id=staff_provider.client_id,
        oidc_api_audience=AUDIENCE,
    )
    endpoints = Blueprint("programs_of_tests", __name__)

    @endpoints.get("/api/v1/trail-of-tests")
    @require(Permission.AUDIT_READ, api=True)
    def trail() -> str:
        return "the trail"

    @endpoints.get("/api/v1/who-of-tests")
    @public(api=True)
    def who() -> dict[str, object]:
        actor = current_actor()
        return {"kind": actor.kind, "id": actor.id, "name": actor.name, "roles": sorted(actor.roles)}

    app.register_blueprint(endpoints)
    return app


def asked(client: FlaskClient, token: str, path: str = "/api/v1/trail-of-tests") -> int:
    return client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_program_may_do_what_its_token_says(
    client: FlaskClient, provider: HostileProvider, staff_provider: HostileProvider
) -> None:
    assert asked(client, staff_provider.access_token()) == 200
    assert asked(client, provider.access_token()) == 403, "residents' provider makes nobody staff"
    assert asked(client, staff_provider.access_token(aud=["account", AUDIENCE])) == 200
    assert asked(client, staff_provider.access_token(roles=["administrator"])) == 403
    assert asked(client, staff_provider.access_token(roles=...)) == 403


def test_it_has_a_pseudonym_and_no_role_but_its_own(client: FlaskClient, staff_provider: HostileProvider) -> None:
    def seen(**claims: object) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {staff_provider.access_token(**claims)}"}
        found: dict[str, object] = client.get("/api/v1/who-of-tests", headers=headers).get_json()
        return found

    first = seen()
    assert (first["kind"], first["name"], first["roles"]) == ("token", "reporting", ["auditor"])
    assert "reporting" not in str(first["id"])
    assert seen()["id"] == first["id"]
    assert seen(client_id="another")["id"] != first["id"]
    assert seen(sub="another")["id"] != first["id"]
    assert seen(roles=[])["roles"] == []


def test_a_granted_role_is_not_a_programs(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    with app.app_context(), transaction():
        administration.grant_role(
            actor=Actor.system("tests"), issuer=provider.issuer, subject="reporting", role=Role.AUDITOR
        )
    assert asked(client, provider.access_token(roles=[])) == 403


def test_without_an_audience_none_counts(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    client = make_app(oidc_issuer=provider.issuer).test_client()
    assert asked(client, provider.access_token(), "/api/v1/care/cases") == 401


def test_a_page_takes_none(client: FlaskClient, provider: HostileProvider) -> None:
    assert asked(client, provider.access_token(), "/audit/") == 302


def test_keys_that_cannot_be_had_are_no_refusal(client: FlaskClient, provider: HostileProvider) -> None:
    provider.status["/jwks"] = 500
    assert asked(client, provider.access_token()) == 503
