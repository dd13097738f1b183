"""Wiping the texts of SMS at the provider: Twilio keeps a record and forgets its text when Body is set to ""."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import structlog
from aiohttp import ClientError
from twilio.base.exceptions import TwilioException

from config.settings import Settings
from notifications import loop
from notifications.channels.twilio_client import AccountClient

log = structlog.get_logger(__name__)
AT_ONCE = 10  # sending goes first


@dataclass(frozen=True)
class Copy:
    """A text at the provider: its name there, and the sender that it went out from."""

    attempt_id: UUID
    provider_id: str
    sender: str


class Answer(StrEnum):
    """What the provider says. GONE: it has no such message, so nothing is left to wipe."""

    WIPED = "wiped"
    GONE = "gone"
    NOT_NOW = "not_now"


class Redactor:
    """Wipes texts at the accounts that sent them. Holds no connections between two calls."""

    def __init__(self, settings: Settings) -> None:
        self._accounts = settings.twilio_accounts

    def wipe(self, copies: Sequence[Copy]) -> Mapping[UUID, Answer]:
        """Wipe each of `copies`, a few at a time, each within the client's deadline. Never raises for one of them."""
        return loop.run(self._wipe_all(copies))

    async def _wipe_all(self, copies: Sequence[Copy]) -> dict[UUID, Answer]:
        clients = {account.account_sid: AccountClient(account, AT_ONCE) for account in self._accounts}
        of_sender = {name: clients[account.account_sid] for account in self._accounts for name in account.senders}
        room = asyncio.Semaphore(AT_ONCE)

        async def one(copy: Copy) -> Answer:
            # The settings may have changed since: whoever knows the message then is the one.
            asked = [of_sender[copy.sender]] if copy.sender in of_sender else list(clients.values())
            answers = []
            for client in asked:
                async with room:
                    answers.append(await _wipe(client, copy))
                if answers[-1] is Answer.WIPED:
                    break
            return next((each for each in (Answer.WIPED, Answer.NOT_NOW) if each in answers), Answer.GONE)

        try:
            found = await asyncio.gather(*(one(copy) for copy in copies))
        finally:
            for client in clients.values():
                await client.http_client.close()
        return {copy.attempt_id: answer for copy, answer in zip(copies, found, strict=True)}


async def _wipe(client: AccountClient, copy: Copy) -> Answer:
    path = f"{client.messages_path.removesuffix('.json')}/{copy.provider_id}.json"
    try:
        answer = await client.request_async("POST", path, data={"Body": ""})
        if answer.status_code == 404:
            return Answer.GONE
        if answer.status_code < 300 and json.loads(answer.text).get("body") == "":
            return Answer.WIPED
        log.info("text_not_redacted", attempt=str(copy.attempt_id), status=answer.status_code)
    except (ClientError, TwilioException, OSError, TimeoutError, ValueError, AttributeError) as error:
        log.info("text_not_redacted", attempt=str(copy.attempt_id), error=type(error).__name__)
    return Answer.NOT_NOW
