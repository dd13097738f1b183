"""The settings of the edge: limits, hosts, proxies, and whom to tell about a weakness."""

from datetime import date
from typing import Annotated, Any

from pydantic import field_validator
from pydantic_settings import BaseSettings, NoDecode

from config import setting_checks
from config.setting_checks import Network

CommaSeparated = Annotated[tuple[str, ...], NoDecode]


class EdgeSettings(BaseSettings):
    """Part of `Settings`: who may ask, how often, and whose word counts for an address."""

    trusted_proxies: Annotated[int | tuple[Network, ...], NoDecode] = 0
    allowed_hosts: CommaSeparated = ()

    limit_logins: str = "600 per minute"
    limit_failed_logins: str = "60 per minute"
    limit_links: str = "300 per hour"
    limit_links_by_address: str = "300 per minute"
    limit_lookups: str = "10 per hour"
    limit_lookups_by_address: str = "60 per hour"
    limit_submissions: str = "120 per minute"
    limit_steps: str = "600 per minute"
    limit_visitors: str = "60 per hour"
    limit_resume_mails: str = "10 per hour"
    limit_api: str = "30000 per minute"
    limit_webhooks: str = "600 per minute"
    limit_contact: str = "10 per day"
    limit_copies: str = "10 per hour"
    limit_status_sms: str = "5 per hour"
    limit_reports: str = "600 per minute"

    jurisdiction: str = ""
    map_tiles_url: str = ""
    map_centre: str = "52.2646,10.5236"
    map_attribution: str = "© OpenStreetMap"

    security_contact: CommaSeparated = ()
    security_expires: date | None = None
    security_languages: str = "de, en"

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _hops_or_networks(cls, value: Any) -> Any:
        return setting_checks.proxies(value)

    @field_validator("allowed_hosts", "security_contact", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return setting_checks.comma_separated(value)

    @field_validator("map_tiles_url")
    @classmethod
    def _are_tiles(cls, url: str) -> str:
        return setting_checks.tiles(url) if url else url

    @field_validator("map_centre")
    @classmethod
    def _is_place(cls, text: str) -> str:
        return setting_checks.coordinates(text)

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(setting_checks.host_name(host) for host in hosts)

    @field_validator(
        "limit_logins", "limit_failed_logins", "limit_links", "limit_links_by_address", "limit_lookups",
        "limit_lookups_by_address", "limit_submissions", "limit_steps", "limit_visitors",
        "limit_resume_mails", "limit_api", "limit_webhooks", "limit_contact",
        "limit_copies", "limit_status_sms", "limit_reports",
    )  # fmt: skip
    @classmethod
    def _is_limit(cls, text: str) -> str:
        return setting_checks.rate_limit(text)

    @field_validator("security_contact")
    @classmethod
    def _are_contacts(cls, contacts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(setting_checks.contact(one) for one in contacts)

    @field_validator("security_languages")
    @classmethod
    def _are_languages(cls, text: str) -> str:
        return setting_checks.language_tags(text)
