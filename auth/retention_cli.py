"""`obhut retention`: erase what is over, and do erasures again that a restored backup has undone.

Exit codes: 0 done, 1 the work failed, 2 wrong usage.
"""

import sys

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from auth import erasures, retention as limits
from auth.retention import Outcome


@click.group("retention")
def retention() -> None:
    """Time limits, and the list of erasures."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Count what is over, and erase nothing.")
@with_appcontext
def run(dry_run: bool) -> None:
    """Erase what is over, type by type; files only after the archive has been asked."""
    totals = {name: found for whole in _worked_off(dry_run).values() for name, found in _with_lines(whole)}
    width = max(len(name) for name in totals)
    click.echo(f"{'':{width}} {_('over'):>8} {_('on hold'):>8} {_('archive'):>8} {_('erased'):>8}")
    for found in totals.values():
        click.echo(f"{found.name:{width}} {found.due:8} {found.held:8} {found.waiting:8} {found.erased:8}")
    if dry_run:
        click.echo(_("Nothing was erased: this was a dry run."))
    else:
        limits.note_finished()


def _with_lines(whole: Outcome) -> list[tuple[str, Outcome]]:
    """A type, and beneath it each of its stages, whether anything was found of it or not."""
    lines = next(one.lines() for one in limits.record_types() if one.name == whole.name)
    beneath = {name: whole.lines.get(name, Outcome(name)) for name in lines if name != whole.name}
    return [(whole.name, whole), *beneath.items()]


def _worked_off(dry_run: bool) -> dict[str, Outcome]:
    names = [one.name for one in limits.record_types() if one.due is not None]
    totals = {name: Outcome(name) for name in names}
    columns = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=len(names))
        for found, place in limits.run(dry_run=dry_run):
            totals[found.name] = totals[found.name].plus(found)
            progress.update(task, completed=names.index(found.name) + (place is None), description=found.name)
    return totals


@retention.command("re-erase")
@with_appcontext
def re_erase() -> None:
    """After a backup was restored: erase again what the list outside the database knows. Every start does it, too."""
    number = erasures.re_erase()
    click.echo(_("%(number)s erasures were done again.", number=number))
