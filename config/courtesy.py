"""People go first: what works in the background of a process that also answers requests waits while several are open.

In a house that is one process, a message that is sent and a page that somebody waits for share one interpreter and one
turn to write.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

SEVERAL = 2  # somebody alone is not slowed down, and one request may wait for what is done in the background
LONGEST_S = 0.05  # for each transaction: under a load that does not end, messages go out all the same


class Courtesy:
    """Counts the requests that are being answered, and lets others wait for a moment with fewer."""

    def __init__(self) -> None:
        self._open = 0
        self._fewer = threading.Condition()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """A request is being answered within the block."""
        with self._fewer:
            self._open += 1
        try:
            yield
        finally:
            with self._fewer:
                self._open -= 1
                if self._open < SEVERAL:
                    self._fewer.notify_all()

    def give_way(self, longest: float = LONGEST_S) -> bool:
        """Return when fewer than several requests are open, or after `longest` seconds; whether fewer are.

        Not for who answers one.
        """
        if self._open < SEVERAL:
            return True
        with self._fewer:
            return self._fewer.wait_for(lambda: self._open < SEVERAL, longest)


courtesy = Courtesy()
"""Of this process."""
