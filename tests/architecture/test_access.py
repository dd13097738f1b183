"""Every address says who may use it, and every queue has somebody who works it off."""

from flask import Flask

from auth.policies import ACCESS, Access

OWN_STATIC = "static"
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


def _rules(house: Flask) -> list[tuple[str, str, frozenset[str]]]:
    return [
        (rule.rule, rule.endpoint, frozenset(rule.methods or ()))
        for rule in house.url_map.iter_rules()
        if rule.endpoint.rsplit(".", 1)[-1] != OWN_STATIC
    ]


def test_every_route_declares_its_access(house: Flask) -> None:
    silent = [
        f"{rule} ({endpoint})"
        for rule, endpoint, _ in _rules(house)
        if not isinstance(getattr(house.view_functions[endpoint], ACCESS, None), Access)
    ]
    assert not silent


def test_nothing_of_staff_or_health_is_open_to_all(house: Flask) -> None:
    prefixes = (
        "/staff/",
        "/care/",
        "/admin/",
        "/audit/",
        "/account/",
        "/requests/",
        "/api/v1/care",
        "/api/v1/notifications",
    )
    open_ones = [
        rule
        for rule, endpoint, _ in _rules(house)
        if rule.startswith(prefixes) and getattr(house.view_functions[endpoint], ACCESS).kind != "permission"
    ]
    assert not open_ones


def test_a_visitor_without_login_gets_none_of_them(house: Flask) -> None:
    client = house.test_client()
    guarded = [
        rule
        for rule, endpoint, methods in _rules(house)
        if getattr(house.view_functions[endpoint], ACCESS).kind == "permission" and "GET" in methods and "<" not in rule
    ]
    assert guarded
    for rule in guarded:
        assert client.get(rule).status_code in (302, 401), rule
