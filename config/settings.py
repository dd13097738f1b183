"""All settings, read once at the start from the environment (prefix `OBHUT_`) or from `.env`, then frozen."""

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from config.errors import ConfigurationError
from config.local_secrets import local_secrets

if TYPE_CHECKING:
    from flask import Flask

PREFIX = "OBHUT_"
LOCALES = ("de", "en", "tr", "ar", "uk", "ru", "pl", "fr", "de-simple")
DEFAULT_ASSURANCE = {
    "STORK-QAA-Level-1": "basic",
    "STORK-QAA-Level-3": "substantial",
    "STORK-QAA-Level-4": "high",
    "basic": "basic",
    "substantial": "substantial",
    "high": "high",
}
CommaSeparated = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """The settings of CONTRACT and docs/configuration.md; an attribute is the setting's name in lower case."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", frozen=True, extra="ignore", validate_default=True, env_ignore_empty=True
    )

    env: Literal["development", "production"] = "development"
    port: int = Field(default=8000, ge=1, le=65535)
    host: str = "127.0.0.1"
    base_url: str = ""
    city_name: str = "Braunschweig"
    data_dir: Path = Path("var")
    database_url: str = ""
    migration_database_url: str = ""
    broker_url: str = "memory://"
    broker_prefix: str = ""
    limiter_url: str = "memory://"
    secret_key: SecretStr = SecretStr("")
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    blind_index_key: SecretStr = SecretStr("")

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_scopes: str = "openid profile email phone address"
    oidc_staff_issuer: str = ""
    oidc_staff_client_id: str = ""
    oidc_staff_client_secret: SecretStr = SecretStr("")
    oidc_staff_scopes: str = ""
    oidc_claim_roles: str = "roles"
    oidc_claim_assurance: str = "acr"
    oidc_claim_phone: str = "phone_number"
    oidc_claim_address: str = "address"
    oidc_claim_birthdate: str = "birthdate"
    oidc_assurance_map: dict[str, Literal["basic", "substantial", "high"]] = DEFAULT_ASSURANCE  # type: ignore[assignment]

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_messaging_service_sid: str = ""
    twilio_from: CommaSeparated = ()
    twilio_api_base: str = "https://api.twilio.com"
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = "Obhut <obhut@localhost.localdomain>"
    clamd_url: str = ""

    trusted_proxies: int = Field(default=0, ge=0, le=5)
    max_upload_mb: int = Field(default=10, ge=1, le=50)
    timezone: str = "Europe/Berlin"
    locale: str = "de"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    worker_threads: int = Field(default=8, ge=1, le=64)

    @field_validator("encryption_keys", "twilio_from", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _keys_are_256_bit(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            try:
                length = len(base64.urlsafe_b64decode(key.get_secret_value()))
            except (binascii.Error, ValueError):
                length = 0
            if length != 32:
                raise ValueError(
                    "each key must be 32 bytes in URL-safe base64; make one with `openssl rand -base64 32 | tr +/ -_`"
                )
        return keys

    @field_validator("base_url", "oidc_issuer", "oidc_staff_issuer", "twilio_api_base")
    @classmethod
    def _is_http_url(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as https://obhut.example.org")
        return url

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp_url(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if url.get_secret_value() and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            raise ValueError("must be smtp://user:password@host:port or smtps://…")
        return url

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("must be a zone of the IANA database such as Europe/Berlin") from error
        return name

    @field_validator("locale")
    @classmethod
    def _is_locale(cls, code: str) -> str:
        if code not in LOCALES:
            raise ValueError(f"must be one of {', '.join(LOCALES)}")
        return code

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _is_database(cls, url: str) -> str:
        if not url:
            return url
        try:
            driver = make_url(url).drivername
        except ArgumentError as error:
            raise ValueError("must be an address such as postgresql+psycopg://user:password@host/name") from error
        if driver not in ("sqlite", "postgresql+psycopg"):
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        return url

    @field_validator("broker_url")
    @classmethod
    def _is_broker(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("memory", "redis", "rediss", "amqp", "amqps"):
            raise ValueError("must begin with redis://, rediss://, amqp:// or amqps:// (or be left out: embedded)")
        return url

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: dict[str, Any]) -> dict[str, Any]:
        values = dict(values)
        data_dir = Path(values.get("data_dir") or "var").resolve()
        values["data_dir"] = data_dir
        values["database_url"] = values.get("database_url") or f"sqlite:///{data_dir / 'obhut.sqlite3'}"
        values["migration_database_url"] = values.get("migration_database_url") or values["database_url"]
        values["base_url"] = (values.get("base_url") or f"http://127.0.0.1:{values.get('port') or 8000}").rstrip("/")
        for name in ("issuer", "client_id", "client_secret", "scopes"):
            staff, resident = f"oidc_staff_{name}", f"oidc_{name}"
            if not values.get(staff) and values.get(resident):
                values[staff] = values[resident]
        values.setdefault("oidc_staff_scopes", cls.model_fields["oidc_scopes"].default)
        return values

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        if self.env == "production":
            required = {
                "SECRET_KEY": self.secret_key.get_secret_value(),
                "ENCRYPTION_KEYS": self.encryption_keys,
                "OIDC_ISSUER": self.oidc_issuer,
                "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
                "SMTP_URL": self.smtp_url.get_secret_value(),
            }
            missing = [PREFIX + name for name, value in required.items() if not value]
            if missing:
                raise ValueError(f"OBHUT_ENV=production needs {', '.join(missing)}")
            if len(self.secret_key.get_secret_value()) < 32:
                raise ValueError("OBHUT_SECRET_KEY must have at least 32 characters in production")
            for name in ("base_url", "oidc_issuer", "oidc_staff_issuer"):
                if not getattr(self, name).startswith("https://"):
                    raise ValueError(f"{PREFIX}{name.upper()} must begin with https:// in production")
        return self

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies may only travel over TLS."""
        return self.base_url.startswith("https://")

    @property
    def zone(self) -> ZoneInfo:
        """The jurisdiction's time zone, in which days are counted."""
        return ZoneInfo(self.timezone)

    @property
    def embedded_broker(self) -> bool:
        return self.broker_url.startswith("memory:")

    def public_url(self, path: str) -> str:
        """The absolute address of `path` (beginning with /) as people outside see it."""
        return self.base_url + path

    def changed(self, **changes: Any) -> "Settings":
        """A copy with other values, validated again."""
        kept = {name: getattr(self, name) for name in type(self).model_fields}
        return _validated(kept | changes)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and `.env`; outside production make the secrets that are missing, once, in the data folder.

    Raises ConfigurationError with one line for each wrong setting, naming it and the mend.
    """
    settings = _validated(overrides)
    if settings.is_production:
        return settings
    made = local_secrets(settings.data_dir)
    missing = {name: value for name, value in made.items() if not _has(settings, name)}
    return settings.changed(**missing) if missing else settings


def current_settings() -> Settings:
    """The settings of the running application."""
    from flask import current_app

    settings = current_app.extensions["obhut.settings"]
    assert isinstance(settings, Settings)
    return settings


def init_app(app: "Flask", settings: Settings) -> None:
    """Make `settings` those of `app`."""
    app.extensions["obhut.settings"] = settings
    app.config["SECRET_KEY"] = settings.secret_key.get_secret_value()
    app.config["MAX_CONTENT_LENGTH"] = (settings.max_upload_mb + 2) * 1024 * 1024


def _has(settings: Settings, name: str) -> bool:
    value = getattr(settings, name)
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _validated(values: dict[str, Any]) -> Settings:
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigurationError(
            "{problems}", problems="\n".join(_problem(found) for found in error.errors())
        ) from None


def _problem(found: Any) -> str:
    message = str(found["msg"]).removeprefix("Value error, ")
    if not found["loc"]:
        return message
    return f"{PREFIX}{str(found['loc'][0]).upper()}: {message}"
