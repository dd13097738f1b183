"""What programs look for at fixed addresses."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import clock

ADDRESS = "/.well-known/security.txt"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database: none is asked."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.sqlite3')}"


def _set(app: Flask, **changes: object) -> None:
    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(**changes)


def test_without_a_contact_there_is_no_file(client: FlaskClient) -> None:
    assert client.get(ADDRESS).status_code == 404


def test_whom_to_tell_about_a_weakness(app: Flask, client: FlaskClient) -> None:
    _set(app, security_contact="security@stadt.example, https://stadt.example/security")
    answer = client.get(ADDRESS)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[:2] == ["Contact: mailto:security@stadt.example", "Contact: https://stadt.example/security"]
    fields = dict(line.split(": ", 1) for line in lines)
    assert fields["Canonical"] == f"http://localhost{ADDRESS}"
    assert fields["Preferred-Languages"] == "de, en"
    left = datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - clock.wall()
    assert timedelta(days=90) < left < timedelta(days=365)


def test_what_has_expired_is_not_shown(app: Flask, client: FlaskClient) -> None:
    _set(app, security_contact="mailto:a@b.example", security_expires=clock.wall().date() - timedelta(days=1))
    assert client.get(ADDRESS).status_code == 404
    _set(app, security_expires=clock.wall().date() + timedelta(days=2))
    assert f"Expires: {clock.wall().date() + timedelta(days=2)}T00:00:00Z" in client.get(ADDRESS).get_data(as_text=True)


def test_search_engines_find_the_catalogue_and_nobodys_pages(client: FlaskClient) -> None:
    lines = client.get("/robots.txt").get_data(as_text=True).splitlines()
    assert lines[0] == "User-agent: *"
    for path in ("/c/", "/requests/", "/care/", "/staff/", "/account/", "/verify/"):
        assert f"Disallow: {path}" in lines
    assert "Disallow: /" not in lines
    assert not any(line.startswith("Disallow: /services") for line in lines)
