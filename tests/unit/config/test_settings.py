"""Settings: what is derived, what is refused, and that the refusal names setting and mend."""

import base64
import json
from pathlib import Path

import pytest

from config.command_line import terminal
from config.errors import ConfigurationError
from config.settings import Settings, load_settings

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
PRODUCTION = {
    "env": "production",
    "base_url": "https://obhut.example.org",
    "secret_key": "kT9-wq4Zr_Xv2LmBf7HsJd0NcPyGa5Ue8Ri3Oo1t",
    "encryption_keys": KEY,
    "blind_index_key": "b" * 40,
    "oidc_issuer": "https://login.example.org",
    "oidc_client_id": "obhut",
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "token",
    "twilio_from": "+493023125100",
    "smtp_url": "smtps://user:secret@mail.example.org:465",
}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_port_gives_the_address_and_the_data_folder_the_database(tmp_path: Path) -> None:
    settings = load_settings(port=8123)
    assert settings.base_url == "http://127.0.0.1:8123"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/obhut.sqlite3"
    assert settings.migration_database_url == settings.database_url


def test_the_environment_is_read_with_our_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBHUT_TWILIO_FROM", "+15005550006, +15005550007")
    monkeypatch.setenv("OBHUT_TIMEZONE", "")
    settings = load_settings()
    assert settings.twilio_from == ("+15005550006", "+15005550007")
    assert settings.timezone == "Europe/Berlin"


def test_a_dotenv_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OBHUT_CITY_NAME=Musterstadt\n")
    assert load_settings().city_name == "Musterstadt"


def test_staff_log_in_where_residents_do_unless_told_otherwise() -> None:
    settings = load_settings(oidc_issuer="https://a.example", oidc_client_id="one", oidc_staff_client_id="two")
    assert (settings.oidc_staff_issuer, settings.oidc_staff_client_id) == ("https://a.example", "two")


def test_secrets_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    first, second = load_settings(), load_settings()
    assert first.secret_key.get_secret_value() == second.secret_key.get_secret_value() != ""
    assert len(first.encryption_keys) == 1
    path = tmp_path / "var" / "secrets.json"
    assert path.stat().st_mode & 0o077 == 0
    assert set(json.loads(path.read_text())) == {"secret_key", "encryption_keys", "blind_index_key"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"port": "no"}, "OBHUT_PORT"),
        ({"port": 70000}, "OBHUT_PORT"),
        ({"timezone": "Europe/Atlantis"}, "OBHUT_TIMEZONE"),
        ({"locale": "xx"}, "OBHUT_LOCALE"),
        ({"database_url": "mysql://root@localhost/x"}, "OBHUT_DATABASE_URL"),
        ({"database_url": "no address"}, "OBHUT_DATABASE_URL"),
        ({"broker_url": "http://localhost"}, "OBHUT_BROKER_URL"),
        ({"encryption_keys": "too-short"}, "OBHUT_ENCRYPTION_KEYS"),
        ({"smtp_url": "mail.example.org"}, "OBHUT_SMTP_URL"),
        ({"oidc_issuer": "login.example.org"}, "OBHUT_OIDC_ISSUER"),
        ({"env": "staging"}, "OBHUT_ENV"),
        ({"base_url": "http://[::1"}, "OBHUT_BASE_URL"),
        ({"database_url": "postgresql+psycopg://u:p@host:port/x"}, "OBHUT_DATABASE_URL"),
        ({"database_url": "sqlite://"}, "OBHUT_DATABASE_URL"),
        ({"smtp_url": "smtp://user:password@host:abc"}, "OBHUT_SMTP_URL"),
        ({"limiter_url": "foo://bar"}, "OBHUT_LIMITER_URL"),
        ({"mail_from": "no sender"}, "OBHUT_MAIL_FROM"),
        ({"oidc_assurance_map": "broken"}, "OBHUT_OIDC_ASSURANCE_MAP"),
        ({"oidc_issuer": "https://login.example.org"}, "OBHUT_OIDC_CLIENT_ID"),
        ({"twilio_account_sid": "AC1", "twilio_from": "+493023125100"}, "OBHUT_TWILIO_AUTH_TOKEN"),
        ({"twilio_account_sid": "AC1", "twilio_auth_token": "token"}, "OBHUT_TWILIO_FROM"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(**wrong)
    lines = str(refused.value).splitlines()
    assert any(line.startswith(f"{named}: ") for line in lines)
    assert "Traceback" not in str(refused.value)


def test_several_wrong_settings_are_named_together() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(port="no", timezone="no")
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize(("name", "value"), [("port", "no"), ("port", "99999"), ("database_url", "mysql://x/y")])
def test_what_follows_from_a_wrong_setting_is_not_complained_about(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(**{name: value})
    assert [problem.field for problem in refused.value.problems] == [f"OBHUT_{name.upper()}"]


def test_a_terminal_reads_about_wrong_settings_in_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_locale", "de")
    with pytest.raises(ConfigurationError) as refused:
        load_settings(port="no", env="staging")
    assert terminal.worded(refused.value).splitlines() == [
        "OBHUT_ENV: muss einer dieser Werte sein: 'development', 'production'.",
        "OBHUT_PORT: muss eine ganze Zahl sein.",
    ]


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"secret_key": "x"}'])
def test_damaged_secrets_are_not_made_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "var" / "secrets.json"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ConfigurationError, match="secrets.json"):
        load_settings()
    assert path.read_text() == content


def test_production_starts_with_everything_set() -> None:
    assert Settings(**PRODUCTION).is_production  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ({"secret_key": ""}, "OBHUT_SECRET_KEY"),
        ({"secret_key": "short"}, "OBHUT_SECRET_KEY"),
        ({"encryption_keys": ""}, "OBHUT_ENCRYPTION_KEYS"),
        ({"blind_index_key": ""}, "OBHUT_BLIND_INDEX_KEY"),
        ({"blind_index_key": "short"}, "OBHUT_BLIND_INDEX_KEY"),
        ({"oidc_issuer": ""}, "OBHUT_OIDC_ISSUER"),
        ({"base_url": "http://obhut.example.org"}, "OBHUT_BASE_URL"),
        ({"oidc_issuer": "http://login.example.org"}, "OBHUT_OIDC_ISSUER"),
        ({"twilio_account_sid": ""}, "OBHUT_TWILIO_ACCOUNT_SID"),
        ({"smtp_url": ""}, "OBHUT_SMTP_URL"),
    ],
)
def test_production_refuses_what_is_unsafe(tmp_path: Path, without: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        load_settings(**(PRODUCTION | without))
    assert not (tmp_path / "var").exists(), "production must not invent secrets"


def test_a_secret_never_shows_in_the_settings_text() -> None:
    assert "secret@" not in repr(Settings(**PRODUCTION))  # type: ignore[arg-type]
