"""E-mail by SMTP."""

import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from uuid import UUID

import structlog

from config import clock
from config.settings import Settings
from notifications.channels.base import (
    Crashed,
    Handing,
    NotBegun,
    Outcome,
    Outgoing,
    Permanent,
    Sent,
    Temporary,
    Unknown,
)
from notifications.channels.smtp import MailServer, reason_of
from notifications.statuses import Meaning

log = structlog.get_logger(__name__)
DATA_TIMEOUT_S = 60.0
# RFC 5321 with RFC 3463: these say something about the address, the rest about the message or the server.
TOO_LARGE_CODE = 552
BAD_ADDRESS_CODES = frozenset({550, 551, 553})


class EmailChannel:
    """Sends a batch over one connection."""

    can_look_up = False
    lease = timedelta(seconds=180)  # begin within 30 s, then at most seven replies of 10 s and one of 60 s
    batch_size = 50
    lanes = 1

    def __init__(self, settings: Settings) -> None:
        self._server = MailServer.of(settings.smtp_url.get_secret_value())
        self._from = settings.mail_from
        self._envelope_from = parseaddr(settings.mail_from)[1]
        self._domain = self._envelope_from.partition("@")[2] or "localhost.localdomain"

    @property
    def sender_names(self) -> tuple[str, ...]:
        """See `Channel`."""
        return (self._server.place,)

    def send(self, batch: Sequence[Outgoing], handing: Handing) -> Iterator[tuple[Outgoing, Outcome]]:
        """See `Channel`."""
        connection: smtplib.SMTP | None = None
        problem: Outcome | None = None
        try:
            for message in batch:
                if clock.wall() > message.begin_before:
                    yield message, NotBegun()
                    continue
                if connection is None and problem is None:
                    connection, problem = self._connect()
                if connection is None:
                    yield message, problem or NotBegun()
                    continue
                outcome = self._send_one(connection, message, handing)
                if connection.sock is None or not (isinstance(outcome, Sent) or _ready_again(connection)):
                    connection = None
                yield message, outcome
        finally:
            if connection is not None:
                _quit(connection)

    def look_up(self, stale: Sequence[Outgoing]) -> Mapping[UUID, list[str] | None]:
        """SMTP cannot be asked afterwards."""
        return {message.attempt_id: None for message in stale}

    def _connect(self) -> tuple[smtplib.SMTP | None, Outcome | None]:
        try:
            return self._server.connect(), None
        except (OSError, smtplib.SMTPException) as error:
            log.warning("smtp_connect_failed", place=self._server.place, reason=reason_of(error))
            # Nothing about this is the message's fault, a refused login included.
            code = "certificate" if isinstance(error, ssl.SSLCertVerificationError) else "unreachable"
            return None, Temporary(str(getattr(error, "smtp_code", code)))

    def _send_one(self, connection: smtplib.SMTP, message: Outgoing, handing: Handing) -> Outcome:
        handed = False
        try:
            content = self._compose(message).as_bytes()
            connection.ehlo_or_helo_if_needed()
            code, answer = _mail(connection, self._envelope_from, content)
            if code != 250:
                return _sender_refused(code, answer)
            code, answer = connection.rcpt(message.to)
            if code not in (250, 251, 252):
                return _from_reply(code, answer)
            if not handing(message.attempt_id):
                return NotBegun()
            handed = True
            if connection.sock is not None:  # servers may look into the mail before they answer
                connection.sock.settimeout(DATA_TIMEOUT_S)
            code, answer = connection.data(content)
            return Sent(self._message_id(message), self._envelope_from) if code == 250 else _from_reply(code, answer)
        except smtplib.SMTPResponseException as error:
            return _from_reply(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            connection.close()
            return Unknown(type(error).__name__) if handed else Temporary(type(error).__name__)
        except Exception as error:
            log.exception("email_send_crashed", attempt=str(message.attempt_id))
            connection.close()
            return Unknown(type(error).__name__) if handed else Crashed(type(error).__name__)

    def _compose(self, message: Outgoing) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = self._from, message.to
        mail["Subject"] = " ".join(message.subject.split())
        mail["Date"] = format_datetime(clock.wall())
        mail["Message-ID"] = self._message_id(message)
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = "de" if message.locale == "de-simple" else message.locale
        mail.set_content(message.body, cte="quoted-printable")
        if message.html:
            mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
        return mail

    def _message_id(self, message: Outgoing) -> str:
        return f"<{message.attempt_id}@{self._domain}>"


def _mail(connection: smtplib.SMTP, sender: str, content: bytes) -> tuple[int, bytes]:
    options = [f"size={len(content)}"] if connection.does_esmtp and connection.has_extn("size") else []
    return connection.mail(sender, options)


def _sender_refused(code: int, answer: bytes) -> Outcome:
    # Login wanted, sender unknown: ours to mend, the message is innocent. Unless it is too large.
    if code == TOO_LARGE_CODE:
        return _from_reply(code, answer)
    log.warning("smtp_sender_refused", reason=reason_of(smtplib.SMTPResponseException(code, answer)))
    return Temporary(str(code))


def _from_reply(code: int, answer: bytes | str) -> Outcome:
    if 500 <= code < 600:
        return Permanent(str(code), Meaning.BAD_ADDRESS if code in BAD_ADDRESS_CODES else Meaning.REJECTED)
    return Temporary(str(code))


def _ready_again(connection: smtplib.SMTP) -> bool:
    """Whether the connection takes another message."""
    try:
        return connection.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        connection.close()
        return False


def _quit(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()
