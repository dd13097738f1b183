"""A person sees who looked at their data: the office and the function, never a name, and never others' looks."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth import audit, holdings, lookups
from auth.actors import Actor
from auth.holdings import Holding, register_holding
from auth.models import User
from auth.roles import HeldRole, Role
from config.database import db, transaction
from config.sandbox.accounts import DEFAULT_OFFICE
from tests.fixtures.application import Login

OFFICER = Actor.of("user", "0193a1b2-0000-7000-8000-00000000abcd", frozenset({HeldRole(Role.HEALTH_OFFICER)}))
PROGRAM = Actor.of("token", "0193a1b2-0000-7000-8000-00000000beef", frozenset({HeldRole(Role.CONTACT_TRACER)}))
NORTH = f"office:{DEFAULT_OFFICE[0]}"


@pytest.fixture
def owns() -> Iterator[dict[UUID, list[str]]]:
    """What is whose, as a wing would say it."""
    whose: dict[UUID, list[str]] = {}
    register_holding(Holding("tests", lambda user: whose.get(user, []), lambda _: [], lambda _user, _actor: []))
    yield whose
    holdings._holdings.pop("tests")


def _user(subject: str) -> UUID:
    return db.session.scalars(select(User.id).where(User.subject == subject)).one()


@pytest.fixture
def two(app: Flask, login: Login, owns: dict[UUID, list[str]]) -> Iterator[tuple[FlaskClient, FlaskClient]]:
    """Two residents, each with a case; both were in a list, and only the first one's case was opened."""
    first, second = app.test_client(), app.test_client()
    login(first, "resident")
    login(second, "resident2")
    with app.app_context():
        owns[_user("resident")] = ["case:AAAA2222"]
        owns[_user("resident2")] = ["case:BBBB3333"]
        with transaction():
            audit.looked(OFFICER, "cases.listed", ["case:AAAA2222", "case:BBBB3333", "case:CCCC4444"], chain=NORTH)
            audit.looked(OFFICER, "case.viewed", ["case:AAAA2222"], chain=NORTH)
            audit.looked(PROGRAM, "case.viewed", ["case:CCCC4444"], chain=NORTH)
    return_value = (first, second)
    yield return_value


def test_each_sees_the_looks_at_their_own_records_alone(two: tuple[FlaskClient, FlaskClient]) -> None:
    first, second = (client.get("/account/looks").get_data(as_text=True) for client in two)
    assert "Fall angesehen" in first
    assert "Fall angesehen" not in second
    assert "Liste von Fällen angesehen" in second
    assert "AAAA2222" in first
    assert "BBBB3333" not in first
    assert "AAAA2222" not in second
    for page in (first, second):
        assert "CCCC4444" not in page
        assert DEFAULT_OFFICE[1] in page
        assert "Betreuung in Quarantäne" in page
        assert "abcd" not in page  # not even the pseudonym of who it was


def test_the_function_is_named_and_one_s_own_looks_are_not(
    app: Flask, two: tuple[FlaskClient, FlaskClient], owns: dict[UUID, list[str]]
) -> None:
    with app.app_context():
        me = _user("resident")
        own = Actor.of("user", str(me), frozenset({HeldRole(Role.HEALTH_OFFICER)}), user_id=me)
        with transaction():
            audit.looked(own, "case.paper_read", ["case:AAAA2222"], chain=NORTH)
            audit.looked(PROGRAM, "case.timeline_read", ["case:AAAA2222"], chain=NORTH)
        looks, following = lookups.who_looked(me)
    assert [(look.what, look.roles, look.by_program) for look in looks] == [
        ("Course of a case read", ["contact_tracer"], True),
        ("Case looked at", ["health_officer"], False),
        ("List of cases looked at", ["health_officer"], False),
    ]
    assert following is None


def test_pages_of_looks_follow_each_other(
    app: Flask, two: tuple[FlaskClient, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "PAGE", 1)
    with app.app_context():
        me = _user("resident")
        first, following = lookups.who_looked(me)
        second, end = lookups.who_looked(me, following)
    assert [look.what for look in (*first, *second)] == ["Case looked at", "List of cases looked at"]
    assert end is None


def test_a_reference_that_begins_alike_is_another_one(app: Flask, two: object, owns: dict[UUID, list[str]]) -> None:
    with app.app_context():
        owns[_user("resident2")] = ["case:AAAA222", "case:AAAA22223", "AAAA2222"]
        assert lookups.who_looked(_user("resident2")) == ([], None)


def test_a_visitor_is_sent_to_the_login(client: FlaskClient) -> None:
    assert client.get("/account/looks").status_code == 302


def test_the_same_look_within_minutes_counts_once_and_another_does_not(database: Flask) -> None:
    def looked(action: str, *seen: str, **facts: object) -> None:
        audit.looked(OFFICER, action, seen, chain=NORTH, **facts)

    looked("case.viewed", "case:A")
    looked("case.viewed", "case:A")
    looked("case.viewed", "case:B")
    looked("case.paper_read", "case:A", document="1")
    looked("case.paper_read", "case:A", document="2")
    looked("cases.listed")
    with pytest.raises(ZeroDivisionError), transaction():
        looked("case.timeline_read", "case:A")
        raise ZeroDivisionError
    looked("case.timeline_read", "case:A")
    audit.looked(Actor.system("job"), "case.viewed", ["case:A"], chain=NORTH)
    audit.seal()
    verdict = audit.verify()
    assert (verdict.chains, verdict.faults) == ({NORTH: 5}, ())


def test_a_long_list_is_several_events(database: Flask) -> None:
    audit.looked(OFFICER, "cases.listed", [f"case:{number}" for number in range(1200)], chain=NORTH)
    audit.seal()
    assert audit.verify().chains == {NORTH: 3}
