"""The sandbox's mail server and what it keeps. Nothing is ever sent on.

For trying failures out: a recipient that begins with `reject` is refused for good (550), one that begins with `later`
for now (451).
"""

import asyncio
import json
import socket
import threading
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Blueprint, Response, current_app, request

from config.sandbox.phone import authenticated
from config.sandbox.store import Row, Store

MAX_MAIL_BYTES = 25 * 1024 * 1024


class _Handler:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower().startswith("reject"):
            return "550 5.1.1 No such mailbox here"
        if address.lower().startswith("later"):
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        number = self._store.add_mail(envelope.mail_from or "", list(envelope.rcpt_tos), time.time(), raw)
        return f"250 2.0.0 Kept as {number}"


class MailServer:
    """An SMTP server on `listener` in a thread of its own."""

    def __init__(self, store: Store, listener: socket.socket) -> None:
        self._store, self._listener = store, listener
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mailbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(2)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._loop.create_server(self._protocol, sock=self._listener))
        self._loop.run_forever()

    def _protocol(self) -> SMTP:
        return SMTP(
            _Handler(self._store), data_size_limit=MAX_MAIL_BYTES, enable_SMTPUTF8=True, hostname="sandbox",
            ident="Obhut sandbox", loop=self._loop,
        )  # fmt: skip


blueprint = Blueprint("sandbox_mailbox", __name__)


def _store() -> Store:
    store = current_app.extensions["sandbox.store"]
    assert isinstance(store, Store)
    return store


@blueprint.get("/mail/messages")
@authenticated
def list_mails() -> Any:
    arguments = request.args
    found = _store().mails(
        to=arguments.get("to", ""), after=arguments.get("after", None, int),
        limit=min(arguments.get("limit", 50, int), 500), offset=arguments.get("offset", 0, int),
    )  # fmt: skip
    return {"items": [shown(mail) for mail in found]}


@blueprint.get("/mail/messages/<int:number>")
@authenticated
def show_mail(number: int) -> Any:
    mail = _store().mail(number)
    return shown(mail) if mail else ({"status": 404}, 404)


@blueprint.get("/mail/messages/<int:number>/parts/<int:part>")
@authenticated
def show_part(number: int, part: int) -> Any:
    mail = _store().mail(number)
    attachments = list(_parsed(mail).iter_attachments()) if mail else []
    if part >= len(attachments):
        return {"status": 404}, 404
    content = attachments[part].get_payload(decode=True)
    return Response(content if isinstance(content, bytes) else b"", mimetype=attachments[part].get_content_type())


def _parsed(mail: Row) -> EmailMessage:
    message = message_from_bytes(mail["raw"], policy=modern)
    assert isinstance(message, EmailMessage)
    return message


def shown(mail: Row) -> dict[str, Any]:
    """One mail as JSON: envelope, headers, text, HTML, and its attachments without their content."""
    message = _parsed(mail)
    return {
        "id": mail["id"],
        "from": str(message.get("From", mail["sender"])),
        "to": json.loads(mail["recipients"]),
        "subject": str(message.get("Subject", "")),
        "at": datetime.fromtimestamp(mail["received"], UTC).isoformat(),
        "headers": {name: str(value) for name, value in message.items()},
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "attachments": [
            {
                "filename": part.get_filename() or f"part-{number}",
                "content_type": part.get_content_type(),
                "size": len(part.get_payload(decode=True) or b""),
            }
            for number, part in enumerate(message.iter_attachments())
        ],
    }


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    try:
        return str(part.get_content()) if part is not None else ""
    except (LookupError, UnicodeError):
        return ""
