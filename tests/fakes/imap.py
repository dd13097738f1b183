"""A small IMAP server of our own: one account, one folder, as much of RFC 9051 as reading a mailbox takes."""

import base64
import contextlib
import re
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass, field

USER, PASSWORD = "bounces@stadt.example", 'geheim "ü\\'


@dataclass
class Kept:
    """A mail in the folder."""

    raw: bytes
    flags: set[str] = field(default_factory=set)


class ImapServer:
    """`mails` by UID. `drop_at`: the command at which the server hangs up; `drip_at`: at which it answers for ever."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, plain: bool = True, password: str = PASSWORD) -> None:
        self.mails: dict[int, Kept] = {}
        self.password = password
        self.plain = plain
        self.drop_at = self.drip_at = ""
        self.logins = self.open = 0
        self._tls = tls
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.imap = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def url(self, password: str = "geheim%20%22%C3%BC%5C") -> str:
        scheme = "imaps" if self._tls else "imap"
        return f"{scheme}://bounces%40stadt.example:{password}@127.0.0.1:{self._server.server_address[1]}/INBOX"

    def put(self, raw: bytes) -> int:
        uid = 100 + len(self.mails)
        self.mails[uid] = Kept(raw)
        return uid

    def seen(self) -> list[bool]:
        return [r"\Seen" in mail.flags for mail in self.mails.values()]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    imap: ImapServer

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        if self.imap._tls is None:
            super().finish_request(request, client_address)
            return
        with contextlib.suppress(OSError), self.imap._tls.wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)


class _Gone(Exception):
    """This conversation is over."""


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError, _Gone, ValueError):
            self._converse()

    def _converse(self) -> None:
        self._perhaps("GREETING")
        self._say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            command, _, arguments = rest.partition(" ")
            command = command.upper()
            if command == "UID":
                command, _, arguments = arguments.partition(" ")
            self._perhaps(command)
            handler = getattr(self, f"_{command.lower()}", None)
            said = handler(arguments) if handler else "BAD what?"
            self._say(f"{tag} {said}")
            if command == "LOGOUT":
                return

    def _perhaps(self, command: str) -> None:
        if self.server.imap.drop_at == command:
            raise _Gone
        while self.server.imap.drip_at == command:  # ends with the other side's patience
            self.wfile.write(b".")
            threading.Event().wait(0.02)

    def _capability(self, _: str) -> str:
        self._say("* CAPABILITY IMAP4rev1" + (" AUTH=PLAIN" if self.server.imap.plain else ""))
        return "OK done"

    def _login(self, arguments: str) -> str:
        words = [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', arguments)]
        return self._let_in(*words)

    def _authenticate(self, _: str) -> str:
        self._say("+ ")
        _, user, password = base64.b64decode(self.rfile.readline()).decode().split("\0")
        return self._let_in(user, password)

    def _let_in(self, user: str, password: str) -> str:
        if (user, password) != (USER, self.server.imap.password):
            return f"NO [AUTHENTICATIONFAILED] {user} may not come in"
        self.server.imap.logins += 1
        return "OK come in"

    def _select(self, folder: str) -> str:
        if folder != '"INBOX"':
            return "NO no such folder"
        self._say(f"* {len(self.server.imap.mails)} EXISTS")
        return "OK [READ-WRITE] done"

    def _search(self, _: str) -> str:
        unseen = [str(uid) for uid, mail in self.server.imap.mails.items() if r"\Seen" not in mail.flags]
        self._say(f"* SEARCH {' '.join(reversed(unseen))}".rstrip())
        return "OK done"

    def _fetch(self, arguments: str) -> str:
        uid, most = map(int, re.findall(r"^(\d+) .*<0\.(\d+)>", arguments)[0])
        part = self.server.imap.mails[uid].raw[:most]
        self._say("* 1 EXISTS")
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(part)}}}\r\n".encode() + part)
        self._say(")")
        return "OK done"

    def _store(self, arguments: str) -> str:
        uid, flags = re.findall(r"^(\d+) \+FLAGS\.SILENT \((.*)\)", arguments)[0]
        self.server.imap.mails[int(uid)].flags.update(flags.split())
        return "OK done"

    def _logout(self, _: str) -> str:
        self._say("* BYE")
        return "OK bye"

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
