"""Settings: what is derived, what is refused, and that the refusal names setting and mend."""

import base64
import json
import secrets
from pathlib import Path

import pytest

from config.command_line import terminal
from config.errors import ConfigurationError
from config.settings import Settings, load_settings
from tests.support import repository

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
PRODUCTION = {
    "env": "production",
    "base_url": "https://obhut.example.org",
    "secret_key": "kT9-wq4Zr_Xv2LmBf7HsJd0NcPyGa5Ue8Ri3Oo1t",
    "encryption_keys": KEY,
    "blind_index_key": "nP3_xK8vTq2WzYc7RfLm5HjDs9Bg4Ue6A1o0Ii-V",
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
    assert path.stat().st_mode & 0o077 == path.parent.stat().st_mode & 0o077 == 0
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


EXAMPLE = repository.ROOT / "deploy" / "obhut.env.example"
GOOD_KEY = base64.urlsafe_b64encode(bytes(range(7, 39))).decode()


@pytest.mark.parametrize(
    ("weak", "named"),
    [
        ({"secret_key": "a" * 64}, "OBHUT_SECRET_KEY"),
        ({"secret_key": "abcabcabc" * 6}, "OBHUT_SECRET_KEY"),
        ({"secret_key": "change-me-" + "kT9wq4ZrXv2LmBf7HsJd0NcPyGa5Ue8Ri3Oo1t"}, "OBHUT_SECRET_KEY"),
        ({"secret_key": "…" + "kT9wq4ZrXv2LmBf7HsJd0NcPyGa5Ue8Ri3Oo1t"}, "OBHUT_SECRET_KEY"),
        ({"encryption_keys": base64.urlsafe_b64encode(bytes(32)).decode()}, "OBHUT_ENCRYPTION_KEYS"),
        ({"encryption_keys": f"{KEY},{KEY}"}, "OBHUT_ENCRYPTION_KEYS"),
        ({"secret_key": GOOD_KEY, "encryption_keys": GOOD_KEY}, "OBHUT_SECRET_KEY"),
        ({"blind_index_key": PRODUCTION["secret_key"]}, "OBHUT_BLIND_INDEX_KEY"),
        ({"blind_index_key": "b" * 40}, "OBHUT_BLIND_INDEX_KEY"),
        ({"oidc_client_secret": "changeme"}, "OBHUT_OIDC_CLIENT_SECRET"),
        ({"twilio_auth_token": "your-secret-token"}, "OBHUT_TWILIO_AUTH_TOKEN"),
        ({"database_url": "postgresql+psycopg://obhut:…@127.0.0.1/obhut"}, "OBHUT_DATABASE_URL"),
        ({"broker_url": "amqp://obhut:…@127.0.0.1/obhut"}, "OBHUT_BROKER_URL"),
        ({"log_level": "DEBUG"}, "OBHUT_LOG_LEVEL"),
        ({"base_url": "https://obhut.example.org/app"}, "OBHUT_BASE_URL"),
        ({"base_url": "https://user@obhut.example.org"}, "OBHUT_BASE_URL"),
        ({"oidc_staff_issuer": "http://login.example.org", "oidc_staff_client_id": "x"}, "OBHUT_OIDC_STAFF_ISSUER"),
        ({"trusted_proxies": "0.0.0.0/0"}, "OBHUT_TRUSTED_PROXIES"),
        ({"trusted_proxies": "7"}, "OBHUT_TRUSTED_PROXIES"),
        ({"trusted_proxies": "proxy"}, "OBHUT_TRUSTED_PROXIES"),
        ({"allowed_hosts": "https://x.example"}, "OBHUT_ALLOWED_HOSTS"),
        ({"limit_logins": "often"}, "OBHUT_LIMIT_LOGINS"),
        ({"limit_api": "0 per minute"}, "OBHUT_LIMIT_API"),
        ({"security_contact": "http://x.example"}, "OBHUT_SECURITY_CONTACT"),
        ({"security_contact": "mailto:a@b.example\nExpires: never"}, "OBHUT_SECURITY_CONTACT"),
        ({"security_languages": "de\nen"}, "OBHUT_SECURITY_LANGUAGES"),
        ({"security_expires": "soon"}, "OBHUT_SECURITY_EXPIRES"),
    ],
)
def test_what_everybody_could_know_or_nobody_could_mean_stops_production(weak: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as refused:
        load_settings(**(PRODUCTION | weak))
    assert len(str(refused.value).splitlines()) == 1
    for secret in weak.values():
        assert len(secret) < 20 or secret not in str(refused.value), "an error must not tell a secret"


def test_the_example_file_alone_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("OBHUT_DATA_DIR", str(tmp_path))
    with pytest.raises(ConfigurationError, match="OBHUT_"):
        load_settings()


@pytest.mark.parametrize("name", ["FLASK_DEBUG", "PYTHONINSPECT"])
def test_a_debugger_stops_production(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigurationError, match=name):
        load_settings(**PRODUCTION)
    monkeypatch.setenv(name, "0")
    assert load_settings(**PRODUCTION).is_production


def test_secrets_made_for_trying_out_stop_production(tmp_path: Path) -> None:
    made = load_settings(data_dir=tmp_path)
    trial = {"secret_key": made.secret_key.get_secret_value(), "data_dir": tmp_path}
    with pytest.raises(ConfigurationError, match="OBHUT_SECRET_KEY"):
        load_settings(**(PRODUCTION | trial))
    assert load_settings(**(PRODUCTION | {"data_dir": tmp_path})).is_production


def test_a_random_secret_is_never_taken_for_a_weak_one() -> None:
    for number in range(300):
        made = {"secret_key": secrets.token_hex(32) if number % 2 else secrets.token_urlsafe(48)}
        made["encryption_keys"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        assert load_settings(**(PRODUCTION | made)).is_production


@pytest.mark.parametrize(("given", "expected"), [("0", 0), ("2", 2), (1, 1)])
def test_proxies_may_be_counted(given: str | int, expected: int) -> None:
    assert load_settings(trusted_proxies=given).trusted_proxies == expected


def test_proxies_may_be_named_by_network() -> None:
    found = load_settings(trusted_proxies="10.0.0.0/8, fd00::/8, 192.0.2.1").trusted_proxies
    assert [str(one) for one in found] == ["10.0.0.0/8", "fd00::/8", "192.0.2.1/32"]  # type: ignore[union-attr]
