"""Nobody can be tricked into sending a form: each wants the token of this very browser, whatever the body is."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth.policies import ACCESS
from config.sandbox.accounts import ACCOUNTS
from tests.fixtures.application import Login

pytestmark = pytest.mark.timeout(900)
FEW, EVERY = ("officer",), tuple(account.subject for account in ACCOUNTS)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database: no request gets as far as that."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.sqlite3')}"


def _forms(app: Flask) -> Iterator[tuple[str, str]]:
    """Path and method of every view that changes something for a browser."""
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], ACCESS, None)
        if access is None or access.api or access.kind == "signed":
            continue
        path = re.sub(r"<uuid:[^>]+>", "01890000-0000-7000-8000-000000000000", rule.rule)
        path = re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", re.sub(r"<int:[^>]+>", "7", path))
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            yield re.sub(r"<[^>]+>", "AAAAAAAA", path), method


def _bodies(foreign: str) -> dict[str, dict[str, Any]]:
    return {
        "without a token": {"data": {"action": "approve"}},
        "token of another browser": {"data": {"action": "approve", "csrf_token": foreign}},
        "token in the address": {"data": {}, "query_string": {"csrf_token": foreign}},
        "JSON": {"json": {"action": "approve", "csrf_token": ""}},
        "JSON as text": {"data": '{"action": "approve"}', "content_type": "text/plain"},
        "parts": {"data": {"action": "approve"}, "content_type": "multipart/form-data"},
        "nothing": {},
    }


def test_no_form_is_taken_from_elsewhere(
    app: Flask, client: FlaskClient, login: Login, amount: Callable[[int, int], int]
) -> None:
    page = client.get("/status").get_data(as_text=True)
    foreign = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    assert foreign
    forms, taken = sorted(set(_forms(app))), []
    assert len(forms) > 20
    for account in (FEW, EVERY)[amount(0, 1)]:
        visitor = login(app.test_client(), account)
        for path, method in forms:
            for kind, body in _bodies(foreign).items():
                answer = visitor.open(path, method=method, headers={"Origin": "https://evil.example"}, **body)
                if answer.status_code < 400:
                    taken.append((account, method, path, kind, answer.status_code))
    assert not taken


def test_no_cookie_counts_for_the_api(app: Flask, client: FlaskClient, login: Login) -> None:
    login(client, "officer")
    answered = []
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], ACCESS, None)
        if access is None or not access.api or access.kind != "permission":
            continue
        path = re.sub(r"<uuid:[^>]+>", "01890000-0000-7000-8000-000000000000", rule.rule)
        path = re.sub(r"<[^>]+>", "AAAAAAAA", re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", path))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if client.open(path, method=method, json={} if method != "GET" else None).status_code != 401:
                answered.append((method, path))
    assert not answered


def test_cookies_go_to_nobody_else(app: Flask, login: Login, client: FlaskClient) -> None:
    answers = client.get("/auth/login"), client.get("/language/de")
    lines = [line for answer in answers for line in answer.headers.getlist("Set-Cookie")]
    assert lines
    for line in lines:
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Domain" not in line
