"""A mail server as the settings name it: one way to reach it, for sending and for `obhut doctor`."""

import smtplib
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 10.0
DEFAULT_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """Where mail goes, and as whom."""

    host: str
    port: int
    implicit_tls: bool
    user: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """The server at `smtp[s]://user:password@host:port`."""
        parts = urlsplit(url)
        return cls(
            host=parts.hostname or "",
            port=parts.port or DEFAULT_PORTS.get(parts.scheme, DEFAULT_PORTS["smtp"]),
            implicit_tls=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def connect(self) -> smtplib.SMTP:
        """A connection, encrypted where the server can, and logged in where there is a user.

        Raises OSError (ssl.SSLError among them) or smtplib.SMTPException.
        """
        if self.implicit_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=self._tls())
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        try:
            connection.ehlo_or_helo_if_needed()
            if not self.implicit_tls and connection.has_extn("starttls"):
                connection.starttls(context=self._tls())
                connection.ehlo()
            if self.user:
                connection.login(self.user, self.password)
        except (OSError, smtplib.SMTPException):
            connection.close()
            raise
        return connection

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if _is_loopback(self.host):  # no authority signs for 127.0.0.1
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


def reason_of(error: Exception) -> str:
    """What went wrong, in a few words for logs and people: the server's own where it gave some."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or type(error).__name__
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
        return f"{error.smtp_code} {' '.join(text.split())}"[:120]
    return type(error).__name__


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
