"""The settings of what leads out of the house: payments, and the systems that requests are handed over to."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from config import setting_checks
from config.errors import N_

CHECKOUT_API = "https://api.stripe.com"
FIT_CONNECT_API = "https://submission-api-testing.fit-connect.fitko.dev"
FIT_CONNECT_TOKEN = "https://auth-testing.fit-connect.fitko.dev/token"


class OutwardSettings(BaseSettings):
    """Part of `Settings`: providers outside, and the secrets that we share with them."""

    payment_provider: Literal["", "checkout"] = ""
    payment_api_base: str = CHECKOUT_API
    payment_api_key: SecretStr = SecretStr("")
    payment_webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    payment_days: int = Field(default=14, ge=1, le=90)

    hand_over_secrets: Annotated[dict[str, SecretStr], NoDecode] = Field(default_factory=dict)
    fit_connect_api_base: str = FIT_CONNECT_API
    fit_connect_token_url: str = FIT_CONNECT_TOKEN
    fit_connect_client_id: str = ""
    fit_connect_client_secret: SecretStr = SecretStr("")

    @field_validator("payment_webhook_secrets", mode="before")
    @classmethod
    def _split_secrets(cls, value: Any) -> Any:
        return setting_checks.comma_separated(value)

    @field_validator("hand_over_secrets", mode="before")
    @classmethod
    def _secrets_from_json(cls, value: Any) -> Any:
        try:
            given = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            given = None
        if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
            raise setting_checks.Wrong(N_('must be a JSON object such as {{"records": "a long secret"}}'))
        return given

    @field_validator("hand_over_secrets")
    @classmethod
    def _secrets_are_long(cls, secrets: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for secret in secrets.values():
            setting_checks.long_secret(secret.get_secret_value())
        return secrets

    @field_validator("payment_api_base", "fit_connect_api_base", "fit_connect_token_url")
    @classmethod
    def _are_web_addresses(cls, url: str) -> str:
        return setting_checks.http_url(url)
