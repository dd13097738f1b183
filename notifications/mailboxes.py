"""The mailbox that takes what comes back: over IMAP, or a Maildir of this machine. Reading it changes nothing;
what was dealt with is marked as read, so that it is not looked at again."""

import contextlib
import imaplib
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from notifications.channels.smtp import tls_context
from notifications.delivery_reports import LONGEST

TIMEOUT_S = 10.0
CONVERSATION_S = 60.0
PORTS = {"imap": 143, "imaps": 993}
SEEN = "S"
UID = re.compile(rb"\d+")


class MailboxError(Exception):
    """The mailbox cannot be read; the text says why, without anybody's address."""


class Mailbox(Protocol):
    """An open mailbox."""

    def unread(self, most: int) -> Iterator[tuple[str, bytes]]:
        """What nobody read yet, oldest first: a name, and the beginning of the mail. Raises MailboxError."""
        ...

    def mark_read(self, name: str) -> None:
        """Note that this one is dealt with. Raises MailboxError."""
        ...


@contextmanager
def opened(url: str) -> Iterator[Mailbox]:
    """The mailbox at `imap[s]://user:password@host/folder` or `maildir:///path`. Raises MailboxError."""
    parts = urlsplit(url)
    if parts.scheme == "maildir":
        yield Maildir(Path(unquote(parts.path)))
        return
    with _conversation(url) as imap:
        yield imap


class Maildir:
    """A folder with `new` and `cur` in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        for name in ("new", "cur"):
            if not os.access(path / name, os.R_OK | os.W_OK | os.X_OK):
                raise MailboxError(f"{path / name} cannot be read and written")

    def unread(self, most: int) -> Iterator[tuple[str, bytes]]:
        """See `Mailbox`."""
        for place in self._unread()[:most]:
            try:
                with (self._path / place).open("rb") as file:
                    yield place, file.read(LONGEST)
            except FileNotFoundError:
                continue  # somebody else has dealt with it
            except OSError as error:
                raise MailboxError(type(error).__name__) from None

    def mark_read(self, name: str) -> None:
        """See `Mailbox`."""
        base, _, flags = Path(name).name.partition(":2,")
        marked = "".join(sorted({*flags, SEEN}))
        try:
            with contextlib.suppress(FileNotFoundError):
                (self._path / name).rename(self._path / "cur" / f"{base}:2,{marked}")
        except OSError as error:
            raise MailboxError(type(error).__name__) from None

    def _unread(self) -> list[str]:
        try:
            fresh = [f"new/{name}" for name in sorted(os.listdir(self._path / "new"))]
            older = [f"cur/{name}" for name in sorted(os.listdir(self._path / "cur"))]
        except OSError as error:
            raise MailboxError(type(error).__name__) from None
        seen = [name for name in older if SEEN in name.partition(":2,")[2]]
        return [name for name in [*older, *fresh] if name not in set(seen) and not Path(name).name.startswith(".")]


class Imap:
    """A folder of an IMAP server, opened for reading and marking."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self._connection = connection

    def unread(self, most: int) -> Iterator[tuple[str, bytes]]:
        """See `Mailbox`."""
        with _translated():
            found = _done(self._connection.uid("SEARCH", "UNSEEN", "UNDELETED"))
        uids = sorted({int(uid) for line in found if line for uid in UID.findall(line)})
        for uid in uids[:most]:
            with _translated():  # PEEK: whoever dies here leaves it unread
                answer = _done(self._connection.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LONGEST}>)"))
            content = next((part[1] for part in answer if isinstance(part, tuple)), None)
            if content is not None:
                yield str(uid), content

    def mark_read(self, name: str) -> None:
        """See `Mailbox`."""
        with _translated():
            _done(self._connection.uid("STORE", name, "+FLAGS.SILENT", r"(\Seen)"))


class _Timed(imaplib.IMAP4):
    """A connection that ends after a minute, however slowly the server drips."""

    watchdog: threading.Timer | None = None

    def open(self, host: str = "", port: int = PORTS["imap"], timeout: float | None = None) -> None:
        super().open(host, port, timeout)
        self.watchdog = threading.Timer(CONVERSATION_S, self._cut)
        self.watchdog.daemon = True
        self.watchdog.start()

    def shutdown(self) -> None:
        if self.watchdog is not None:
            self.watchdog.cancel()
        super().shutdown()

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


class _TimedTls(_Timed, imaplib.IMAP4_SSL):  # type: ignore[misc]  # typeshed has another default port
    """The same, encrypted from the first byte."""


@contextmanager
def _conversation(url: str) -> Iterator[Imap]:
    """Log in, select the folder, and log out in the end."""
    with _translated():
        connection = _connected(url)
    try:
        with _translated():
            _log_in(connection, url)
            folder = unquote(urlsplit(url).path.lstrip("/")) or "INBOX"
            if not folder.isascii() or '"' in folder or "\\" in folder:
                raise MailboxError("the folder's name must be plain ASCII")
            _done(connection.select(f'"{folder}"'))
        yield Imap(connection)
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            connection.logout()
        with contextlib.suppress(OSError):
            connection.shutdown()


def _connected(url: str) -> imaplib.IMAP4:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    if parts.scheme == "imaps":
        return _TimedTls(host, port, ssl_context=tls_context(host), timeout=TIMEOUT_S)
    connection = _Timed(host, port, timeout=TIMEOUT_S)
    if "STARTTLS" in connection.capabilities:
        try:
            connection.starttls(tls_context(host))
        except BaseException:
            connection.shutdown()
            raise
    return connection


def _log_in(connection: imaplib.IMAP4, url: str) -> None:
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if "AUTH=PLAIN" in connection.capabilities:  # takes every letter
        _done(connection.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode()))
    else:
        quoted = user.replace("\\", "\\\\").replace('"', '\\"')
        _done(connection.login(f'"{quoted}"', password))


def _done(answer: tuple[str, Any]) -> list[Any]:
    """What a server gave, if it did. Raises MailboxError."""
    word, found = answer[0], list(answer[1])
    if word != "OK":
        raise MailboxError(f"the server says {word}")
    return found


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except imaplib.IMAP4.error as error:
        # The library's own texts begin with the command; the server's are a refusal, which may name the user.
        raise MailboxError("refused" if type(error) is imaplib.IMAP4.error else type(error).__name__) from None
    except UnicodeError:
        raise MailboxError("user and password must be ASCII for this server") from None
    except OSError as error:
        raise MailboxError(type(error).__name__) from None
