"""E-mail by SMTP."""

import re
import smtplib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

import structlog

from config import clock
from config.settings import Settings
from notifications.channels.base import (
    Handing,
    NotBegun,
    Outcome,
    Outgoing,
    Permanent,
    Sent,
    Temporary,
    Unknown,
)
from notifications.channels.connections import Connections, Line
from notifications.channels.crew import Crew
from notifications.channels.mail_codes import DETAILS, MAILBOX_FULL, TOO_LARGE, enhanced_in, meaning_of_reply
from notifications.channels.smtp import Connection, MailServer, reason_of
from notifications.html_mail import html_from_text
from notifications.statuses import Meaning
from notifications.verp import BounceCodes

log = structlog.get_logger(__name__)
BEFORE_DATA_S = 60.0
DATA_S = 60.0  # servers may look into the mail before they answer
GO_ON, CLOSING = 354, 421
NOT_SMTP = "not_smtp"
LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)


class EmailChannel:
    """Sends over the server that a message names, with a few connections to each."""

    can_look_up = False
    lease = timedelta(seconds=180)  # begin within 30 s, at DATA within 60 s more, answered within another 70 s
    batch_size = 50
    lanes = 1

    def __init__(self, settings: Settings) -> None:
        servers = [MailServer.of(url) for url in settings.smtp_urls]
        self._servers: dict[str, Connections] = {}
        for server in servers:
            self._servers.setdefault(server.place, Connections(server))
        self._from = settings.mail_from
        self._codes = BounceCodes(settings.secret_key.get_secret_value(), settings.mail_from, settings.bounce_address)
        self._crew = Crew(self._send_one)

    @property
    def sender_names(self) -> tuple[str, ...]:
        """The servers as `host:port`, the main one first."""
        return tuple(self._servers)

    def send(self, batch: Sequence[Outgoing], handing: Handing) -> Iterator[tuple[Outgoing, Outcome]]:
        """See `Channel`."""
        first = next(iter(self._servers.values()))
        work: dict[Connections, list[Outgoing]] = {}
        for message in batch:
            work.setdefault(self._servers.get(message.sender, first), []).append(message)
        yield from self._crew.send(work, handing)

    def look_up(self, stale: Sequence[Outgoing]) -> Mapping[UUID, list[str] | None]:
        """SMTP cannot be asked afterwards."""
        return {message.attempt_id: None for message in stale}

    def _send_one(self, line: Line, message: Outgoing, handing: Handing) -> Outcome:
        if not message.to.isascii():  # only some servers take it, and the outbox refuses it
            return Permanent("address", Meaning.BAD_ADDRESS)
        content = self._compose(message).as_bytes()
        began = time.monotonic()
        must_begin_by = began + BEFORE_DATA_S
        problem = self._address(line.smtp, message, len(content), must_begin_by)
        if problem is not None and line.used and not line.alive:
            # The server had had enough of a connection that served before; that says nothing about this mail.
            try:
                line.renew()
            except (OSError, smtplib.SMTPException):
                return problem
            problem = self._address(line.smtp, message, len(content), must_begin_by)
        if problem is not None:
            return problem
        if time.monotonic() > must_begin_by:
            line.smtp.close()
            return Temporary("slow")
        if not handing(message.attempt_id):
            return NotBegun()
        return self._hand_over(line.smtp, message, content, began)

    def _address(self, smtp: Connection, message: Outgoing, size: int, until: float) -> Outcome | None:
        """All before DATA; what stands in the way, if anything."""
        smtp.ends_at = until
        try:
            smtp.ehlo_or_helo_if_needed()
            code, answer = _mail(smtp, self._codes.envelope_sender(message.attempt_id), size)
            if not 200 <= code < 300:
                return _sender_refused(smtp, code, answer)
            code, answer = smtp.rcpt(message.to)
            return None if 200 <= code < 300 else _from_reply(smtp, code, answer)
        except smtplib.SMTPResponseException as error:
            return _from_reply(smtp, error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            return Temporary(type(error).__name__)

    def _hand_over(self, smtp: Connection, message: Outgoing, content: bytes, began: float) -> Outcome:
        """DATA and after. Until the server has all of the mail up to its last dot it may not keep it."""
        sent = False
        smtp.ends_at = time.monotonic() + smtp.step_s
        try:
            code, answer = smtp.docmd("DATA")
            if code != GO_ON:
                return _from_reply(smtp, code, answer)
            sent = True
            code, answer = smtp.put(LINE_START_DOT.sub(b"..", content) + b".\r\n", DATA_S)
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            return Unknown(type(error).__name__) if sent else Temporary(type(error).__name__)
        if 200 <= code < 300:
            name, seconds = self._codes.message_id(message.attempt_id), time.monotonic() - began
            return Sent(name, self._place(message), seconds)
        if 400 <= code < 600:
            return _from_reply(smtp, code, answer)
        smtp.close()
        return Unknown(NOT_SMTP)

    def _place(self, message: Outgoing) -> str:
        return message.sender if message.sender in self._servers else self.sender_names[0]

    def _compose(self, message: Outgoing) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = self._from, message.to
        mail["Subject"] = " ".join(message.subject.split())
        mail["Date"] = format_datetime(clock.wall())
        mail["Message-ID"] = self._codes.message_id(message.attempt_id)
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # Exchange does not heed the line above
        mail["Content-Language"] = "de" if message.locale == "de-simple" else message.locale
        mail.set_content(message.body, cte="quoted-printable")
        page = message.html or html_from_text(message.subject, message.body, message.locale)
        mail.add_alternative(page, subtype="html", cte="quoted-printable")
        return mail


def _mail(connection: smtplib.SMTP, sender: str, size: int) -> tuple[int, bytes]:
    options = [f"size={size}"] if connection.does_esmtp and connection.has_extn("size") else []
    return connection.mail(sender, options)


def _sender_refused(smtp: Connection, code: int, answer: bytes) -> Outcome:
    # Login wanted, sender unknown: ours to mend, the message is innocent. Unless it is too large.
    if code == TOO_LARGE:
        return _from_reply(smtp, code, answer)
    log.warning("smtp_sender_refused", reason=reason_of(smtplib.SMTPResponseException(code, answer)))
    _close_after(smtp, code)
    return Temporary(str(code))


def _from_reply(smtp: Connection, code: int, answer: bytes | str) -> Outcome:
    """What a refusal means for the mail; it did not go out."""
    _close_after(smtp, code)
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    enhanced = enhanced_in(text.split(" ", 1)[0])
    name = NOT_SMTP if code < 0 else f"{code} {enhanced}" if enhanced else str(code)
    full = enhanced is not None and enhanced.partition(".")[2] == MAILBOX_FULL
    if 500 <= code < 600 and not full:
        return Permanent(name, meaning_of_reply(code, enhanced))
    return Temporary(name, DETAILS[MAILBOX_FULL] if full else Meaning.RETRY_LATER)


def _close_after(smtp: Connection, code: int) -> None:
    """After 421 the server hangs up, and after garbage nobody knows where in the conversation we are."""
    if code == CLOSING or not 200 <= code < 600:
        smtp.close()
