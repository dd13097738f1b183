"""Several web server processes on one socket: a parent that answers nothing itself, but sees to it that they live."""

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import NoReturn, Self

from config.command_line.running import STOP_SECONDS, logger
from config.command_line.terminal import complain, worded
from config.errors import ConfigurationError

LOOK_SECONDS = 0.2
SHORT_LIFE_S, LONGEST_PAUSE_S = 5.0, 10.0


def run_apart(work: Callable[[], None]) -> None:
    """Run `work` in a process of its own and wait for it. Raises SystemExit where it failed, which it has said."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code:
            raise SystemExit(1)
        return
    code = 1
    try:
        work()
        code = 0
    except ConfigurationError as error:
        complain(worded(error))
    except BaseException as error:
        logger().error("start_failed", error=type(error).__name__, exc_info=error)
    finally:
        sys.stdout.flush()
        os._exit(code)


class Processes:
    """`number` children that run `work`, each replaced when it ends. A with block ends them all.

    They are forked before there is an application, so that each has its own threads, connections and random numbers.
    Whatever becomes of the parent, they go with it: they watch a pipe whose other end it holds.
    """

    def __init__(self, number: int, work: Callable[[], None]) -> None:
        self._number, self._work = number, work
        self._children: dict[int, float] = {}
        self._short_lives = 0
        self._watched, self._held = os.pipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def keep(self) -> NoReturn:
        """Start the children and replace those that end, until a signal raises SystemExit."""
        while True:
            while len(self._children) < self._number:
                self._fork()
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended in self._children:
                self._lost(ended, os.waitstatus_to_exitcode(status))
            else:
                time.sleep(LOOK_SECONDS)

    def _fork(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            self._children[pid] = time.monotonic()
            return
        code = 1
        try:
            atexit._clear()
            os.close(self._held)
            threading.Thread(target=self._follow, name="parent", daemon=True).start()
            self._work()
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1
        except BaseException as error:
            logger().error("web_process_failed", error=type(error).__name__, exc_info=error)
        finally:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            os._exit(code)  # never back into the parent's code

    def _follow(self) -> None:
        os.read(self._watched, 1)  # returns when nobody holds the other end any more
        os._exit(1)

    def _lost(self, pid: int, code: int) -> None:
        lived = time.monotonic() - self._children.pop(pid)
        logger().error("web_process_ended", pid=pid, code=code, seconds=round(lived, 1))
        # One that cannot even start is not worth a busy loop.
        self._short_lives = self._short_lives + 1 if lived < SHORT_LIFE_S else 0
        if self._short_lives:
            time.sleep(min(LOOK_SECONDS * 2**self._short_lives, LONGEST_PAUSE_S))

    def _stop(self) -> None:
        for pid in self._children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self._children and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.02)
        for pid in self._children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while self._children:
            self._reap()
            time.sleep(0.02)

    def _reap(self) -> None:
        for pid in list(self._children):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    continue
            del self._children[pid]
