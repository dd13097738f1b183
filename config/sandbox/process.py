"""The parent's side of the sandbox process: start it, see that it is ready, end it."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from config.errors import ConfigurationError
from config.sandbox import state
from config.sandbox.server import Orders
from config.settings import Settings

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 3


class SandboxProcess:
    """A running child with the parts of the sandbox that `settings` leave open."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child

    @classmethod
    def start(cls, settings: Settings, departments: Sequence[str]) -> tuple[Settings, Self | None]:
        """Start what is wanted; the settings that lead to it, and the child (None: everything is configured).

        Must be called by the main thread: on Linux the child dies with the thread that started it.
        """
        if not state.wanted_parts(settings):
            return settings, None
        kept, listeners = state.open_listeners(settings)
        child = cls._spawn(settings, kept, listeners, departments)
        return state.fill(settings, kept), cls(child)

    @staticmethod
    def _spawn(
        settings: Settings, kept: state.State, listeners: dict[str, socket.socket], departments: Sequence[str]
    ) -> subprocess.Popen[bytes]:
        descriptors = {name: listener.fileno() for name, listener in listeners.items()}
        orders = Orders(
            identity=descriptors.get(state.IDENTITY),
            phone=descriptors.get(state.PHONE, descriptors.get(state.MAIL + "_pages")),
            mail=descriptors.get(state.MAIL),
            store=str(state.folder(settings) / "sandbox.sqlite3"),
            account_sid=kept.account_sid,
            auth_token=kept.auth_token,
            numbers=state.NUMBERS,
            webhook=settings.public_url("/webhooks/twilio/messages"),
            departments=tuple(departments),
        )
        child = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "config.sandbox.server", str(os.getpid())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=tuple(descriptors.values()),
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        )  # fmt: skip
        assert child.stdin is not None
        child.stdin.write(orders.as_line())
        child.stdin.flush()
        for listener in listeners.values():
            listener.close()
        return child

    def wait_ready(self) -> None:
        """Return when all parts serve. Raises ConfigurationError when the child ended instead."""
        assert self._child.stdout is not None
        if self._child.stdout.readline().strip() != b"ready":
            raise ConfigurationError(
                "the sandbox could not start: install its part of the package with `pip install '.[sandbox]'`"
            )

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    @property
    def pid(self) -> int:
        return self._child.pid

    def stop(self) -> None:
        """End the child and wait for it."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()
