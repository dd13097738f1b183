"""A start with other keys than those of the database ends with the name of the setting, before anything is written."""

import base64
import os
from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from config import group_keys
from config.command_line.own_keys import require_own_keys
from config.database import db, transaction
from config.errors import ConfigurationError
from config.group_keys import Cabinet
from config.keyring import Keyring, derived
from config.settings import current_settings
from notifications.preferences import suppress
from notifications.statuses import Channel
from tests.factories.care import PHONE, new_case
from tests.fixtures.processes import StartObhut


def with_another_index_key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    another = derived(b"this is another secret than before", b"obhut blind index")
    monkeypatch.setattr(app.extensions["obhut.keyring"], "index_key", another)


def refused() -> str:
    """The setting that is named when these keys are not the database's; "" when they are."""
    try:
        require_own_keys()
    except ConfigurationError as error:
        return str(error).partition(":")[0]
    return ""


@pytest.fixture
def here(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


def test_an_empty_database_takes_any_keys(here: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with_another_index_key(here, monkeypatch)
    assert refused() == ""


def test_another_index_key_is_seen_by_somebody_in_care(here: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    new_case()
    db.session.rollback()
    assert refused() == ""
    with_another_index_key(here, monkeypatch)
    assert refused() == "OBHUT_BLIND_INDEX_KEY"


def test_another_index_key_is_seen_by_who_wants_no_messages(here: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        suppress(Channel.SMS, PHONE, "reply")
    assert refused() == ""
    with_another_index_key(here, monkeypatch)
    assert refused() == "OBHUT_BLIND_INDEX_KEY"


def test_what_was_written_since_under_a_key_is_enough(here: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    new_case()
    with_another_index_key(here, monkeypatch)
    new_case()
    db.session.rollback()
    assert refused() == ""


def test_a_missing_deployment_key_is_named(here: Flask) -> None:
    group_keys.prepare()
    another = SecretStr(base64.urlsafe_b64encode(os.urandom(32)).decode())
    settings = current_settings()
    here.extensions["obhut.group_keys"] = Cabinet(Keyring(settings.changed(encryption_keys=(another,))))
    assert refused() == "OBHUT_ENCRYPTION_KEYS"
    both = (another, *settings.encryption_keys)
    here.extensions["obhut.group_keys"] = Cabinet(Keyring(settings.changed(encryption_keys=both)))
    assert refused() == ""


@pytest.mark.parametrize("command", [("db", "upgrade"), ("up",)])
def test_no_command_begins_with_another_key(obhut: StartObhut, command: tuple[str, ...]) -> None:
    assert obhut().run("db", "upgrade").returncode == 0
    another = base64.urlsafe_b64encode(os.urandom(32)).decode()
    done = obhut({"OBHUT_ENCRYPTION_KEYS": another}).run(*command)
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["obhut"]
    assert "OBHUT_ENCRYPTION_KEYS" in done.stderr
