"""`obhut keys`: what lies under which key, and bringing it under the newest while the house works."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from time import monotonic
from typing import Any

import click
from flask.cli import with_appcontext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from auth import audit
from auth.actors import Actor
from config import rotation, scopes
from config.command_line.terminal import _, complain, say
from config.database import transaction
from config.rotation import Holdings, Step

ACTOR = Actor.system("command-line")
MOST_ROUNDS = 5  # what is written under an older key while one goes through the tables is brought along by the next
LINE_EVERY_S = 1.0

keys = click.Group("keys")


@keys.command()
@with_appcontext
def status() -> None:
    """Say how much lies under which key."""
    with scopes.within(scopes.system("keys")):
        _tell(rotation.holdings())


@keys.command()
@click.option("--office-keys", is_flag=True, help="First make new keys for all offices and departments.")
@click.option("--house-key", is_flag=True, help="First make a new key for the house itself (messages, sessions).")
@with_appcontext
def rotate(office_keys: bool, house_key: bool) -> None:
    """Bring everything under the newest keys, beside the running house. Stopped anywhere, it is simply run again."""
    kinds = (*(("office", "department") if office_keys else ()), *(("house",) if house_key else ()))
    with scopes.within(scopes.system("keys")):
        if kinds:
            places = rotation.renew(kinds)
            say(_("{number} new keys were made.", number=len(places)))
            _note("keys.renewed", {"keys": len(places)})
        changed, unreadable = _rotated()
        found = rotation.holdings()
        _note("keys.rotated", {"changed": changed, "unreadable": unreadable})
    say(_("{number} entries were brought under the newest keys.", number=changed))
    _tell(found)
    if unreadable:
        complain(_("{number} entries do not open with any key; they were left as they are.", number=unreadable))
        sys.exit(1)


def _rotated() -> tuple[int, int]:
    """How many entries were changed, and how many do not open."""
    all_changed = 0
    for number in count(1):
        steps: dict[str, Step] = {}
        with _shown() as show:
            for step in rotation.rotate():
                steps[step.part] = step
                show(step)
        changed = sum(step.changed for step in steps.values())
        all_changed += changed
        if not changed or number == MOST_ROUNDS:
            break
    return all_changed, sum(step.unreadable for step in steps.values())


def _note(action: str, facts: dict[str, Any]) -> None:
    with transaction():
        audit.record(ACTOR, action, "keys", **facts)


def _tell(found: Holdings) -> None:
    for key, use in found.deployment.items():
        counted = _("{keys} keys, {data_keys} data keys, {values} values", **vars(use))
        kind = _("newest") if use.is_current else _("older")
        say(f"OBHUT_ENCRYPTION_KEYS {key.hex()} ({kind}): {counted}")
    for key, use in found.groups.items():
        counted = _("{data_keys} data keys, {values} values", **vars(use))
        kind = _("current") if use.is_current else _("retired")
        say(f"{use.place} {key.hex()} ({kind}): {counted}")
    if found.stale:
        say(_("{number} entries lie under older keys: run `obhut keys rotate`.", number=found.stale))
    for key in found.removable:
        say(_("Nothing needs the key {key} any more: it can be removed from OBHUT_ENCRYPTION_KEYS.", key=key.hex()))


@contextmanager
def _shown() -> Iterator[Callable[[Step], None]]:
    """A bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def show(step: Step) -> None:
            if step.part not in tasks:
                tasks[step.part] = progress.add_task(step.part)
            progress.update(tasks[step.part], completed=step.seen, total=step.total)

        yield show


class _Lines:
    """One line for each part when it is done, and one a second meanwhile."""

    def __init__(self) -> None:
        self._said_at = 0.0

    def __call__(self, step: Step) -> None:
        if step.seen < step.total and monotonic() - self._said_at < LINE_EVERY_S:
            return
        self._said_at = monotonic()
        click.echo(_("{part}: {seen} of {total}", part=step.part, seen=step.seen, total=step.total), err=True)
