"""An SMTP server of our own that misbehaves at the step it is told to; aiosmtpd is too well-bred for that.

A mood is an answer ("451 later"), or one of DROP, CUT, DRIP, GARBAGE. Moods are given to a step as a list, of which
each conversation takes the next, or as a function of the number of times the step was reached (None: behave).
"""

import contextlib
import re
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message

DROP, CUT, DRIP, GARBAGE = "drop", "cut", "drip", "garbage"
STEPS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "content", "end", "NOOP", "RSET")
Moods = list[str | None] | Callable[[int], str | None]


class MoodySmtp:
    """`mails`: what it kept, by Message-ID in the order of arrival; `in_data`: how much came to DATA, kept or not;
    `torn`: connections that had been handed a mail, and ended without a word.
    """

    def __init__(self) -> None:
        self.moods: dict[str, Moods] = {}
        self.mails: list[Message] = []
        self.senders: list[str] = []
        self.in_data: int = 0
        self.connections = self.open = self.most_open = self.torn = 0
        self._reached = dict.fromkeys(STEPS, 0)
        self._guard = threading.RLock()
        self._changed = threading.Condition(self._guard)
        self._sockets: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.moody = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"smtp://{self.place}"

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what it kept."""
        return [str(mail["Message-ID"]) for mail in self.mails]

    def mood(self, step: str) -> str | None:
        with self._guard:
            number = self._reached[step]
            self._reached[step] += 1
            moods = self.moods.get(step)
            if callable(moods):
                return moods(number)
            return moods.pop(0) if moods else None

    def came(self, connection: socket.socket) -> None:
        with self._guard:
            self._sockets.add(connection)
            self.connections += 1
            self.open += 1
            self.most_open = max(self.open, self.most_open)

    def went(self, connection: socket.socket, *, torn: bool = False) -> None:
        with self._changed:
            self._sockets.discard(connection)
            self.open -= 1
            self.torn += torn
            self._changed.notify_all()

    def quiet(self) -> None:
        """Return when all conversations are over. Everybody who sends must be dead or have hung up."""
        with socket.create_connection(self._server.server_address) as last:  # accepted after all that waited
            last.recv(100)
        with self._changed:
            assert self._changed.wait_for(lambda: not self.open, 60), "somebody is still connected"

    def hang_up(self) -> None:
        """End all connections, as servers do with those that nobody uses."""
        with self._guard:
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self.hang_up()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 50
    moody: MoodySmtp


class _Gone(Exception):
    """This conversation is over."""


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._was_handed = self._quit = False
        self.server.moody.came(self.connection)
        try:
            with contextlib.suppress(OSError, _Gone):
                self._converse()
        finally:
            self.server.moody.went(self.connection, torn=self._was_handed and not self._quit)

    def _converse(self) -> None:
        self._react("connect", "220 moody ESMTP")
        while line := self.rfile.readline():
            command = line.decode().strip()
            verb = command.upper().split(" ")[0].split(":")[0]
            match verb:
                case "EHLO" | "NOOP" | "RSET":
                    self._react(verb, "250 ok")
                case "MAIL":
                    self._sender = re.findall("<(.*)>", command)[0]
                    self._react(verb, "250 ok")
                case "RCPT":
                    self._react(verb, "250 ok")
                case "DATA":
                    if self._react("DATA", "354 go on"):
                        self._take()
                case "QUIT":
                    self._quit = True
                    self._say("221 bye")
                    return
                case _:
                    self._say("502 not known")

    def _take(self) -> None:
        moody = self.server.moody
        self._was_handed = True
        with moody._guard:
            moody.in_data += 1
        if moody.mood("content") == CUT:
            self.rfile.readline()
            self._reset()
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Gone
            lines.append(line[1:] if line.startswith(b".") else line)
        mood = moody.mood("end")
        if mood is None or mood in (CUT, DRIP, GARBAGE) or mood.startswith("2"):
            with moody._guard:
                moody.mails.append(message_from_bytes(b"".join(lines)))
                moody.senders.append(self._sender)
        self._answer(mood, "250 kept")

    def _react(self, step: str, well: str) -> bool:
        return self._answer(self.server.moody.mood(step), well)

    def _answer(self, mood: str | None, well: str) -> bool:
        """Answer as the mood is; True when that was a good answer."""
        if mood in (DROP, CUT):
            self._reset()
        if mood == DRIP:
            while True:  # ends with the other side's patience
                self.wfile.write(well[:3].encode() + b"-")
                threading.Event().wait(0.02)
        if mood == GARBAGE:
            self._say("\x00\xff SSH-2.0 what?")
            return False
        self._say(mood or well)
        if mood and mood.startswith("421"):
            raise _Gone
        return mood is None

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _Gone

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode("latin-1") + b"\r\n")
