"""Whatever is sent to whatever address, nobody gets a traceback, and no form or program is taken without its token."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth.policies import ACCESS, Access
from tests.fixtures.application import Login

pytestmark = [pytest.mark.security, pytest.mark.timeout(900)]
VALUES = ("AAAAAAAA", "0", "../../etc/passwd", "x" * 300, "%00", "'--")


def _views(app: Flask) -> Iterator[tuple[str, str, Access]]:
    """Path, method and access of every view."""
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], ACCESS, None)
        if access is None:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for value in VALUES if rule.arguments else ("",):
                path = rule.rule
                for part in rule.rule.split("<")[1:]:
                    converter = part.split(">")[0]
                    path = path.replace(f"<{converter}>", _fitting(converter, value))
                yield path, method, access


def _fitting(converter: str, value: str) -> str:
    if converter.startswith("uuid:"):
        return "01890000-0000-7000-8000-000000000000"
    if converter.startswith("int:"):
        return "7"
    if converter.startswith("any("):
        return converter[4:].split(",")[0].split(")")[0].strip()
    return value if converter.startswith("path:") else value.replace("/", "%2F")


def test_nobody_gets_an_error_page_of_ours(app: Flask, client: FlaskClient, login: Login) -> None:
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    broken = []
    for account in (None, "officer", "caseworker", "resident", "admin", "healthadmin"):
        visitor = app.test_client()
        if account:
            login(visitor, account)
        for path, method, _ in _views(app):
            if path.startswith(("/auth/logout", "/readyz")):
                continue
            for query in ("", "?after=%00&limit=-1&page=x&q=%27&line_list=x&kind=x&lang=xx"):
                code = visitor.open(path + query, method=method, buffered=True).status_code
                if code >= 500 and code != 503:  # 503: the identity provider sleeps
                    broken.append((account, method, path + query, code))
    assert not broken


@pytest.mark.parametrize("account", ["resident", "caseworker", "officer", "admin"])
def test_no_form_is_taken_without_its_token(app: Flask, client: FlaskClient, login: Login, account: str) -> None:
    login(client, account)
    taken = []
    for path, method, access in _views(app):
        if method == "GET" or access.kind == "signed" or access.api:
            continue
        answer = client.open(path, method=method, data={"action": "approve"})
        if answer.status_code < 400 and "/auth/login" not in answer.headers.get("Location", ""):
            taken.append((method, path, answer.status_code))
    assert not taken


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer obhut_" + "A" * 44, "Basic YTpi"])
def test_no_api_answers_without_a_token(app: Flask, client: FlaskClient, header: str) -> None:
    answered = [
        (method, path)
        for path, method, access in _views(app)
        if access.kind == "permission"
        and access.api
        and client.open(path, method=method, headers={"Authorization": header}).status_code not in (400, 401, 404)
    ]
    assert not answered
