"""Programs that the nursery forks for this process: begun with the house loaded, otherwise like any other process."""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.servers import base

LOADED_WITHIN_S = 300
NOTHING = Path(os.devnull)


class Nursed:
    """One program. What `subprocess.Popen` offers of it here."""

    def __init__(self) -> None:
        self.pid = 0
        self.returncode: int | None = None
        self._forked, self._ended = threading.Event(), threading.Event()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative for a signal. Raises subprocess.TimeoutExpired."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("a nursed program", timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def has_begun(self, pid: int) -> None:
        self.pid = pid
        self._forked.set()

    def has_ended(self, code: int) -> None:
        self.returncode = code
        self._forked.set()
        self._ended.set()

    def wait_begun(self) -> None:
        assert self._forked.wait(LOADED_WITHIN_S) and self.pid, "the nursery does not answer"


class Nursery:
    """The process that forks, started for the first who wants something, and ended with this one."""

    def __init__(self) -> None:
        self._asked: list[Nursed] = []
        self._running: dict[int, Nursed] = {}
        self._guard, self._started = threading.Lock(), threading.Event()
        # It ends with the thread that started it, so that must be one that stays.
        threading.Thread(target=self._keep, name="nursery", daemon=True).start()
        self._started.wait()
        atexit.register(self._close)

    def _keep(self) -> None:
        """Start the process and listen to it, up to its end."""
        receiving, telling = os.pipe()
        self._process = subprocess.Popen(
            base.tied([sys.executable, "-c", _PROGRAM.format(descriptor=telling)]),
            cwd=base.ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[telling],
            env=_unsettled(os.environ) | {"PYTHONPATH": str(base.ROOT)},
        )  # fmt: skip
        os.close(telling)
        self._started.set()
        self._listen(receiving)

    def start(
        self,
        program: str,
        arguments: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        out: Path,
        errors: Path,
        stdin: Path = NOTHING,
    ) -> Nursed:
        """Begin `program` (Python) with these `arguments`; what it says is appended to the files `out` and `errors`.

        It waits for whoever opens the other end where these are named pipes.
        """
        one = Nursed()
        with self._guard:
            wanted = {
                "number": len(self._asked), "program": program, "arguments": list(arguments), "cwd": str(cwd),
                "environment": dict(environment), "out": str(out), "errors": str(errors), "stdin": str(stdin),
            }  # fmt: skip
            self._asked.append(one)
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
            self._process.stdin.flush()
        one.wait_begun()
        return one

    def _listen(self, receiving: int) -> None:
        with open(receiving, "rb") as lines:
            for line in lines:
                self._take(json.loads(line))
        for one in self._asked:  # the nursery is gone, and all of them with it
            if one.returncode is None:
                one.has_ended(-signal.SIGKILL)

    def _take(self, said: dict[str, Any]) -> None:
        if "asked" in said:
            one = self._running[said["pid"]] = self._asked[said["asked"]]
            one.has_begun(said["pid"])
        elif "ended" in said:
            self._running.pop(said["ended"]).has_ended(said["code"])

    def _close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


# By its name it would be another module than the one that the forks import.
_PROGRAM = "from tests.support import nursery; nursery.main({descriptor})"


def _unsettled(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("OBHUT_")}


def nursery() -> Nursery:
    """The nursery of this process."""
    with _one_at_a_time:
        return _nursery()


_nursery = cache(Nursery)
_one_at_a_time = threading.Lock()
