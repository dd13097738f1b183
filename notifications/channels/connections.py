"""Connections to one mail server: a few at once, kept for the next batch while the server keeps them."""

import math
import os
import smtplib
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

from notifications.channels.smtp import Connection, MailServer

AT_ONCE = 4
IDLE_S = 60.0
OK = 250


@dataclass
class Line:
    """A connection and how it stands: `used` tells that the server may have had enough of it."""

    server: MailServer
    smtp: Connection
    used: bool = False
    idle_since: float = field(default_factory=time.monotonic)

    @property
    def alive(self) -> bool:
        return self.smtp.sock is not None

    def renew(self) -> None:
        """A new connection in place of one that broke. Raises OSError or smtplib.SMTPException; then it is dead."""
        self.smtp.close()
        self.smtp, self.used = self.server.connect(), False

    def ready_again(self) -> bool:
        """Whether it takes another message after one that it refused; it is closed when not."""
        return self._answers(self.smtp.rset)

    def still_there(self) -> bool:
        """Whether the server still listens; it is closed when not."""
        return self._answers(self.smtp.noop)

    def hang_up(self) -> None:
        """Close it, politely where the server still listens."""
        self.smtp.ends_at = math.inf
        try:
            if self.alive:
                self.smtp.quit()
        except (OSError, smtplib.SMTPException):
            pass
        self.smtp.close()

    def _answers(self, ask: Callable[[], tuple[int, bytes]]) -> bool:
        self.smtp.ends_at = math.inf
        try:
            if self.alive and ask()[0] == OK:
                return True
        except (OSError, smtplib.SMTPException):
            pass
        self.smtp.close()
        return False


class Connections:
    """At most `AT_ONCE` connections of this process to `server`; those not needed for a minute are closed."""

    def __init__(self, server: MailServer, idle_s: float = IDLE_S) -> None:
        self.server = server
        self._idle_s = idle_s
        self._guard = threading.Lock()
        self._idle: list[Line] = []
        self._pid = os.getpid()
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._closing = False
        weakref.finalize(self, _hang_up_all, self._idle, self._pid)

    def borrow(self, within_s: float) -> Line | None:
        """A connection, a kept one if there is any; None when all are taken for `within_s` seconds.

        Give it back in any case. Raises OSError or smtplib.SMTPException when the server is not to be had.
        """
        self._forget_those_of_the_parent()
        if not self._free.acquire(timeout=max(within_s, 0.0)):
            return None
        try:
            while (kept := self._newest()) is not None:
                if kept.still_there():
                    return kept
            return Line(self.server, self.server.connect())
        except BaseException:
            self._free.release()
            raise

    def give_back(self, line: Line) -> None:
        """Keep the connection for whoever comes next, if it is alive."""
        if line.alive:
            line.idle_since = time.monotonic()
            with self._guard:
                self._idle.append(line)
                if not self._closing:
                    self._closing = True
                    _later(self._idle_s, self)
        self._free.release()

    def close_idle(self) -> None:
        """Close what nobody needed for a while, and look again later when something is left."""
        with self._guard:
            oldest = time.monotonic() - self._idle_s
            over = [line for line in self._idle if line.idle_since <= oldest]
            self._idle[:] = [line for line in self._idle if line.idle_since > oldest]
            self._closing = bool(self._idle)
            if self._closing:
                _later(min(line.idle_since for line in self._idle) - oldest, self)
        for line in over:
            line.hang_up()

    def _newest(self) -> Line | None:
        with self._guard:
            return self._idle.pop() if self._idle else None

    def _forget_those_of_the_parent(self) -> None:
        # After a fork both processes hold the same connections; only the parent may speak on them.
        if self._pid == os.getpid():
            return
        inherited, self._idle, self._pid = self._idle, [], os.getpid()
        self._guard, self._free, self._closing = threading.Lock(), threading.BoundedSemaphore(AT_ONCE), False
        weakref.finalize(self, _hang_up_all, self._idle, self._pid)
        for line in inherited:
            line.smtp.close()


def _later(seconds: float, connections: Connections) -> None:
    found = weakref.ref(connections)  # a timer must not keep the channel of a closed application alive

    def close() -> None:
        alive = found()
        if alive is not None:
            alive.close_idle()

    timer = threading.Timer(seconds, close)
    timer.daemon = True
    timer.start()


def _hang_up_all(idle: list[Line], pid: int) -> None:
    if pid == os.getpid():
        for line in idle:
            line.smtp.close()  # without a farewell: nobody can wait for an answer here
        idle.clear()
