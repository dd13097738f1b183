"""Counters of one process for the limits: what counts where no shared store is configured, or none can be reached.

The library's own store lets a timer thread clear up, which several requests may start at the same moment; the second
start raises, and the request would fail or the counters begin anew. Here one lock holds all, and no thread is needed.
"""

import threading
import time

from limits.storage import Storage

SCHEME = "process"
FEWEST = 1_000
"""So many counters are kept without looking for those whose window has ended."""


class ProcessStore(Storage):
    """Counts by key, each until its window ends (seconds since 1970). Any number of threads may ask it at once."""

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._guard = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._most = FEWEST

    @property
    def base_exceptions(self) -> type[Exception]:
        """What this store raises by itself: nothing that would be known."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `amount` more; a window that begins now ends in `expiry` seconds. The count with it."""
        now = time.time()
        with self._guard:
            count, ends_at = self._counts.get(key, (0, 0.0))
            if not now < ends_at <= now + expiry:  # a clock that was set back must not make it longer
                count, ends_at = 0, now + expiry
            self._counts[key] = count + amount, ends_at
            if len(self._counts) > self._most:
                self._clear_up(now)
            return count + amount

    def get(self, key: str) -> int:
        """The count of the window that is running, else 0."""
        count, ends_at = self._counts.get(key, (0, 0.0))
        return count if ends_at > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When the window that is running ends; now where there is none."""
        return max(time.time(), self._counts.get(key, (0, 0.0))[1])

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        """Forget all counts; how many there were."""
        with self._guard:
            known = len(self._counts)
            self._counts.clear()
        return known

    def clear(self, key: str) -> None:
        """Forget the count of `key`."""
        with self._guard:
            self._counts.pop(key, None)

    def _clear_up(self, now: float) -> None:
        # Twice as many as are left may come before the next look, which so costs each of them next to nothing.
        self._counts = {key: kept for key, kept in self._counts.items() if kept[1] > now}
        self._most = max(FEWEST, 2 * len(self._counts))
