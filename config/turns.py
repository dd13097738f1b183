"""Who may write to SQLite next: first come, first served within a process, with gaps for other processes (ADR 7)."""

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from weakref import finalize

STRETCH_S, GAP_S = 1.0, 0.12  # SQLite's waiting writers look again every 0.1 s
LOOK_S = 0.01
SUFFIX = "-waiting"


class Others:
    """Whether another process waits to write to this SQLite file. SQLite itself does not say.

    Whoever begins to write holds a shared lock on a file beside the database until they are in. The kernel takes it
    from a process that dies, and gives none of it to a fork. Where there can be no such file, somebody may always be
    waiting.
    """

    def __init__(self, database: str | None) -> None:
        self._can_be = bool(database) and database != ":memory:"
        self._file: int | None = None
        if self._can_be:
            with suppress(OSError):
                self._file = os.open(f"{database}{SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                finalize(self, os.close, self._file)

    @contextmanager
    def told_of_me(self) -> Iterator[None]:
        """Within the block other processes know that somebody waits."""
        if self._file is None:
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_SH)  # waits at most while another looks
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)

    def are_waiting(self) -> bool:
        """Whether one of them does now."""
        if self._file is None:
            return self._can_be
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.lockf(self._file, fcntl.LOCK_UN)
        return False


class Turns:
    """Who may write to SQLite next, first come first served.

    SQLite itself lets waiting writers sleep and try again, up to 0.1 s at a time and in no order: with a dozen threads
    the lock lies idle most of the time, and a loop of short transactions starves the others. Other processes are still
    among those who try again: a process that has written for a second while one of them waits leaves a gap until that
    one is in.
    """

    def __init__(self, others: Others) -> None:
        self.others = others
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()
        self._writing_since = self._given_on_at = time.monotonic()

    def take(self, timeout: float) -> bool:
        """Wait for one's turn; False when it did not come within `timeout` seconds (SQLite then has the word)."""
        with self._guard:
            if not self._taken:
                self._taken = True
                if time.monotonic() - self._given_on_at > GAP_S:
                    self._writing_since = time.monotonic()
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=timeout):
            return True
        with self._guard:
            if mine not in self._waiting:
                return True  # it came in the last moment
            self._waiting.remove(mine)
            return False

    def give_on(self) -> None:
        """Let the one who has waited longest write. SQLite's own lock is free by now."""
        if time.monotonic() - self._writing_since > STRETCH_S:
            self._leave_a_gap()
            self._writing_since = time.monotonic()
        with self._guard:
            self._given_on_at = time.monotonic()
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _leave_a_gap(self) -> None:
        until = time.monotonic() + GAP_S
        while self.others.are_waiting() and time.monotonic() < until:
            time.sleep(LOOK_S)
