"""Starting and stopping: everything in one process (`obhut up`), or its parts one by one."""

import errno
import fcntl
import http.client
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from logging import ERROR, getLogger
from typing import IO, TYPE_CHECKING, Any, NoReturn

from config import bodies, logging
from config.command_line.terminal import _, complain, say, worded
from config.errors import N_, ConfigurationError
from config.heap import set_the_house_apart
from config.local_secrets import unusable
from config.sandbox.state import IDENTITY, MAIL, PHONE
from config.settings import Settings

if TYPE_CHECKING:
    from flask import Flask
    from structlog.stdlib import BoundLogger

    from config.command_line.embedded import EmbeddedBeat, EmbeddedWorker
    from config.sandbox.process import SandboxProcess

WEB_THREADS = 8
MOST_HEADER_BYTES = 32 * 1024  # address and cookies included; a login's answer has a quarter of it
STOP_SECONDS = 5
READY_SECONDS = 60
LOOK_SECONDS = 1
PAUSE_BEFORE_ANEW_SECONDS = 2  # of a worker that Celery has given up

_received: list[int] = []  # the signals that told this process to stop
PAGES = {PHONE: "/sandbox/phone", MAIL: "/sandbox/mailbox"}


def stop_on_signals() -> None:
    """SIGINT and SIGTERM end the main thread with SystemExit; a second one ends the process on the spot."""

    def handle(number: int, _frame: object) -> NoReturn:
        _received.append(number)
        if len(_received) > 1:
            os._exit(1)
        raise SystemExit(0)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def bind(settings: Settings) -> socket.socket:
    """A socket on the host and port of `settings`. Raises ConfigurationError when the port is in use or not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        reasons = {
            errno.EADDRINUSE: N_("OBHUT_PORT: port {port} is in use; stop the other program or choose another port."),
            errno.EACCES: N_("OBHUT_PORT: port {port} may not be used by this user; choose one above 1023."),
        }
        message = reasons.get(error.errno or 0, N_("OBHUT_HOST: {host} is no address of this machine."))
        raise ConfigurationError(message, port=settings.port, host=settings.host) from None
    return listener


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the data folder: two `obhut up` on one folder would take each other's sandbox. Raises ConfigurationError."""
    try:
        handle: IO[str] = (settings.data_dir / "up.lock").open("w")
    except OSError as error:
        raise unusable(settings.data_dir, error) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                N_("OBHUT_DATA_DIR: another “obhut up” is running on {path}; stop it or choose another folder."),
                path=settings.data_dir,
            ) from None
        yield


def up(settings: Settings) -> None:
    """Web server, worker, beat and sandbox, until a signal comes. Raises ConfigurationError when it cannot start."""
    stop_on_signals()
    logging.configure(settings)
    try:
        _run_everything(settings)
    except SystemExit as stopped:
        sys.stdout.flush()
        os._exit(stopped.code if isinstance(stopped.code, int) else 1)  # a task that goes on is not waited for


def _run_everything(settings: Settings) -> None:
    with ExitStack() as stack:
        stack.enter_context(alone(settings))
        listener = stack.enter_context(bind(settings))
        sandbox = _start_sandbox(settings, stack)
        from auth import audit_sealer
        from config.app import create_app  # the child imports its own things meanwhile
        from config.sandbox.state import fill

        app = create_app(fill(settings, sandbox.state) if sandbox else settings)
        stack.callback(audit_sealer.start(app).flush)  # after worker and web, which record to the last
        prepare(app, settings, sandbox)
        _start_background(app, stack)
        threading.Thread(target=_announce, args=(settings, sandbox), name="announce", daemon=True).start()
        serve(app, listener)


def _start_sandbox(settings: Settings, stack: ExitStack) -> "SandboxProcess | None":
    from config.sandbox.process import SandboxProcess

    _filled, sandbox = SandboxProcess.start(settings)
    if sandbox:
        stack.callback(sandbox.stop)
    return sandbox


def prepare(app: "Flask", settings: Settings, sandbox: "SandboxProcess | None") -> None:
    """Database, seeds, clock and the sandbox's pages. Raises ConfigurationError when the database cannot be used."""
    from config import schema
    from config.command_line.own_keys import require_own_keys
    from config.command_line.seeding import department_codes, erase_again, seed
    from config.sandbox import clock, views

    if sandbox:
        sandbox.give_orders(department_codes())
    if schema.check(settings.database_url) != schema.newest_revision():
        schema.upgrade(app, settings)
    movable = clock.install(settings)
    if movable:
        views.attach(app, settings, sandbox.state if sandbox else None, movable)
    with app.app_context():
        require_own_keys()
        seed(settings)
        erase_again()


