"""A process that has loaded the house and forks programs from itself, which so begin to work at once.

To load the house takes seconds of a processor, again for each process; the tests of faults alone start a hundred.
What is loaded is what a start loads, nothing has been run: each program has its own environment, folder, threads,
random numbers and session, and ends as the interpreter ends. Tests that are about the start itself do without.
"""

import ctypes
import json
import os
import random
import select
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

HOUSE = (
    "config.cli", "config.app", "config.wiring", "config.command_line.running", "config.command_line.separate",
    "config.command_line.embedded", "config.schema", "auth.cli", "tests.support.hurried",
)  # fmt: skip
PR_SET_PDEATHSIG = 1


def serve(report: int) -> dict[str, Any] | None:
    """Fork what stdin asks for, a JSON object a line; process ids and exit codes go to the descriptor `report`.

    Returns None when the parent has gone, and in each fork what was asked for.
    """
    for name in HOUSE:
        import_module(name)
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    waiting = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _report_ended(report)
        if 0 in ready:
            received = os.read(0, 65536)
            if not received:
                return None
            *lines, waiting = (waiting + received).split(b"\n")
            for line in lines:
                wanted = json.loads(line)
                child = os.fork()
                if not child:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    for descriptor in (woken, wake, report):
                        os.close(descriptor)
                    return dict(wanted)
                _tell(report, {"asked": wanted["number"], "pid": child})


def _report_ended(report: int) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _tell(report, {"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(report: int, what: dict[str, Any]) -> None:
    os.write(report, json.dumps(what).encode() + b"\n")


def settle_in(wanted: dict[str, Any]) -> None:
    """Give the fork its session, folder, environment and files, and let it end with the nursery."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    random.seed()
    appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for descriptor, name, flags in (
        (0, wanted["stdin"], os.O_RDONLY), (1, wanted["out"], appending), (2, wanted["errors"], appending),
    ):  # fmt: skip
        opened = os.open(Path(name), flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = ["-c", *wanted["arguments"]]
    sys.orig_argv = [sys.executable, "-c", wanted["program"], *wanted["arguments"]]  # by which a worker begins anew


def main(report: int) -> None:
    """Serve, and in each fork run what was asked for, up to the end of the interpreter."""
    wanted = serve(report)
    if wanted:
        settle_in(wanted)
        exec(compile(wanted["program"], "<string>", "exec"), {"__name__": "__main__"})
