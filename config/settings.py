"""All settings, read once at the start from the environment (prefix `OBHUT_`) or from `.env`, then frozen."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from config import setting_checks, weak_secrets
from config.edge_settings import EdgeSettings
from config.errors import N_, ConfigurationError
from config.identity_settings import IdentitySettings
from config.local_secrets import local_secrets, made_before
from config.message_settings import MessageSettings
from config.outward_settings import OutwardSettings
from config.privacy_settings import PrivacySettings

if TYPE_CHECKING:
    from flask import Flask

PREFIX = "OBHUT_"
LOCALES = ("de", "en", "tr", "ar", "uk", "ru", "pl", "fr", "de-simple")
ADDRESSES = ("base_url", "database_url", "migration_database_url", "broker_url", "limiter_url", "oidc_issuer")
QUIET_IN_PRODUCTION = "21:00-08:00"


class Settings(OutwardSettings, PrivacySettings, MessageSettings, EdgeSettings, IdentitySettings):
    """The settings of CONTRACT and docs/configuration.md; an attribute is the setting's name in lower case."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", frozen=True, extra="ignore", validate_default=True, env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, environment, `.env`; one that says nothing is not asked for each setting, which takes long."""
        return init_settings, *(source for source in (env_settings, dotenv_settings) if _says_something(source))

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
    audit_key: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    audit_anchor_file: Path = Path()

    clamd_url: str = ""
    signing_key: Path | None = None
    signing_certificate: Path | None = None

    max_upload_mb: int = Field(default=10, ge=1, le=50)
    timezone: str = "Europe/Berlin"
    locale: str = "de"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    worker_threads: int = Field(default=8, ge=1, le=64)
    undo_minutes: int = Field(default=10, ge=0, le=60)
    web_processes: int = Field(default=1, ge=1, le=32)

    @field_validator("encryption_keys", "audit_key", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return setting_checks.comma_separated(value)

    @field_validator("encryption_keys")
    @classmethod
    def _keys_are_256_bit(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            setting_checks.encryption_key(key.get_secret_value())
        return keys

    @field_validator("audit_key")
    @classmethod
    def _keys_are_long(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            setting_checks.long_secret(key.get_secret_value())
        return keys

    @field_validator("base_url")
    @classmethod
    def _is_house_url(cls, url: str) -> str:
        return setting_checks.house_url(url) if url else url

    @field_validator("broker_url")
    @classmethod
    def _is_broker(cls, url: str) -> str:
        return setting_checks.broker_url(url)

    @field_validator("limiter_url")
    @classmethod
    def _is_limiter(cls, url: str) -> str:
        return setting_checks.limiter_url(url)

    @field_validator("clamd_url")
    @classmethod
    def _is_scanner(cls, url: str) -> str:
        return setting_checks.scanner_url(url) if url else url

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise setting_checks.Wrong(N_("must be a zone of the IANA database such as Europe/Berlin")) from error
        return name

    @field_validator("locale")
    @classmethod
    def _is_locale(cls, code: str) -> str:
        if code not in LOCALES:
            raise setting_checks.Wrong(N_("must be one of {locales}"), locales=", ".join(LOCALES))
        return code

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _is_database(cls, url: str) -> str:
        if not url:
            return url
        try:
            found = make_url(url)
        except (ArgumentError, ValueError) as error:
            raise setting_checks.Wrong(
                N_("must be an address such as postgresql+psycopg://user:password@host/name")
            ) from error
        if found.drivername not in ("sqlite", "postgresql+psycopg"):
            raise setting_checks.Wrong(N_("must begin with sqlite:/// or postgresql+psycopg://"))
        if found.drivername == "sqlite" and found.database in (None, "", ":memory:"):
            raise setting_checks.Wrong(N_("must name a file, such as sqlite:////var/lib/obhut/obhut.sqlite3"))
        return url

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: dict[str, Any]) -> dict[str, Any]:
        values = dict(values)
        data_dir = Path(values.get("data_dir") or "var").resolve()
        values["data_dir"] = data_dir
        values["audit_anchor_file"] = Path(
            values.get("audit_anchor_file") or data_dir / "audit-anchors.jsonl"
        ).resolve()
        values["database_url"] = values.get("database_url") or f"sqlite:///{data_dir / 'obhut.sqlite3'}"
        values["migration_database_url"] = values.get("migration_database_url") or values["database_url"]
        port = values.get("port") or cls.model_fields["port"].default
        values["base_url"] = (values.get("base_url") or setting_checks.local_url(port)).rstrip("/")
        is_shared = values.get("oidc_staff_issuer", values.get("oidc_issuer")) in ("", None, values.get("oidc_issuer"))
        # Nobody's secret is shown to another provider than theirs.
        for name in ("issuer", "client_id", "client_secret", "scopes") if is_shared else ("scopes",):
            staff, resident = f"oidc_staff_{name}", f"oidc_{name}"
            if not values.get(staff) and values.get(resident):
                values[staff] = values[resident]
        if values.get("env") == "production":
            values["quiet_hours"] = values.get("quiet_hours", QUIET_IN_PRODUCTION)
        values.setdefault("oidc_staff_scopes", cls.model_fields["oidc_scopes"].default)
        return values

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        if self.env == "production":
            required = {
                "SECRET_KEY": self.secret_key.get_secret_value(),
                "ENCRYPTION_KEYS": self.encryption_keys,
                "BLIND_INDEX_KEY": self.blind_index_key.get_secret_value(),
                "OIDC_ISSUER": self.oidc_issuer,
                "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
                "SMTP_URL": self.smtp_url.get_secret_value(),
            }
            missing = [PREFIX + name for name, value in required.items() if not value]
            if missing:
                raise setting_checks.Wrong(N_("OBHUT_ENV=production needs {missing}"), missing=", ".join(missing))
            for name in ("secret_key", "blind_index_key"):
                if len(getattr(self, name).get_secret_value()) < 32:
                    raise setting_checks.Wrong(
                        N_("{name} must have at least 32 characters in production"), name=PREFIX + name.upper()
                    )
            weak_secrets.refuse_debugging(os.environ, self.log_level)
            weak_secrets.refuse_placeholders({PREFIX + name.upper(): str(getattr(self, name)) for name in ADDRESSES})
            weak_secrets.refuse(self.secrets(), made_before(self.data_dir))
            addresses = ("payment_api_base", "fit_connect_api_base", "fit_connect_token_url")
            for name in ("base_url", "oidc_issuer", "oidc_staff_issuer", *addresses):
                if not getattr(self, name).startswith("https://"):
                    raise setting_checks.Wrong(
                        N_("{name} must begin with https:// in production"), name=PREFIX + name.upper()
                    )
        return self

    def secrets(self) -> dict[str, str]:
        """Every secret that is set, by the name of its setting; several encryption keys are numbered."""
        single = (
            "secret_key",
            "blind_index_key",
            "oidc_client_secret",
            "oidc_staff_client_secret",
            "twilio_auth_token",
            "payment_api_key",
            "fit_connect_client_secret",
        )
        named = {name: getattr(self, name).get_secret_value() for name in single}
        named |= {f"encryption_keys {n}": key.get_secret_value() for n, key in enumerate(self.encryption_keys, 1)}
        return {PREFIX + name.upper(): value for name, value in named.items() if value}

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
    halves = list(setting_checks.half_configured(lambda name: _has(settings, name.lower()), PREFIX))
    if halves:
        raise ConfigurationError.of(halves)
    if settings.is_production:
        return settings
    made = local_secrets(settings.data_dir)
    missing = {name: value for name, value in made.items() if not _has(settings, name)}
    return settings.changed(**missing) if missing else settings


def current_settings() -> Settings:
    """The settings of the running application."""
    return cast(Settings, current_app.extensions["obhut.settings"])


def init_app(app: "Flask", settings: Settings) -> None:
    """Make `settings` those of `app`."""
    app.extensions["obhut.settings"] = settings
    app.config["SECRET_KEY"] = settings.secret_key.get_secret_value()
    in_json_mb = settings.max_upload_mb * 4 // 3  # base64 writes three bytes as four
    app.config["MAX_CONTENT_LENGTH"] = (in_json_mb + 2) * 1024 * 1024


def _says_something(source: PydanticBaseSettingsSource) -> bool:
    return any(name.startswith(PREFIX.lower()) for name in getattr(source, "env_vars", ()))


def _has(settings: Settings, name: str) -> bool:
    value = getattr(settings, name)
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _validated(values: dict[str, Any]) -> Settings:
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigurationError.of(setting_checks.problems(error, PREFIX)) from None
