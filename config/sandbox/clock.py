"""The domain clock of all processes on one data folder: a file holds by how much it differs from the real time.

The clock goes on ticking from where it was set. Reading costs one `stat`, once for each web request; the file is read
again only when it changed.
"""

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import has_request_context, request

from config import clock
from config.sandbox.state import folder
from config.settings import Settings

_NO_FILE = (0, 0)
_OF_REQUEST = "obhut.sandbox_clock_offset"


class MovableClock:
    """The real time plus the offset in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, int], timedelta] = (_NO_FILE, timedelta(0))

    def now(self) -> datetime:
        """The domain's time, aware UTC."""
        return clock.wall() + self.offset

    @property
    def offset(self) -> timedelta:
        """By how much the domain's time is ahead."""
        if not has_request_context():
            return self._found()
        known: timedelta | None = request.environ.get(_OF_REQUEST)
        if known is None:
            known = request.environ[_OF_REQUEST] = self._found()
        return known

    def _found(self) -> timedelta:
        try:
            found = os.stat(self._path)
            stamp = (found.st_mtime_ns, found.st_ino)
        except OSError:
            return timedelta(0)
        known, offset = self._read
        if stamp == known:
            return offset
        with self._lock:
            try:
                offset = timedelta(seconds=float(json.loads(self._path.read_text())["offset_seconds"]))
            except (OSError, ValueError, KeyError, TypeError):
                offset = timedelta(0)
            self._read = (stamp, offset)
        return offset

    def move(self, at: datetime | None) -> None:
        """Let it be `at` (aware) now; None returns to the real time."""
        if at is None:
            self._path.unlink(missing_ok=True)
        else:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps({"offset_seconds": (at.astimezone(UTC) - clock.wall()).total_seconds()}))
            fresh.replace(self._path)
        if has_request_context():
            request.environ.pop(_OF_REQUEST, None)


def install(settings: Settings) -> MovableClock | None:
    """Let this process follow the movable clock; never in production."""
    if settings.is_production:
        return None
    movable = MovableClock(folder(settings) / "clock.json")
    clock.use(movable.now)
    return movable
