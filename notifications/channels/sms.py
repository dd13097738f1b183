"""SMS through Twilio's Messages resource, or any server that speaks it."""

import asyncio
import atexit
import json
import re
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import structlog
from aiohttp import ClientConnectorError, ClientError, ConnectionTimeoutError
from twilio.base.exceptions import TwilioException

from config import clock
from config.message_settings import TwilioAccount
from config.settings import Settings
from notifications import loop
from notifications.channels.base import (
    Crashed,
    Handing,
    NotBegun,
    OptedOut,
    Outcome,
    Outgoing,
    Permanent,
    Sent,
    Temporary,
    Unknown,
)
from notifications.channels.codes import MEANINGS, meaning_of
from notifications.channels.twilio_client import AccountClient, quoted
from notifications.statuses import RETRYABLE, Meaning

log = structlog.get_logger(__name__)
STATUS_PATH = "/webhooks/twilio/status"
LOOK_UPS_AT_ONCE = 20
LONGEST_VALIDITY_S, SHORTEST_VALIDITY_S = 36_000, 6  # Twilio takes 1…36000 and advises more than 5
# Between us and the provider; what is known to be another message counts as none here.
CLOCK_DIFFERENCE, CLOCK_WAS_WRONG = timedelta(hours=1), timedelta(days=1)
PAGE, MOST_LOOKED_AT = 200, 2_000
LAST_CHANCE_S = 1.0
# What our tables take. One answer that they do not would keep the results of its whole batch from being written down.
SID, CODE = re.compile(r"[!-~]{1,120}"), re.compile(r"\w{1,20}", re.ASCII)


@dataclass
class Batch:
    """Messages that one caller waits for."""

    open: int
    done: asyncio.Future[None]
    outcomes: dict[UUID, Outcome] = field(default_factory=dict)

    def settle(self, attempt_id: UUID, outcome: Outcome) -> None:
        self.outcomes[attempt_id] = outcome
        self.open -= 1
        if not self.open and not self.done.done():
            self.done.set_result(None)


