"""The sandbox's own process: identity provider, phone and mail server on loopback sockets that the parent has opened.

Its orders come as one line of JSON on standard input; when that pipe closes, the parent is gone and the process ends.
"""

import ctypes
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from flask import Flask
from waitress.server import create_server

from config.sandbox.orders import READY, Orders

PR_SET_PDEATHSIG = 1


class Servers:
    """The parts that are wanted, each in a thread."""

    def __init__(self, orders: Orders) -> None:
        self._stops: list[Callable[[], None]] = []
        self._orders = orders

    def start(self) -> None:
        orders = self._orders
        if orders.phone is not None or orders.mail is not None:
            self._start_phone_and_mail()
        if orders.payment is not None:
            self._start_payments(orders.payment)
        if orders.identity is not None:
            from config.sandbox.identity import provider

            self._serve(provider(orders.departments, orders.backchannel), orders.identity, "identity", threads=4)

    def stop(self) -> None:
        for stop in reversed(self._stops):
            stop()

    def _start_phone_and_mail(self) -> None:
        from config.sandbox import mailbox, phone
        from config.sandbox.courier import Courier
        from config.sandbox.store import Store

        orders = self._orders
        store = Store(Path(orders.store))
        courier = Courier(store, orders.account_sid, orders.auth_token)
        app = Flask("config.sandbox.server", static_folder=None)
        account = phone.Phone(store, courier, orders.account_sid, orders.auth_token, orders.numbers, orders.webhook)
        app.extensions |= {"sandbox.phone": account, "sandbox.store": store}
        for blueprint in (phone.blueprint, phone.pages, mailbox.blueprint):
            app.register_blueprint(blueprint)
        if orders.phone is not None:
            self._serve(app, orders.phone, "phone", threads=8)
        if orders.mail is not None:
            mail = mailbox.MailServer(store, socket.socket(fileno=orders.mail))
            mail.start()
            self._stops.append(mail.stop)
        courier.start()
        self._stops.append(courier.stop)

    def _start_payments(self, descriptor: int) -> None:
        from config.sandbox import payments
        from config.sandbox.store import Store

        orders = self._orders
        app = Flask("config.sandbox.server", static_folder=None)
        account = payments.Payments(Store(Path(orders.store)), orders.auth_token, orders.payment_webhook)
        app.extensions["sandbox.payments"] = account
        app.register_blueprint(payments.blueprint)
        self._serve(app, descriptor, "payments", threads=4)

    def _serve(self, app: Flask, descriptor: int, name: str, threads: int) -> None:
        server = create_server(
            app, sockets=[socket.socket(fileno=descriptor)], threads=threads, ident=None, connection_limit=500,
            channel_timeout=60, clear_untrusted_proxy_headers=True,
        )  # fmt: skip
        threading.Thread(target=server.run, name=name, daemon=True).start()


def die_with_parent(parent: int) -> None:
    """End this process when `parent` does, even when that is killed (Linux; elsewhere the pipe does it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def answer(line: str) -> None:
    """Tell the parent."""
    sys.stdout.write(line.replace("\n", " ") + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until standard input ends."""
    die_with_parent(int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the parent says when; a terminal's Ctrl+C reaches both
    logging.basicConfig(level=logging.ERROR, format="sandbox: %(message)s")
    warnings.showwarning = lambda *_, **__: None  # a library's deprecations are nothing to whoever tries the sandbox
    for module in ("config.sandbox.identity", "config.sandbox.mailbox"):
        import_module(module)  # while the parent is still busy with its own
    orders = sys.stdin.readline()
    if not orders:
        os._exit(0)  # the parent could not start and has said why
    servers = Servers(Orders.from_line(orders))
    try:
        servers.start()
    except Exception as error:
        answer(f"{type(error).__name__}: {error}")
        os._exit(1)
    answer(READY)
    sys.stdin.read()
    servers.stop()
    os._exit(0)


if __name__ == "__main__":
    main()
