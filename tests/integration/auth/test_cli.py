"""The commands of this room: what they do, how they say no, and their exit codes."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from auth.audit_cli import audit_group
from auth.cli import departments, offices, roles, token_group
from auth.models import ApiToken, Office, RoleGrant
from config.database import db
from config.encryption import token_hash
from config.settings import Settings

pytestmark = pytest.mark.one_database

GRANT = ["grant", "--issuer", "https://id", "--subject"]
TYPO = ["grant", "--issuer", "https://di", "--subject", "s"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.changed(oidc_issuer="https://id", oidc_staff_issuer="https://staff.id")


def run(app: Flask, command: Any, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(command, list(arguments))


@pytest.fixture
def house(app: Flask) -> Flask:
    assert run(app, offices, "add", "--code", "north", "--name", "North").exit_code == 0
    assert run(app, departments, "add", "--code", "traffic", "--name", "Traffic").exit_code == 0
    return app


def test_the_first_office_is_the_default(house: Flask) -> None:
    assert run(house, offices, "add", "--code", "south", "--name", "South").exit_code == 0
    with house.app_context():
        found = {office.code: office.is_default for office in db.session.scalars(select(Office))}
    assert found == {"north": True, "south": False}


def test_an_office_says_what_it_is_responsible_for(house: Flask) -> None:
    region = ("--region", "Niedersachsen")
    assert run(house, offices, "add", "--code", "south", "--name", "South", *region).exit_code == 0
    assert run(house, offices, "set", "--code", "south", "--district", "SK Braunschweig").exit_code == 0
    with house.app_context():
        found = {one.code: (one.region, one.district) for one in db.session.scalars(select(Office))}
    assert found == {"north": (None, None), "south": ("Niedersachsen", "SK Braunschweig")}


@pytest.mark.parametrize(
    ("command", "arguments", "code", "complaint"),
    [
        (offices, ["add", "--code", "north", "--name", "Again"], 1, "is taken"),
        (offices, ["add", "--code", "No!", "--name", "x"], 1, "small letters"),
        (offices, ["add", "--code", "x"], 2, "--name"),
        (offices, ["add", "--code", "x", "--name", "x", "--email", "amt(at)north.example"], 1, "e-mail address"),
        (offices, ["add", "--code", "x", "--name", "x", "--phone", "0" * 51], 1, "phone"),
        (offices, ["set", "--code", "north", "--email", "north"], 1, "e-mail address"),
        (offices, ["set", "--code", "nowhere", "--email", "amt@north.example"], 2, "nowhere"),
        (offices, ["set", "--code", "north"], 2, "--email"),
        (departments, ["add", "--code", "x", "--name", "x", "--email", "@x"], 1, "e-mail address"),
        (roles, [*GRANT, "s", "--role", "king"], 2, "king"),
        (roles, [*TYPO, "--role", "auditor"], 2, "https://di. These identity providers are configured: https://id, https://st"),
        (roles, [*TYPO[:2], "https://id/", *TYPO[3:], "--role", "auditor"], 2, "through https://id/."),
        (roles, [*GRANT, "s", "--role", "auditor", "--office", "north"], 2, "does not belong"),
        (roles, [*GRANT, "s", "--role", "caseworker", "--department", "no"], 2, "no department"),
        (roles, [*GRANT, " ", "--role", "auditor"], 1, "subject"),
        (token_group, ["issue", "--role", "auditor", "--name", "x", "--expires", "soon"], 2, "365d"),
        (token_group, ["issue", "--role", "health_officer", "--name", "x", "--office", "nowhere"], 2, "nowhere"),
    ],
)  # fmt: skip
def test_mistakes_are_one_readable_line(
    house: Flask, command: Any, arguments: list[str], code: int, complaint: str
) -> None:
    result = run(house, command, *arguments)
    assert result.exit_code == code
    assert complaint in result.stderr
    assert "Traceback" not in result.output
    if code == 1:
        assert len(result.stderr.strip().splitlines()) == 1


def test_granting_twice_is_one_grant(house: Flask) -> None:
    for _ in range(2):
        result = run(house, roles, "grant", "--issuer", "https://id", "--subject", "ada", "--role", "health_officer")
        assert result.exit_code == 0
    with house.app_context():
        grant = db.session.scalars(select(RoleGrant)).one()
        assert grant.office is not None
        assert grant.office.code == "north"


def test_a_role_is_granted_to_somebody_of_either_provider(house: Flask) -> None:
    for issuer in ("https://id", "https://staff.id"):
        assert run(house, roles, "grant", "--issuer", issuer, "--subject", "ada", "--role", "auditor").exit_code == 0
    assert run(house, roles, *TYPO, "--role", "auditor").exit_code == 2
    with house.app_context():
        assert set(db.session.scalars(select(RoleGrant.issuer))) == {"https://id", "https://staff.id"}


def test_without_a_provider_nobody_can_be_granted_anything(make_app: Callable[..., Flask]) -> None:
    house = make_app(oidc_issuer="", oidc_staff_issuer="")
    result = run(house, roles, *GRANT, "ada", "--role", "auditor")
    assert result.exit_code == 2
    assert "OBHUT_OIDC_ISSUER" in result.stderr


def test_a_token_is_printed_once_and_stored_as_a_hash(house: Flask) -> None:
    result = run(house, token_group, "issue", "--role", "caseworker", "--name", "Portal", "--expires", "30d")
    assert result.exit_code == 0
    token = result.stdout.strip()
    with house.app_context():
        row = db.session.scalars(select(ApiToken)).one()
        assert row.token_hash == token_hash(token)
        assert row.expires_at is not None
        assert (row.expires_at - row.created_at).days in (29, 30)


def test_a_token_ends_by_itself(house: Flask) -> None:
    asked = ("issue", "--role", "caseworker", "--name", "Portal")
    assert run(house, token_group, *asked).exit_code == 0
    refused = run(house, token_group, *asked, "--expires", "400d")
    assert refused.exit_code == 2
    assert "365d" in refused.stderr
    with house.app_context():
        assert db.session.scalars(select(ApiToken)).one().expires_at is not None


def test_the_audit_trail_is_verified(house: Flask) -> None:
    result = run(house, audit_group, "verify")
    assert result.exit_code == 0
    assert "whole: 0 events sealed, 2 waiting" in result.stdout
