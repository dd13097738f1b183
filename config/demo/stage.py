"""The throw-away installation that the demo plays on: `obhut up` as a child, with its own folder and ports."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import requests

from config.command_line.running import wait_until_ready

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
STOP_SECONDS = 15
CLOCK_SECONDS = 240
PORTS_IN_A_ROW = 4


class Stage:
    """A running installation."""

    def __init__(self, port: int, folder: Path, environment: dict[str, str]) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.environment = environment
        self._http = requests.Session()
        self._http.trust_env = False

    def move_clock(self, at: datetime) -> dict[str, int]:
        """Let it be `at`; returns what ran, when all is quiet again."""
        answer = self._http.post(self.base + "/sandbox/clock", json={"at": at.isoformat()}, timeout=CLOCK_SECONDS)
        answer.raise_for_status()
        found = answer.json()
        assert "under_way" not in found, f"messages are still under way: {found}"
        return dict(found["ran"])

    def messages(self, *, to: str = "", after: int = 0) -> list[dict[str, Any]]:
        """SMS that the phone network has seen after the message number `after`, oldest first."""
        return self._items("/sandbox/phone.json", to=to, after=after, limit=1000)

    def mails(self, *, to: str = "", after: int = 0) -> list[dict[str, Any]]:
        """E-mails that arrived after the mail number `after`, oldest first."""
        return self._items("/sandbox/mailbox.json", to=to, after=after, limit=500)

    def all_messages(self) -> list[dict[str, Any]]:
        """Every SMS, oldest first."""
        return self._all(self.messages, "number", 0)

    def all_mails(self) -> list[dict[str, Any]]:
        """Every e-mail, oldest first."""
        return self._all(self.mails, "id", 0)

    def reply(self, sender: str, body: str) -> None:
        """A person answers by SMS."""
        answer = self._http.post(self.base + "/sandbox/phone/reply", json={"from": sender, "body": body}, timeout=30)
        answer.raise_for_status()

    def run(self, *arguments: str) -> str:
        """Another `obhut` command on this installation; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "config.cli", *arguments], env=self.environment, cwd=self.folder,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"obhut {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def api(self, token: str, path: str, method: str = "GET", **options: Any) -> Any:
        """The JSON answer of the API."""
        answer = self._http.request(
            method, self.base + path, headers={"Authorization": f"Bearer {token}"}, timeout=60, **options
        )
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the throw-away database, read beside the running application."""
        with sqlite3.connect(f"file:{self.folder / 'var' / 'obhut.sqlite3'}?mode=ro", uri=True) as connection:
            return connection.execute(query).fetchall()

    @staticmethod
    def _all(page: Callable[..., list[dict[str, Any]]], key: str, last: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            more = page(after=last)
            if not more:
                return found
            found += more
            last = more[-1][key]

    def _items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = self._http.get(self.base + path, params=query, timeout=60)
        answer.raise_for_status()
        return list(answer.json()["items"])


@contextmanager
def stage() -> Iterator[Stage]:
    """Start an installation on free ports; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="obhut-demo-") as name:
        folder, port = Path(name), _free_port()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OBHUT_")} | {
            "OBHUT_PORT": str(port),
            "OBHUT_DATA_DIR": str(folder / "var"),
            "OBHUT_LOG_LEVEL": "WARNING",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        with (folder / "log.txt").open("w+") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "config.cli", "up"], env=environment, cwd=folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
            try:
                if not wait_until_ready("127.0.0.1", port, START_SECONDS):
                    raise RuntimeError(f"obhut up did not start: {_tail(log)}")
                yield Stage(port, folder, environment)
            except BaseException:
                _keep_log(log)
                raise
            finally:
                _stop(child)


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _tail(log: IO[str]) -> str:
    log.seek(0)
    return " | ".join(log.read().splitlines()[-5:])


def _keep_log(log: IO[str]) -> None:
    log.seek(0)
    kept = Path(tempfile.gettempdir()) / "obhut-demo-log.txt"
    kept.write_text(log.read())


def _free_port() -> int:
    """The first of some ports in a row that are free, so that the sandbox gets the ones it likes."""
    for _attempt in range(50):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port + PORTS_IN_A_ROW < 65_536 and all(_is_free(port + step) for step in range(PORTS_IN_A_ROW)):
            return port
    raise RuntimeError("no free ports on 127.0.0.1")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
