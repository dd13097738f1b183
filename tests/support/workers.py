"""Workers of the outbox that tests kill: each is a process of its own, and dies by SIGKILL at the moment it is told."""

import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from config.settings import Settings
from tests.support.nursed import nursery
from tests.support.repository import ROOT
from tests.support.zygote import MARK

RUNNING_WITHIN_S = 180
ZYGOTE = "from tests.support.zygote import main; main()"


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings that lead a process of its own to the test's database and mail server."""
    return {
        "OBHUT_DATA_DIR": str(settings.data_dir),
        "OBHUT_DATABASE_URL": settings.database_url,
        "OBHUT_SMTP_URL": settings.smtp_url.get_secret_value(),
        "OBHUT_BASE_URL": settings.base_url,
        "OBHUT_OIDC_ISSUER": settings.oidc_issuer,
        "OBHUT_OIDC_CLIENT_ID": settings.oidc_client_id,
        "OBHUT_OIDC_CLIENT_SECRET": "x",
    }


class Workers:
    """Forks one worker after the other; `kill` ends the running one. `kills` have hit."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.kills = 0
        self._changed = threading.Condition()
        self._starting, self._pid = False, 0
        with TemporaryDirectory() as folder:
            stdin, out, errors = (Path(folder) / name for name in ("stdin", "out", "errors"))
            os.mkfifo(stdin)
            os.mkfifo(out)
            self._process = nursery().start(
                ZYGOTE, [], cwd=ROOT, environment={**os.environ, **environment}, stdin=stdin, out=out, errors=errors
            )
            self._orders, self._said = stdin.open("w"), out.open()
            assert self._line() == "ready", errors.read_text()

    def run(self) -> bool:
        """Run a worker until it ends; True when it was killed."""
        self._turn(starting=True)
        self._orders.write("run\n")
        self._orders.flush()
        self._turn(pid=int(self._line()))
        ended = self._line()
        self._turn()
        assert ended in ("killed", "ended 0"), f"the worker {ended or 'vanished'}"
        self.kills += ended == "killed"
        return ended == "killed"

    def kill(self) -> bool:
        """Kill the worker that runs, or is about to; False when there is none, or it was killed already."""
        with self._changed:  # a provider may hear from the worker before we have read its number
            self._changed.wait_for(lambda: not self._starting, RUNNING_WITHIN_S)
            pid, self._pid = self._pid, 0
            if not pid:
                return False
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:  # it has just ended by itself
                return False
            return True

    def stop(self) -> None:
        self.kill()
        self._orders.close()
        self._process.wait(RUNNING_WITHIN_S)
        self._said.close()

    def _turn(self, *, starting: bool = False, pid: int = 0) -> None:
        with self._changed:
            self._starting, self._pid = starting, pid
            self._changed.notify_all()

    def _line(self) -> str:
        lines = (line.strip() for line in self._said if line.startswith(MARK))
        return next(lines, "").removeprefix(MARK)
