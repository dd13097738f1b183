"""A mail server as the settings name it: one way to reach it, for sending and for `obhut doctor`.

A socket's timeout is for each read, so a server that drips a letter every few seconds would hold us for ever: here each
reply, and the conversation as a whole, has an end.
"""

import math
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Self
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 10.0
CONNECT_S = 40.0
DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
LONGEST_REPLY = 64 * 1024


class _Replies:
    """The lines of a server, each read until a moment that does not move."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._read = b""
        self.until = math.inf
        self.left = LONGEST_REPLY

    def readline(self, most: int) -> bytes:
        """One line with its end, or what there is after `most` bytes. Raises OSError, at the latest at `until`."""
        while b"\n" not in self._read and len(self._read) < most:
            remaining = self.until - time.monotonic()
            if remaining <= 0:
                raise TimeoutError("the reply took too long")
            self._sock.settimeout(remaining)
            more = self._sock.recv(4096)
            if not more:
                break
            self._read += more
            self.left -= len(more)
            if self.left < 0:
                raise OSError("the reply has no end")
        end = self._read.find(b"\n") + 1 or len(self._read)
        end = min(end, most)
        line, self._read = self._read[:end], self._read[end:]
        return line

    def close(self) -> None:
        self._read = b""


class Connection(smtplib.SMTP):
    """A connection whose every step ends `step_s` seconds after it began, and none after `ends_at` (monotonic)."""

    step_s = TIMEOUT_S
    ends_at = math.inf

    def __init__(self, host: str, port: int, **options: Any) -> None:
        self.ends_at = time.monotonic() + CONNECT_S
        super().__init__(host, port, local_hostname=_own_name(), timeout=TIMEOUT_S, **options)

    def getreply(self) -> tuple[int, bytes]:
        """See smtplib."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if self.file is None:
            self.file = _Replies(self.sock)
        self.file.until, self.file.left = self._until(), LONGEST_REPLY
        return super().getreply()

    def send(self, s: Any) -> None:
        """See smtplib."""
        if self.sock is not None:
            self.sock.settimeout(max(self._until() - time.monotonic(), 0.001))
        super().send(s)

    def put(self, content: bytes, within_s: float) -> tuple[int, bytes]:
        """Send `content` and wait for the answer, both within that time."""
        self.ends_at, self.step_s = time.monotonic() + within_s, within_s
        try:
            self.send(content)
            return self.getreply()
        finally:
            self.step_s = TIMEOUT_S

    def _until(self) -> float:
        return min(time.monotonic() + self.step_s, self.ends_at)


class TlsConnection(Connection, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


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

    def connect(self) -> Connection:
        """A connection, encrypted where the server can, and logged in where there is a user; within 40 s.

        Raises OSError (ssl.SSLError among them) or smtplib.SMTPException.
        """
        if self.implicit_tls:
            connection: Connection = TlsConnection(self.host, self.port, context=tls_context(self.host))
        else:
            connection = Connection(self.host, self.port)
        try:
            connection.ehlo_or_helo_if_needed()
            if not self.implicit_tls and connection.has_extn("starttls"):
                connection.starttls(context=tls_context(self.host))
                connection.ehlo()
            if self.user:
                connection.login(self.user, self.password)
        except (OSError, smtplib.SMTPException):
            connection.close()
            raise
        except UnicodeError:  # smtplib can only log in with ASCII
            connection.close()
            raise smtplib.SMTPNotSupportedError("user and password must be ASCII") from None
        connection.ends_at = math.inf
        return connection


def tls_context(host: str) -> ssl.SSLContext:
    """How to check a server's certificate."""
    context = ssl.create_default_context()
    if _is_loopback(host):  # no authority signs for 127.0.0.1
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


@lru_cache(maxsize=1)
def _own_name() -> str:
    # Asks the name server, which may take its time: once is enough.
    name = socket.getfqdn()
    return name if "." in name else "[127.0.0.1]"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
