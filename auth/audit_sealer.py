"""The thread that seals what was just recorded. Idle, it costs nothing: it sleeps until a commit wakes it.

Each process of the house has one; of several that wake at once, the database lets one work. What a process could not
seal, the job `audit-seal` finds.
"""

import atexit
import os
import threading
from typing import TYPE_CHECKING

import structlog
from flask import current_app

from auth.audit_seals import BATCH, seal
from config import scopes

if TYPE_CHECKING:
    from flask import Flask

log = structlog.get_logger(__name__)
SEALER = "obhut.audit_sealer"
GATHER_S = 0.3
PAUSE_AFTER_FAILURE_S = 5.0
LAST_CHANCE_S = 2.0


class Sealer:
    """Seals 0.3 s after the first event that waits, so that a burst of acts costs one batch and not one each."""

    def __init__(self, app: "Flask") -> None:
        self._app = app
        self._changed = threading.Condition()
        self._pid = 0
        self._wanted = self._busy = False
        self._hurry = threading.Event()

    def wake(self) -> None:
        """Something was recorded; returns at once."""
        with self._changed:
            if self._wanted and self._pid == os.getpid():
                return
            self._wanted = True
            self._ensure_thread()
            self._changed.notify_all()

    def flush(self, timeout: float = LAST_CHANCE_S) -> bool:
        """Seal now, and wait for it at most `timeout` seconds. False when something may still wait."""
        if self._pid != os.getpid():
            return True  # nothing was recorded in this process
        self._hurry.set()
        try:
            with self._changed:
                return self._changed.wait_for(lambda: not self._wanted and not self._busy, timeout)
        finally:
            self._hurry.clear()

    def _ensure_thread(self) -> None:
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()  # a fork has no threads of its parent
        atexit.register(self.flush)
        threading.Thread(target=self._run, name="sealer", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted)
            self._hurry.wait(GATHER_S)
            with self._changed:
                self._wanted, self._busy = False, True
            sealed = self.seal_waiting()
            with self._changed:
                self._busy = False
                # Who came while this one was at it gave way: look once more, but gather first. To look again at once
                # would seal what the others record in the meantime, one by one, for as long as they go on.
                self._wanted = self._wanted or bool(sealed)
                self._changed.notify_all()
            if sealed is None:
                self._hurry.wait(PAUSE_AFTER_FAILURE_S)

    def seal_waiting(self) -> int | None:
        """Seal what waits, here and now; how many, None when that failed. Never raises."""
        sealed, batch = 0, BATCH
        try:
            with self._app.app_context(), scopes.within(scopes.system("audit-sealer")):
                while batch == BATCH:
                    batch = seal()
                    sealed += batch
        except Exception as error:  # what waits is in the database, and the job finds it
            log.warning("sealing_failed", error=type(error).__name__)
            return None
        return sealed


def start(app: "Flask") -> Sealer:
    """Let this process seal what it records. For programs that serve or work; tests seal when they want to."""
    sealer = Sealer(app)
    app.extensions[SEALER] = sealer
    return sealer


def wake_sealer() -> None:
    """Wake the sealer of the running application, if it has one."""
    sealer = current_app.extensions.get(SEALER)
    if sealer is not None:
        sealer.wake()
