"""Invented people, requests and messages, for trying out and measuring; never where real people are looked after."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from care.seeding import seed_cases
from config import group_keys
from config.command_line.terminal import _, say
from config.errors import N_, ConfigurationError
from config.message_settings import TWILIO
from config.settings import Settings
from notifications.seeding import seed_messages
from services.seeding import seed_requests

Seeder = Callable[[int, int, Callable[[int], None]], int]
# Applications before messages, for no reason but that people come first.
SEEDERS: tuple[tuple[str, str, Seeder], ...] = (
    ("cases", N_("Cases"), seed_cases),
    ("requests", N_("Requests and reports"), seed_requests),
    ("messages", N_("Messages"), seed_messages),
)
LINES = 10  # so many plain lines for each, where there is no terminal


def run(app: Flask, settings: Settings, numbers: dict[str, int], random_seed: int) -> None:
    """Make so many of each. Raises ConfigurationError where real people may be looked after or written to."""
    if settings.is_production:
        raise ConfigurationError(N_("Invented people do not belong into production: OBHUT_ENV says so."))
    if settings.twilio_account_sid and settings.twilio_api_base == TWILIO:
        raise ConfigurationError(
            N_("Invented people have numbers that may be somebody's: take OBHUT_TWILIO_ACCOUNT_SID away first.")
        )
    with app.app_context():
        group_keys.prepare()
        for name, title, seeder in SEEDERS:
            if numbers[name]:
                with _shown(_(title), numbers[name]) as progress:
                    made = seeder(numbers[name], random_seed, progress)
                say(
                    _(
                        "{title}: {made} made, {there} were there.",
                        title=_(title),
                        made=made,
                        there=numbers[name] - made,
                    )
                )


@contextmanager
def _shown(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, a line for each tenth elsewhere."""
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda more: bar.update(task, advance=more)
        return
    done = [0]

    def tell(more: int) -> None:
        before, done[0] = done[0], done[0] + more
        if before * LINES // total != done[0] * LINES // total:
            click.echo(f"{title}: {done[0]}/{total}", err=True)

    yield tell
