"""The settings of logging in: the identity providers, what they say of people, and when somebody is asked again."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from config import setting_checks
from config.errors import N_

DEFAULT_ASSURANCE = {
    "STORK-QAA-Level-1": "basic",
    "STORK-QAA-Level-3": "substantial",
    "STORK-QAA-Level-4": "high",
    "basic": "basic",
    "substantial": "substantial",
    "high": "high",
}


class IdentitySettings(BaseSettings):
    """Part of `Settings`: those of residents, those of staff (empty: the same), and what counts for both."""

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
    oidc_claim_trust: str = ""
    oidc_assurance_map: Annotated[dict[str, Literal["basic", "substantial", "high"]], NoDecode] = DEFAULT_ASSURANCE  # type: ignore[assignment]
    oidc_step_up_max_age: int = Field(default=600, ge=60, le=3600)
    oidc_step_up_assurance: Literal["", "basic", "substantial", "high"] = ""
    oidc_api_audience: str = ""

    @field_validator("oidc_assurance_map", mode="before")
    @classmethod
    def _from_json(cls, value: Any) -> Any:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError:
            raise setting_checks.Wrong(N_('must be JSON such as {{"STORK-QAA-Level-3": "substantial"}}')) from None

    @field_validator("oidc_issuer", "oidc_staff_issuer")
    @classmethod
    def _is_http_url(cls, url: str) -> str:
        return setting_checks.http_url(url) if url else url
