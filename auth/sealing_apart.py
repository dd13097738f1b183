"""A child that seals, for a command that records thousands of acts: a seventh of the time of an import."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from auth.audit_sealer import SEALER, wake_sealer
from config.beside import Ended, beside

PAUSE_S = 2.0  # on SQLite each round holds the work up for a moment


@contextmanager
def sealing_apart() -> Iterator[None]:
    """Within the block a child seals what this process records; the rest is sealed soon after it.

    To be entered before anything is recorded. Without a sealer, as in tests, nobody seals.
    """
    sealer = current_app.extensions.get(SEALER)
    if sealer is None:
        yield
        return

    def seal(ended: Ended) -> None:
        while not ended(PAUSE_S):
            sealer.seal_waiting()

    try:
        with beside(seal):
            del current_app.extensions[SEALER]
            yield
    finally:
        current_app.extensions[SEALER] = sealer
        wake_sealer()
