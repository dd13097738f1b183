"""Who may do what: the table, and what a claim may give."""

from uuid import UUID, uuid4

import pytest

from auth.actors import Actor
from auth.roles import (
    ROLE_PERMISSIONS,
    SCOPE_OF,
    STAFF_ROLES,
    ClaimedRole,
    HeldRole,
    Permission,
    Role,
    claimed_roles,
    needs_step_up,
    permissions_of,
)

HEALTH = {one for one in Permission if one.value.startswith("cases.")}


def test_every_role_has_its_line_in_both_tables() -> None:
    assert set(ROLE_PERMISSIONS) == set(SCOPE_OF) == set(Role)


def test_every_permission_is_held_by_somebody() -> None:
    assert permissions_of(Role) == frozenset(Permission)


@pytest.mark.parametrize(
    "role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.CASEWORKER, Role.SERVICE_MANAGER, Role.RESIDENT]
)
def test_nobody_outside_the_health_office_touches_cases(role: Role) -> None:
    assert not ROLE_PERMISSIONS[role] & HEALTH


def test_the_auditor_reads_the_trail_and_the_record_of_processing_and_nothing_else() -> None:
    assert ROLE_PERMISSIONS[Role.AUDITOR] == {Permission.AUDIT_READ, Permission.PROCESSING_SEE}


def test_an_officer_may_all_that_a_tracer_may() -> None:
    assert ROLE_PERMISSIONS[Role.CONTACT_TRACER] < ROLE_PERMISSIONS[Role.HEALTH_OFFICER]
    assert Permission.CASES_CLOSE not in ROLE_PERMISSIONS[Role.CONTACT_TRACER]


def test_only_the_administrator_grants_roles() -> None:
    assert [role for role in Role if Permission.ROLES_GRANT in ROLE_PERMISSIONS[role]] == [Role.ADMINISTRATOR]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (["caseworker"], [ClaimedRole(Role.CASEWORKER)]),
        ("auditor health_officer:north", [ClaimedRole(Role.AUDITOR), ClaimedRole(Role.HEALTH_OFFICER, "north")]),
        ("auditor,auditor", [ClaimedRole(Role.AUDITOR)]),
        (["root", "Administrator", "caseworker "], [ClaimedRole(Role.CASEWORKER)]),
        (["health_officer:"], []),
        (["auditor:north"], []),
        ({"roles": ["administrator"]}, []),
        ([["administrator"], 1, None, True], []),
        (None, []),
        (7, []),
    ],
)
def test_roles_of_a_claim(claim: object, expected: list[ClaimedRole]) -> None:
    assert list(claimed_roles(claim)) == expected


def test_an_actor_of_two_offices_holds_each_permission_only_in_its_own() -> None:
    tracing, leading = uuid4(), uuid4()
    held = frozenset({HeldRole(Role.CONTACT_TRACER, tracing), HeldRole(Role.HEALTH_OFFICER, leading)})
    actor = Actor.of("user", "pseudonym", held)
    assert actor.office_ids == {tracing, leading}
    assert actor.offices_for(Permission.CASES_SEE) == {tracing, leading}
    assert actor.offices_for(Permission.CASES_CLOSE) == {leading}
    assert actor.is_staff
    assert actor.may(Permission.CASES_CLOSE)


def test_actors_without_login_hold_nothing() -> None:
    for actor in (Actor.anonymous(), Actor.link("K7NPX3RB")):
        assert not actor.permissions
        assert not actor.is_known
    assert Actor.system("beat").permissions == frozenset(Permission)


def test_a_department_role_gives_no_office() -> None:
    actor = Actor.of("user", "pseudonym", frozenset({HeldRole(Role.CASEWORKER, department_code="traffic")}))
    assert actor.department_codes == {"traffic"}
    assert actor.departments_for(Permission.REQUESTS_WORK) == {"traffic"}
    assert actor.office_ids == frozenset[UUID]()
    assert Role.RESIDENT not in STAFF_ROLES


@pytest.mark.parametrize(
    ("permission", "reading", "changing"),
    [
        (Permission.CASES_EXPORT, True, True),
        (Permission.CASES_ERASE, False, True),
        (Permission.REQUESTS_ERASE, False, True),
        (Permission.RETENTION_RUN, False, True),
        (Permission.ROLES_GRANT, False, True),
        (Permission.ADMIN_MANAGE, False, False),
        (Permission.HOLDS_MANAGE, False, False),
        (Permission.CASES_ORDER, False, False),
        (Permission.ACCOUNT_OWN, False, False),
    ],
)
def test_what_needs_a_confirmed_login(permission: Permission, reading: bool, changing: bool) -> None:
    assert [needs_step_up(permission, method) for method in ("GET", "HEAD")] == [reading] * 2
    assert [needs_step_up(permission, method) for method in ("POST", "PUT", "PATCH", "DELETE")] == [changing] * 4


def test_a_place_with_half_a_character_is_none() -> None:
    assert claimed_roles(["contact_tracer:\ud800", "contact_tracer:a\x00", "auditor"]) == (ClaimedRole(Role.AUDITOR),)