def require_migrated(settings: Settings) -> None:
    """Raise ConfigurationError unless the database has the newest schema."""
    from config import schema

    if schema.check(settings.database_url) != schema.newest_revision():
        raise ConfigurationError(
            N_("OBHUT_DATABASE_URL: the database does not have the newest schema; run `obhut db upgrade`.")
        )


def _start_background(app: "Flask", stack: ExitStack) -> None:
    from config.command_line.embedded import EmbeddedBeat, EmbeddedWorker
    from config.settings import current_settings
    from notifications.celery_app import celery

    with app.app_context():
        settings = current_settings()
    worker, beat = EmbeddedWorker(celery, settings), EmbeddedBeat(celery)
    worker.start()
    stack.callback(_stop_background, worker, beat)
    beat.start()


def _stop_background(worker: "EmbeddedWorker", beat: "EmbeddedBeat") -> None:
    beat.stop()
    if not worker.stop(STOP_SECONDS):
        logger().warning("worker_stopped_in_a_task")  # its lease runs out, and the next start takes the rows up again


def serve(app: "Flask", listener: socket.socket) -> None:
    """Answer requests on `listener` until a signal ends the main thread."""
    from waitress.server import create_server

    from config.command_line.refusals import channel_class
    from config.settings import current_settings

    getLogger("waitress.queue").setLevel(ERROR)  # a request that waits a moment is no news
    with app.app_context():
        settings = current_settings()
    server = create_server(
        app, sockets=[listener], threads=WEB_THREADS, ident=None, channel_timeout=120,
        clear_untrusted_proxy_headers=not settings.trusted_proxies,
        max_request_header_size=MOST_HEADER_BYTES,
        max_request_body_size=bodies.largest(settings.max_upload_mb) + 1024 * 1024,
    )  # fmt: skip
    server.channel_class = channel_class(settings)
    set_the_house_apart()
    threading.Thread(target=_answer, args=(server,), name="web", daemon=True).start()
    try:
        while not _received:  # SystemExit is lost when the signal comes inside a callback that swallows exceptions
            time.sleep(LOOK_SECONDS)
        raise SystemExit(0)
    finally:
        server.task_dispatcher.shutdown()
        server.close()


def _answer(server: Any) -> None:
    try:
        server.run()
    except OSError:  # at the end the sockets are closed under its eyes
        if not _received:
            raise


def _announce(settings: Settings, sandbox: "SandboxProcess | None") -> None:
    """Say where to go, as soon as all parts answer."""
    try:
        if sandbox:
            sandbox.wait_ready()
        if wait_until_ready(settings.host, settings.port, READY_SECONDS):
            greet(settings, tuple(sandbox.state.ports) if sandbox else ())
    except ConfigurationError as error:
        complain(worded(error))
        os.kill(os.getpid(), signal.SIGTERM)
        return
    if sandbox and not sandbox.ended_as_wished():
        logger().error("sandbox_ended")


def wait_until_ready(host: str, port: int, seconds: float) -> bool:
    """Ask /readyz until it answers 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.client.OK:
                return True
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05 if time.monotonic() < deadline - seconds + 10 else 0.5)
    return False


def greet(settings: Settings, played: tuple[str, ...]) -> None:
    """The lines that a person sees when everything runs; `played` are the sandbox's parts."""
    say()
    say(_("Obhut is ready: {url}", url=settings.base_url), style="green")
    if IDENTITY in played:
        from config.sandbox.accounts import ACCOUNTS

        say(_("Log in by name (invented people; there is no password):"))
        for account in ACCOUNTS:
            title = account.title if settings.locale.startswith("de") else account.title_en
            say(f"  {account.subject:<12} {account.name:<20} {title}")
    pages = [settings.public_url(PAGES[part]) for part in played if part in PAGES]
    if pages:
        say(_("What was sent: {pages}", pages=", ".join(pages)))
    say(_("Stop with Ctrl+C."))


def logger() -> "BoundLogger":
    """This module's log."""
    import structlog

    log: BoundLogger = structlog.get_logger(__name__)
    return log
