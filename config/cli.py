"""The console script `obhut`. Commands of the rooms are found here by name and imported only when they are run."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click
from flask import Flask
from flask.cli import FlaskGroup

from config import scopes
from config.command_line.terminal import complain, use_locale, worded
from config.errors import DomainError
from config.heap import give_back_large_buffers, load_undisturbed, work_in_batches

FAILED, WRONG_USAGE = 1, 2
# name of the group → (modules that export it or add to it, what it is about)
ROOMS: dict[str, tuple[tuple[str, ...], str]] = {
    "offices": (("auth.cli",), "Health offices."),
    "departments": (("auth.cli",), "Departments of the administration."),
    "roles": (("auth.cli",), "Grant roles; also how the first administrator comes in."),
    "tokens": (("auth.cli",), "API tokens."),
    "audit": (("auth.audit_cli",), "The audit trail."),
    "retention": (("auth.retention_cli",), "Time limits, and the list of erasures."),
    "cases": (("care.cli", "care.imports_cli"), "Cases of the health office."),
    "protocols": (("care.cli",), "Protocols of the diseases."),
    "services": (("services.cli",), "The catalogue of services."),
    "keys": (("config.command_line.keys",), "The keys that protect personal data."),
    "notifications": (("notifications.cli", "notifications.bounces_cli"), "Messages and their templates."),
}


class Obhut(FlaskGroup):
    """All commands; those of the rooms are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.commands, *(name for name, (modules, _) in ROOMS.items() if any(map(_exists, modules)))})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return self.commands.get(name) or (_room_group(name) if name in ROOMS else None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            own = self.commands.get(name)
            rows.append((name, own.get_short_help_str(80) if own else ROOMS[name][1]))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _room_group(name: str) -> click.Group | None:
    """The group of that name, with the commands of every module that has one of that name."""
    merged: click.Group | None = None
    for module in filter(_exists, ROOMS[name][0]):
        for value in vars(import_module(module)).values():
            if isinstance(value, click.Group) and value.name == name:
                merged = merged or click.Group(name, help=ROOMS[name][1])
                merged.commands.update(value.commands)
    return merged


def _create_app() -> Flask:
    """The application for commands of the rooms, as the processes of this deployment know it."""
    from config import logging
    from config.command_line.separate import application
    from config.settings import load_settings

    settings = load_settings()
    app = application(settings)
    if settings.log_level == "INFO":  # whoever types a command reads its answer, not the story of every row
        logging.configure(settings.changed(log_level="WARNING"))
    work_in_batches()
    return app


def _settings(**overrides: Any) -> Any:
    from config.settings import load_settings

    settings = load_settings(**{name: value for name, value in overrides.items() if value is not None})
    use_locale(settings.locale)
    return settings


obhut = Obhut(
    name="obhut", create_app=_create_app, add_default_commands=False, add_version_option=False, load_dotenv=False,
    set_debug_flag=False, params=[], context_settings={"help_option_names": ["-h", "--help"]},
    help="Digital citizen services and quarantine care for a city and its health office.",
)  # fmt: skip
obhut.params = []  # no --app, --env-file or --debug: the settings say it all


@obhut.command(with_appcontext=False)
def up() -> None:
    """Start everything in one process: web, worker, beat, and the sandbox where no provider is set."""
    from config.command_line.running import up as run

    run(_settings())


@obhut.command(with_appcontext=False)
def web() -> None:
    """Start the web server alone (needs a broker)."""
    from config.command_line.separate import web as run

    run(_settings())


@obhut.command(with_appcontext=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def worker(arguments: tuple[str, ...]) -> None:
    """Start a worker alone (needs a broker). ARGUMENTS go to Celery, such as --concurrency=4."""
    from config.command_line.separate import worker as run

    run(_settings(), list(arguments))


@obhut.command(with_appcontext=False)
def beat() -> None:
    """Start beat alone (needs a broker); one is enough."""
    from config.command_line.separate import beat as run

    run(_settings())


@obhut.command(with_appcontext=False)
def sandbox() -> None:
    """Start identity provider, phone and mailbox for trying out, beside `obhut web`."""
    from config.command_line.separate import sandbox as run

    run(_settings())


@obhut.group(cls=click.Group)
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema (as the owner, OBHUT_MIGRATION_DATABASE_URL), with a first office."""
    from config import schema
    from config.app import create_app
    from config.command_line.own_keys import require_own_keys
    from config.command_line.seeding import erase_again, seed
    from config.command_line.terminal import _, say

    settings = _settings()
    app = create_app(settings)
    schema.upgrade(app, settings)
    with app.app_context():
        require_own_keys()
        seed(settings)
        erase_again()
    say(_("The database has the newest schema."))


@db.command()
def protect() -> None:
    """Give every table the row-level security that it should have (PostgreSQL, as the owner)."""
    from config import schema
    from config.command_line.terminal import _, say

    say(_("{number} tables are protected.", number=schema.protect(_settings())))


@obhut.command(with_appcontext=False)
def doctor() -> None:
    """Check configuration, database, broker, identity provider, SMS and mail; say how to mend what fails."""
    from config.command_line.doctor import examine

    sys.exit(0 if examine(_settings) else FAILED)


@obhut.command(with_appcontext=False)
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False), help="Import this file instead.")
@click.option("--days", type=click.IntRange(6, 30), default=10, show_default=True, help="How many days to play.")
def demo(path: str | None, days: int) -> None:
    """Play ten days of an outbreak and a service request against a throw-away database."""
    from config.demo.play import play

    use_locale(os.environ.get("OBHUT_LOCALE", "de"))
    sys.exit(0 if play(path, days) else FAILED)


@obhut.command(with_appcontext=False)
@click.option("--cases", type=click.IntRange(0, 900_000), default=0, help="How many people in care.")
@click.option("--requests", type=click.IntRange(0, 900_000), default=0, help="How many applications.")
@click.option("--messages", type=click.IntRange(0, 900_000), default=0, help="How many messages.")
@click.option(
    "--random-seed",
    type=click.IntRange(0, 1_000_000),
    default=1,
    show_default=True,
    help="The same number makes the same people, and none of them twice.",
)
def seed(random_seed: int, **numbers: int) -> None:
    """Fill the database with invented people, in no production (reproducible)."""
    if not any(numbers.values()):
        raise click.UsageError("Say how many: --cases, --requests or --messages.")
    from config.command_line.seed import run

    run(_create_app(), _settings(), numbers, random_seed)


def main(arguments: list[str] | None = None) -> None:
    """Entry of the console script. Exit codes: 0 done, 1 the work failed, 2 wrong usage; never a traceback."""
    use_locale(os.environ.get("OBHUT_LOCALE") or "de")  # what is wrong with the settings has to be said, too
    scopes.start(scopes.system("command-line"))
    give_back_large_buffers()
    load_undisturbed()
    sys.exit(_guarded(lambda: obhut.main(args=arguments, prog_name="obhut", standalone_mode=False)))


def _guarded(run: Callable[[], object]) -> int:
    try:
        result = run()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return FAILED
    except DomainError as error:
        complain(worded(error))
        return FAILED
    except Exception as error:
        if os.environ.get("OBHUT_LOG_LEVEL") == "DEBUG":
            raise
        complain(f"{_reason(error)} (OBHUT_LOG_LEVEL=DEBUG shows where)")
        return FAILED
    return result if isinstance(result, int) else 0


def _reason(error: Exception) -> str:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


if __name__ == "__main__":
    main()
