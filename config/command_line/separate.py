"""The parts one by one, for scale-out: `obhut web`, `obhut worker`, `obhut beat`; and `obhut sandbox` for trials."""

import os
import sys
import time
from typing import TYPE_CHECKING

import structlog

from config import logging
from config.command_line.own_keys import require_own_keys
from config.command_line.processes import Processes, run_apart
from config.command_line.running import PAUSE_BEFORE_ANEW_SECONDS, bind, require_migrated, serve, stop_on_signals
from config.command_line.seeding import erase_again
from config.command_line.terminal import _, say
from config.errors import N_, ConfigurationError
from config.heap import leave_the_house_alone, set_the_house_apart
from config.sandbox import clock, state
from config.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

MENDS = {
    state.IDENTITY: N_(
        "OBHUT_OIDC_ISSUER: no identity provider is set; set it, or run `obhut sandbox` for trying out."
    ),
    state.PHONE: N_("OBHUT_TWILIO_ACCOUNT_SID: no SMS provider is set; set it, or run `obhut sandbox` for trying out."),
    state.MAIL: N_("OBHUT_SMTP_URL: no mail server is set; set it, or run `obhut sandbox` for trying out."),
}


def filled(settings: Settings, *, required: bool = False) -> tuple[Settings, state.State | None]:
    """`settings` led to the sandbox that runs on the same data folder, if one does.

    With `required`, raises ConfigurationError when a provider is neither configured nor played by a sandbox.
    """
    parts, kept = state.wanted_parts(settings), state.load(settings)
    running = kept is not None and all(part in kept.ports and state.is_listening(kept.ports[part]) for part in parts)
    if parts and required and not running:
        raise ConfigurationError("{problems}", problems="\n".join(_(MENDS[part]) for part in parts if part in MENDS))
    if not parts or kept is None or not running:
        return settings, None
    return state.fill(settings, kept), kept


def application(settings: Settings, *, required: bool = False) -> "Flask":
    """The application for a process of its own, with the sandbox's clock and pages outside production."""
    from auth import audit_sealer
    from config.app import create_app
    from config.sandbox import views
    from notifications.celery_app import waker

    complete, kept = filled(settings, required=required)
    app = create_app(complete)
    audit_sealer.start(app)
    # The embedded broker lives in the memory of `obhut up`, whose beat finds what this process leaves.
    waker.is_heard = not settings.embedded_broker
    movable = clock.install(settings)
    if movable:
        views.attach(app, settings, kept, movable)
    return app


def web(settings: Settings) -> None:
    """The web server alone, in as many processes as `settings` say."""
    _start(settings)
    with bind(settings) as listener:
        if settings.web_processes == 1:
            app = application(settings, required=True)
            _begin_on_the_database(app, settings)
            _say_where(settings)
            serve(app, listener)
        filled(settings, required=True)  # what is wrong is said once, and not by each of them
        shared = _with_shared_limits(settings)
        run_apart(lambda: _begin_on_the_database(application(shared, required=True), shared))
        with Processes(settings.web_processes, lambda: serve(application(shared, required=True), listener)) as children:
            _say_where(settings)
            children.keep()


def _begin_on_the_database(app: "Flask", settings: Settings) -> None:
    """Before any work: it is this release's and these keys', and what it should have forgotten is gone."""
    require_migrated(settings)
    with app.app_context():
        require_own_keys()
        erase_again()


def _say_where(settings: Settings) -> None:
    say(_("Obhut's web server listens at {url}", url=settings.base_url))


def _with_shared_limits(settings: Settings) -> Settings:
    """Rate limits that each process counted for itself would be as many times as high."""
    if not settings.limiter_url.startswith("memory:"):
        return settings
    if settings.broker_url.startswith("redis"):
        return settings.changed(limiter_url=settings.broker_url)
    raise ConfigurationError(
        N_("OBHUT_LIMITER_URL: several web processes count together; set a Redis such as redis://host:6379/1.")
    )


def worker(settings: Settings, arguments: list[str]) -> None:
    """A worker alone; `arguments` go to Celery (`--pool`, `--concurrency`, `--queues`)."""
    _start(settings)
    app = application(settings, required=True)
    _begin_on_the_database(app, settings)
    from celery.signals import celeryd_init, worker_process_init

    from notifications.celery_app import celery
    from notifications.schedule import Queue

    worker_process_init.connect(_drop_inherited_connections)
    begun: list[object] = []
    celeryd_init.connect(lambda **_: begun.append(True), weak=False)  # it does not for `--help`
    # A name of its own: RabbitMQ lets only one of a name in.
    own = [f"--hostname=obhut-{os.getpid()}@%h", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]
    leave_the_house_alone()
    usual = ["--pool=threads", f"--concurrency={settings.worker_threads}", f"--queues={','.join(Queue)}"]
    celery.worker_main(["worker", *own, *usual, *arguments])
    if begun:
        _begin_anew_unless_told_to_stop()


def _begin_anew_unless_told_to_stop() -> None:
    """Celery gives up on what it does not expect of a broker that comes and goes; work must go on all the same."""
    from celery.worker import state as orders

    if orders.should_stop is None and orders.should_terminate is None:
        structlog.get_logger(__name__).error("worker_begins_anew")
        time.sleep(PAUSE_BEFORE_ANEW_SECONDS)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


def beat(settings: Settings) -> None:
    """Beat alone; one is enough."""
    _start(settings)
    application(settings)
    from notifications.beat import Scheduler
    from notifications.celery_app import celery

    set_the_house_apart()
    celery.Beat(loglevel="WARNING", quiet=True, schedule=None, scheduler_cls=Scheduler).run()


def sandbox(settings: Settings) -> None:
    """Identity provider, phone and mailbox in the foreground, for processes that run on the same data folder."""
    from config.command_line.seeding import department_codes
    from config.sandbox.process import SandboxProcess

    stop_on_signals()
    if settings.is_production:
        raise ConfigurationError(N_("OBHUT_ENV: there is no sandbox in production."))
    _filled, process = SandboxProcess.start(settings)
    if process is None:
        raise ConfigurationError(
            N_("Identity provider, SMS and mail server are all set; the sandbox has nothing to do.")
        )
    try:
        process.give_orders(department_codes())
        process.wait_ready()
        for part, port in process.state.ports.items():
            say(f"{part:<12} 127.0.0.1:{port}")
        set_the_house_apart()
        process.ended_as_wished()
    finally:
        process.stop()


def _start(settings: Settings) -> None:
    stop_on_signals()
    logging.configure(settings)
    if settings.embedded_broker:
        raise ConfigurationError(
            N_("OBHUT_BROKER_URL: separate processes need a broker such as redis:// or amqp:// (or use `obhut up`).")
        )


def _drop_inherited_connections(**_: object) -> None:
    """A forked worker must not use its parent's database connections."""
    from config.database import db
    from notifications.celery_app import celery

    with celery.flask_app.app_context():
        db.engine.dispose(close=False)
