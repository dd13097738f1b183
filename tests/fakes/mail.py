"""A small SMTP server of our own that keeps what it is given. Speaks just enough of RFC 5321."""

import contextlib
import email
import email.policy
import socketserver
import threading
import time
from email.message import EmailMessage
from typing import cast


class MailServer:
    """`mails` is everything accepted, in order, at the `time.monotonic()` of `arrived_at`; `refuse_with` an answer such
    as "451 later" to every recipient.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.arrived_at: list[float] = []
        self.refuse_with: str | None = None
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.kept = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead an application here."""
        return {"OBHUT_SMTP_URL": f"smtp://127.0.0.1:{self._server.server_address[1]}"}

    def to(self, address: str) -> list[EmailMessage]:
        """The mails for one address."""
        return [mail for mail in self.mails if address in str(mail["To"])]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    kept: MailServer


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # whoever sends may be killed in the middle
            self._converse()

    def _converse(self) -> None:
        self._say("220 mail.test ESMTP")
        while line := self.rfile.readline():
            command = line.decode(errors="replace").strip()
            match command.upper().split(" ")[0]:
                case "EHLO":
                    self._say("250-mail.test\r\n250-8BITMIME\r\n250 SMTPUTF8")
                case "RCPT":
                    self._say(self.server.kept.refuse_with or "250 ok")
                case "DATA":
                    self._say("354 go on")
                    self._take()
                case "QUIT":
                    self._say("221 bye")
                    return
                case "HELO" | "MAIL" | "RSET" | "NOOP":
                    self._say("250 ok")
                case _:
                    self._say("502 not known")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        parsed = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.kept.arrived_at.append(time.monotonic())
        self.server.kept.mails.append(cast(EmailMessage, parsed))
        self._say("250 kept")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