class Lines:
    """The clients of all accounts in one loop, and how much they may have under way."""

    def __init__(self, accounts: Sequence[TwilioAccount], in_flight: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.of_account = {account.account_sid: AccountClient(account, in_flight) for account in accounts}
        self.look_ups = asyncio.Semaphore(LOOK_UPS_AT_ONCE)
        self._most, self._senders = in_flight, 0
        self._waiting: deque[tuple[Outgoing, Batch]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def send(self, messages: Sequence[Outgoing], post: Callable[[Outgoing], Awaitable[Outcome]]) -> list[Outcome]:
        """What became of each message, in their order; batches of several callers share what may be under way.

        A few tasks that take one message after the other cost a third less than a task for each message.
        """
        batch = Batch(len(messages), self.loop.create_future())
        self._waiting.extend((message, batch) for message in messages)
        for _ in range(min(len(messages), self._most - self._senders)):
            self._senders += 1
            task = self.loop.create_task(self._work(post))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if messages:
            await batch.done
        return [batch.outcomes[message.attempt_id] for message in messages]

    async def _work(self, post: Callable[[Outgoing], Awaitable[Outcome]]) -> None:
        try:
            while self._waiting:
                message, batch = self._waiting.popleft()
                outcome: Outcome = Unknown("interrupted")
                try:
                    outcome = await post(message)
                finally:  # whatever ends this task, nobody may wait for its message for ever
                    batch.settle(message.attempt_id, outcome)
        finally:
            self._senders -= 1

    async def close(self) -> None:
        for client in self.of_account.values():
            await client.http_client.close()


_open: "weakref.WeakSet[Lines]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for lines in list(_open):
        closing = loop.begin(lines.close(), lines.loop)
        if closing is not None:
            closing.result(LAST_CHANCE_S)


class SmsChannel:
    """Sends up to `OBHUT_SMS_IN_FLIGHT` SMS at once over kept-alive connections of this process."""

    can_look_up = True
    lease = timedelta(seconds=75)  # begin within 30 s, 13 s until the client gives up, half a minute for a late accept
    batch_size = 200
    lanes = 3

    def __init__(self, settings: Settings) -> None:
        self._accounts = settings.twilio_accounts
        self._account_of = {name: account.account_sid for account in self._accounts for name in account.senders}
        services = {account.messaging_service_sid for account in self._accounts}
        callback = settings.public_url(STATUS_PATH)
        self._same_for = {
            name: urlencode({"MessagingServiceSid" if name in services else "From": name, "StatusCallback": callback})
            for name in self._account_of
        }
        self._in_flight = settings.sms_in_flight
        self._lines: Lines | None = None

    @property
    def sender_names(self) -> tuple[str, ...]:
        """See `Channel`: numbers and messaging services."""
        return tuple(self._account_of)

    def send(self, batch: Sequence[Outgoing], handing: Handing) -> Iterator[tuple[Outgoing, Outcome]]:
        """See `Channel`. Needs no `handing`: what became of an SMS can be looked up."""
        return zip(batch, loop.run(self._send_all(batch)), strict=True)

    def look_up(self, stale: Sequence[Outgoing]) -> Mapping[UUID, list[str] | None]:
        """See `Channel`. Twilio does not give the callback address back, so recipient, time and body must do."""
        return loop.run(self._look_up_all(stale))

    async def _send_all(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        lines = self._lines_here()
        return await lines.send(batch, partial(self._send_one, lines))

    def _lines_here(self) -> Lines:
        if self._lines is None or self._lines.loop is not asyncio.get_running_loop():
            self._lines = lines = Lines(self._accounts, self._in_flight)
            weakref.finalize(self, lambda: loop.begin(lines.close(), lines.loop)).atexit = False
            _open.add(lines)
        return self._lines

    async def _send_one(self, lines: Lines, message: Outgoing) -> Outcome:
        if clock.wall() > message.begin_before:
            return NotBegun()
        if not message.body:
            return Permanent("no_text")
        try:
            return await self._post(lines, message)
        except (ClientConnectorError, ConnectionTimeoutError):
            return Temporary("unreachable")
        except (ClientError, TimeoutError, OSError) as error:
            return Unknown(type(error).__name__)
        except (TwilioException, ValueError, TypeError, KeyError) as error:  # an answer that is no answer
            log.warning("sms_answer_unreadable", attempt=str(message.attempt_id), error=type(error).__name__)
            return Unknown(type(error).__name__)
        except Exception as error:
            log.exception("sms_send_crashed", attempt=str(message.attempt_id))
            return Crashed(type(error).__name__)

    async def _post(self, lines: Lines, message: Outgoing) -> Outcome:
        sender = message.sender if message.sender in self._account_of else self.sender_names[0]
        client = lines.of_account[self._account_of[sender]]
        form = f"To={quoted(message.to)}&Body={quoted(message.body)}&{self._same_for[sender]}"
        if message.valid_for is not None:
            form += f"&ValidityPeriod={max(SHORTEST_VALIDITY_S, min(message.valid_for, LONGEST_VALIDITY_S))}"
        began = time.monotonic()
        # Not `messages.create_async`: it spends more time on reading dates that nobody wants than on sending.
        answer = await client.request_async("POST", client.messages_path, data=form.encode())
        found = json.loads(answer.text)
        if not isinstance(found, dict):  # no crash of ours, after which we would send again without a look
            return Unknown("no_object")
        if answer.status_code >= 400:
            code = str(found.get("code") or "")
            return _from_answer(answer.status_code, code if CODE.fullmatch(code) else str(answer.status_code))
        sid = str(found.get("sid") or "")
        return Sent(sid, sender, time.monotonic() - began) if SID.fullmatch(sid) else Unknown("no_sid")

    async def _look_up_all(self, stale: Sequence[Outgoing]) -> dict[UUID, list[str] | None]:
        lines = self._lines_here()
        found = await asyncio.gather(*(self._candidates(lines, message) for message in stale))
        return {message.attempt_id: answer for message, answer in zip(stale, found, strict=True)}

    async def _candidates(self, lines: Lines, message: Outgoing) -> list[str] | None:
        account = self._account_of.get(message.sender)  # an attempt of before the settings changed: ask all
        clients = [lines.of_account[account]] if account else list(lines.of_account.values())
        async with lines.look_ups:
            if clock.wall() > message.begin_before:
                return None
            try:
                lists = [await _listed(client, message) for client in clients]
            except (TwilioException, ClientError, TimeoutError, OSError, ValueError, TypeError, KeyError) as error:
                log.warning("sms_look_up_failed", attempt=str(message.attempt_id), error=type(error).__name__)
                return None
        if any(found is None for found in lists):
            return None
        return [sid for found in lists for sid in reversed(found or [])]


async def _listed(client: AccountClient, message: Outgoing) -> list[str] | None:
    """The ids of the account's messages that may be this one, newest first; None when there are too many to tell."""
    now, seen = clock.wall(), 0
    # Claimed in the future, by what our clock says now: then it was wrong, and nobody knows by how much.
    earliest = message.started_at - CLOCK_DIFFERENCE if message.started_at <= now else now - CLOCK_WAS_WRONG
    found: list[str] = []
    # Not filtered by DateSent: what still waits at Twilio has none, and would be sent twice.
    async for each in await client.messages.stream_async(to=message.to, page_size=PAGE, limit=MOST_LOOKED_AT):
        if not _since(each, earliest):
            return found  # newest first: what follows is older still
        seen += 1
        if SID.fullmatch(each.sid or "") and each.to == message.to and _same_text(each.body, message.body):
            found.append(each.sid)
    return found if found or seen < MOST_LOOKED_AT else None


def _from_answer(http_status: int, code: str) -> Outcome:
    meaning = meaning_of(code)
    if http_status == 429:
        return Temporary(code, Meaning.RETRY_LATER)
    if code in MEANINGS and meaning in RETRYABLE:
        return Temporary(code, meaning)
    if meaning is Meaning.OPTED_OUT:
        return OptedOut(code)
    if http_status >= 500:
        return Unknown(code)
    if http_status in (401, 403):
        return Temporary(code)
    return Permanent(code, meaning)


def _same_text(theirs: str | None, ours: str) -> bool:
    # A trial account puts a sentence of its own in front.
    return " ".join((theirs or "").split()).endswith(" ".join(ours.split()))


def _since(found: Any, earliest: datetime) -> bool:
    at: datetime | None = found.date_created or found.date_sent
    if at is None:
        return True
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) >= earliest
