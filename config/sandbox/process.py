"""The parent's side of the sandbox process: start it, see that it is ready, end it."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from config.errors import N_, ConfigurationError
from config.sandbox import state
from config.sandbox.orders import READY, Orders
from config.settings import Settings

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 3
FAILED = N_("The sandbox could not start; install its part of the package with `pip install '.[sandbox]'`.")
REFUSED = N_("The sandbox could not start ({reason}); its files in {path} can be moved away.")


class SandboxProcess:
    """A running child with the parts of the sandbox that `settings` leave open."""

    def __init__(self, settings: Settings, kept: state.State, listeners: dict[str, socket.socket]) -> None:
        self._settings, self._kept, self._listeners = settings, kept, listeners
        self._stopping = False
        descriptors = tuple(listener.fileno() for listener in listeners.values())
        self._child = subprocess.Popen(
            [sys.executable, "-m", "config.sandbox.server", str(os.getpid())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=descriptors,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        )  # fmt: skip

    @classmethod
    def start(cls, settings: Settings) -> tuple[Settings, Self | None]:
        """Start what is wanted; the settings that lead to it, and the child (None: everything is configured).

        It serves only after `give_orders`; requests that come earlier wait. Must be called by the main thread: on Linux
        the child dies with the thread that started it.
        """
        if not state.wanted_parts(settings):
            return settings, None
        kept, listeners = state.open_listeners(settings)
        return state.fill(settings, kept), cls(settings, kept, listeners)

    @property
    def state(self) -> state.State:
        return self._kept

    def give_orders(self, departments: Sequence[str]) -> None:
        """Tell the child what to serve; the sandbox's caseworkers work for `departments` (codes)."""
        descriptors = {name: listener.fileno() for name, listener in self._listeners.items()}
        orders = Orders(
            identity=descriptors.get(state.IDENTITY),
            phone=descriptors.get(state.PHONE, descriptors.get(state.MAIL + "_pages")),
            mail=descriptors.get(state.MAIL),
            payment=descriptors.get(state.PAYMENT),
            store=str(state.folder(self._settings) / "sandbox.sqlite3"),
            account_sid=self._kept.account_sid,
            auth_token=self._kept.auth_token,
            numbers=state.NUMBERS,
            webhook=self._settings.public_url("/webhooks/twilio/messages"),
            backchannel=self._settings.public_url("/auth/backchannel-logout"),
            payment_webhook=self._settings.public_url("/webhooks/payments/checkout"),
            departments=tuple(departments),
        )
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(orders.as_line())
            self._child.stdin.flush()
        except BrokenPipeError:
            raise ConfigurationError(FAILED) from None
        for listener in self._listeners.values():
            listener.close()

    def wait_ready(self) -> None:
        """Return when all parts serve. Raises ConfigurationError when the child ended instead."""
        assert self._child.stdout is not None
        answer = self._child.stdout.readline().decode(errors="replace").strip()
        if not answer:
            raise ConfigurationError(FAILED)
        if answer != READY:
            raise ConfigurationError(REFUSED, reason=answer, path=state.folder(self._settings))

    def ended_as_wished(self) -> bool:
        """Wait until the child has ended; whether `stop` did it."""
        self._child.wait()
        return self._stopping

    @property
    def pid(self) -> int:
        return self._child.pid

    def stop(self) -> None:
        """End the child and wait for it."""
        self._stopping = True
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with suppress(BrokenPipeError):
            self._child.stdin.close()
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()
