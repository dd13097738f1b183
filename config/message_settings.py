"""The settings of messages: accounts, senders, mail servers, pace, quiet hours, bounces."""

import json
from datetime import time
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from config import setting_checks
from config.errors import N_

CommaSeparated = Annotated[tuple[str, ...], NoDecode]
NO_QUIET_HOURS = "off"
TWILIO = "https://api.twilio.com"


class TwilioAccount(BaseModel):
    """One account of an SMS provider, with the numbers or the messaging service that it sends from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_sid: str = Field(min_length=1)
    auth_token: SecretStr
    messaging_service_sid: str = ""
    numbers: tuple[str, ...] = Field(default=(), alias="from")
    api_base: str = TWILIO

    @property
    def senders(self) -> tuple[str, ...]:
        """What its messages come from: the messaging service, or else its numbers."""
        return (self.messaging_service_sid,) if self.messaging_service_sid else self.numbers


class MessageSettings(BaseSettings):
    """Part of `Settings`: how messages leave and how much at once."""

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_messaging_service_sid: str = ""
    twilio_from: CommaSeparated = ()
    twilio_api_base: str = TWILIO
    twilio_more: Annotated[tuple[TwilioAccount, ...], NoDecode] = ()
    sms_in_flight: int = Field(default=200, ge=1, le=1000)
    sms_segments_per_second: float = Field(default=0, ge=0)
    sms_segment_price: Decimal = Field(default=Decimal("0.08"), ge=0)
    quiet_hours: str = ""

    smtp_url: SecretStr = SecretStr("")
    smtp_more: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    mails_per_second: float = Field(default=0, ge=0)
    mail_from: str = "Obhut <obhut@localhost.localdomain>"
    bounce_address: str = ""
    bounce_mailbox_url: SecretStr = SecretStr("")
    digest_to: str = ""

    @field_validator("twilio_from", "smtp_more", mode="before")
    @classmethod
    def _split_list(cls, value: Any) -> Any:
        return setting_checks.comma_separated(value)

    @field_validator("twilio_more", mode="before")
    @classmethod
    def _accounts_from_json(cls, value: Any) -> Any:
        try:
            given = json.loads(value) if isinstance(value, str) else value
            return tuple(
                one if isinstance(one, TwilioAccount) else TwilioAccount.model_validate(one) for one in given or ()
            )
        except (ValueError, TypeError, ValidationError):
            raise setting_checks.Wrong(
                N_('must be JSON such as [{{"account_sid": "AC…", "auth_token": "…", "from": ["+49…"]}}]')
            ) from None

    @field_validator("twilio_api_base")
    @classmethod
    def _api_is_http(cls, url: str) -> str:
        return setting_checks.http_url(url) if url else url

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp_url(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value():
            setting_checks.smtp_url(url.get_secret_value())
        return url

    @field_validator("smtp_more")
    @classmethod
    def _are_smtp_urls(cls, urls: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for url in urls:
            setting_checks.smtp_url(url.get_secret_value())
        return urls

    @field_validator("bounce_mailbox_url")
    @classmethod
    def _is_mailbox(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value():
            setting_checks.mailbox_url(url.get_secret_value())
        return url

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, sender: str) -> str:
        return setting_checks.mail_from(sender)

    @field_validator("bounce_address", "digest_to")
    @classmethod
    def _is_address(cls, address: str) -> str:
        return setting_checks.mail_from(address) if address else address

    @field_validator("bounce_address")
    @classmethod
    def _leaves_room_for_a_code(cls, address: str) -> str:
        return setting_checks.bounce_address(address) if address else address

    @field_validator("quiet_hours")
    @classmethod
    def _are_hours(cls, text: str) -> str:
        if text in ("", NO_QUIET_HOURS):
            return ""
        setting_checks.hours(text)
        return text

    @model_validator(mode="after")
    def _senders_differ(self) -> Self:
        names = [name for account in self.twilio_accounts for name in account.senders]
        if len(names) != len(set(names)):
            raise setting_checks.Wrong(N_("OBHUT_TWILIO_MORE: each number belongs to one account only"))
        return self

    @property
    def twilio_accounts(self) -> tuple[TwilioAccount, ...]:
        """All accounts that can send, the main one first; empty when there is none."""
        if not self.twilio_account_sid or not (self.twilio_messaging_service_sid or self.twilio_from):
            return ()
        main = TwilioAccount.model_validate(
            {
                "account_sid": self.twilio_account_sid,
                "auth_token": self.twilio_auth_token,
                "messaging_service_sid": self.twilio_messaging_service_sid,
                "from": self.twilio_from,
                "api_base": self.twilio_api_base or TWILIO,
            }
        )
        return (main, *self.twilio_more)

    @property
    def smtp_urls(self) -> tuple[str, ...]:
        """All mail servers, the main one first; empty when there is none."""
        main = self.smtp_url.get_secret_value()
        return (main, *(url.get_secret_value() for url in self.smtp_more)) if main else ()

    @property
    def bounces_are_read(self) -> bool:
        """Whether we may hear that a mail did not arrive, by the mailbox or by the mail server's pipe."""
        return bool(self.bounce_address or self.bounce_mailbox_url.get_secret_value())

    @cached_property
    def quiet(self) -> tuple[time, time] | None:
        """From when to when, in the person's zone, nobody is woken; None: no quiet hours."""
        return setting_checks.hours(self.quiet_hours) if self.quiet_hours else None
