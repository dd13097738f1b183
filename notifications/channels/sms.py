"""SMS through Twilio's Messages resource, or any server that speaks it."""

import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import structlog
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from config import clock
from config.settings import Settings
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
from notifications.statuses import RETRYABLE, Meaning

log = structlog.get_logger(__name__)
TWILIO = "https://api.twilio.com"
STATUS_PATH = "/webhooks/twilio/status"
IN_FLIGHT = 16
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 3.05, 10.0
LONGEST_VALIDITY_S, SHORTEST_VALIDITY_S = 36_000, 6  # Twilio takes 1…36000 and advises more than 5
CLOCK_DIFFERENCE = timedelta(minutes=5)
NEWEST_LOOKED_AT = 200

_silent = logging.getLogger("obhut.silent")
_silent.disabled = True


class RebasedHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """The SDK's HTTP client with kept-alive connections, our deadlines, no log of numbers, and another address."""

    def __init__(self, base: str) -> None:
        super().__init__(logger=_silent)
        assert self.session is not None
        adapter = HTTPAdapter(pool_maxsize=IN_FLIGHT * 2, max_retries=0)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)
        # urllib3 writes the address with its query, and so phone numbers, at DEBUG.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)
        parts = urlsplit(base)
        self._scheme, self._host, self._prefix = parts.scheme, parts.netloc, parts.path.rstrip("/")

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        parts = urlsplit(url)
        rebased = urlunsplit((self._scheme, self._host, self._prefix + parts.path, parts.query, ""))
        # The SDK takes a pair of deadlines only as its own default, not as an argument.
        self.timeout, kwargs["timeout"] = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S), None
        return super().request(method, rebased, *args, **kwargs)


class SmsChannel:
    """Sends up to 16 SMS at once over kept-alive connections."""

    can_look_up = True
    lease = timedelta(seconds=75)  # begin within 30 s, 13 s until the client gives up, half a minute for a late accept
    batch_size = 100

    def __init__(self, settings: Settings) -> None:
        account, token = settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
        self._client = Client(account, token, http_client=RebasedHttpClient(settings.twilio_api_base or TWILIO))
        self._callback = settings.public_url(STATUS_PATH)
        self._service = settings.twilio_messaging_service_sid
        self._pool = itertools.cycle(settings.twilio_from or ("",))

    def send(self, batch: Sequence[Outgoing], handing: Handing) -> Iterator[tuple[Outgoing, Outcome]]:
        """See `Channel`. Needs no `handing`: what became of an SMS can be looked up."""
        with ThreadPoolExecutor(min(IN_FLIGHT, len(batch)) or 1, thread_name_prefix="sms") as pool:
            running = {pool.submit(self._send_one, message): message for message in batch}
            for future in as_completed(running):
                yield running[future], future.result()

    def _send_one(self, message: Outgoing) -> Outcome:
        if clock.wall() > message.begin_before:
            return NotBegun()
        if not message.body:
            return Permanent("no_text")
        try:
            return self._post(message)
        except TwilioRestException as error:
            return _from_answer(error.status, str(error.code or error.status))
        except RequestException as error:
            return Temporary("unreachable") if _never_left(error) else Unknown(type(error).__name__)
        except (TwilioException, ValueError, TypeError, KeyError) as error:  # an answer that is no answer
            log.warning("sms_answer_unreadable", attempt=str(message.attempt_id), error=type(error).__name__)
            return Unknown(type(error).__name__)
        except Exception as error:
            log.exception("sms_send_crashed", attempt=str(message.attempt_id))
            return Crashed(type(error).__name__)

    def _post(self, message: Outgoing) -> Outcome:
        arguments: dict[str, Any] = {"to": message.to, "body": message.body, "status_callback": self._callback}
        sender = self._service or next(self._pool)
        arguments["messaging_service_sid" if self._service else "from_"] = sender
        if message.valid_for is not None:
            arguments["validity_period"] = max(SHORTEST_VALIDITY_S, min(message.valid_for, LONGEST_VALIDITY_S))
        answer = self._client.messages.create(**arguments)
        return Sent(answer.sid, sender) if answer.sid else Unknown("no_sid")

    def look_up(self, stale: Sequence[Outgoing]) -> Mapping[UUID, list[str] | None]:
        """See `Channel`. Twilio does not give the callback address back, so recipient, time and body must do."""
        return {
            message.attempt_id: self._candidates(message) for message in stale if clock.wall() <= message.begin_before
        }

    def _candidates(self, message: Outgoing) -> list[str] | None:
        # Not filtered by DateSent: what still waits at Twilio has none, and would be sent twice.
        try:
            found = self._client.messages.list(to=message.to, limit=NEWEST_LOOKED_AT)
        except (TwilioException, RequestException, ValueError, TypeError, KeyError) as error:
            log.warning("sms_look_up_failed", attempt=str(message.attempt_id), error=type(error).__name__)
            return None
        earliest = message.started_at - CLOCK_DIFFERENCE
        same = [
            each
            for each in found
            if each.to == message.to and _same_text(each.body, message.body) and _since(each, earliest)
        ]
        return [each.sid for each in reversed(same) if each.sid]


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


def _never_left(error: RequestException) -> bool:
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, RequestsConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _same_text(theirs: str | None, ours: str) -> bool:
    # A trial account puts a sentence of its own in front.
    return " ".join((theirs or "").split()).endswith(" ".join(ours.split()))


def _since(found: Any, earliest: datetime) -> bool:
    at: datetime | None = found.date_created or found.date_sent
    if at is None:
        return True
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) >= earliest
