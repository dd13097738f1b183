"""The embedded default: `obhut up` with SQLite, and a mail server of ours."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.mail import MailServer
from tests.fixtures.processes import Obhut


@contextlib.contextmanager
def house() -> Iterator[tuple[Obhut, MailServer]]:
    """A house that is not started yet, and its mail server; nothing of them stays."""
    mail = MailServer()
    with tempfile.TemporaryDirectory(prefix="obhut-bench-") as folder:
        found = Obhut(Path(folder), mail.environment)
        try:
            yield found, mail
        finally:
            found.close()
            mail.stop()
