"""A real SMTP server (aiosmtpd) that keeps mails and can be told to refuse, to hang up, or to act in between."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class SmtpSink:
    """`mails` is everything accepted. `at_sender`, `at_recipient` and `at_end` may give an answer other than 250."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.at_sender: Callable[[str], str] = lambda _: "250 OK"
        self.at_recipient: Callable[[str], str] = lambda _: "250 OK"
        self.at_end: Callable[[EmailMessage], str] = lambda _: "250 OK"
        self.connections = 0
        self._lines: set[SMTP] = set()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, tls_context=tls)
        self._controller.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def stop(self) -> None:
        if self._controller.server is not None:
            self.hang_up()
            self._controller.stop(no_assert=True)

    def hang_up(self) -> None:
        """End all connections, as a server does with those that nobody uses."""
        asyncio.run_coroutine_threadsafe(self._close_all(), self._controller.loop).result(10)

    async def _close_all(self) -> None:
        while self._lines:
            line = self._lines.pop()
            if line.transport is not None:
                cast(Any, line.transport).abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the loop closes a socket one round after it was told to

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        self.connections += 1
        self._lines.add(server)
        session.host_name = hostname
        return lines

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.at_sender(address)
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.at_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        mail = BytesParser(policy=default).parsebytes(content)
        answer = self.at_end(mail)
        if answer.startswith("250"):
            self.mails.append(mail)
        if answer == "hang up":
            assert server.transport is not None
            cast(Any, server.transport).abort()
            return "421 bye"
        if answer == "250 hang up":
            assert server.transport is not None
            cast(Any, server.transport).abort()
        return answer
