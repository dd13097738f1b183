"""`obhut cases import`: the same way as the page, in one go."""

import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select

from auth.models import Office
from auth.policies import Actor
from auth.sealing_apart import sealing_apart
from care import import_preview, import_queries, importing
from care.import_models import ImportState
from care.import_queries import ImportShown, Show
from care.imports.base import Severity
from care.imports.formats import AUTO, NAME_NO_DISEASE, ParsedFile, format_codes
from care.protocol import current_versions
from config.beside import Ended, beside
from config.database import db, transaction
from config.error_pages import filled, translated
from config.errors import DomainError

ACTOR = Actor.system("cli")
DONE, FAILED = 0, 1
WAIT_S = 0.1


cases = click.Group("cases")


@cases.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--format", "format_code", type=click.Choice(format_codes()), default=AUTO, show_default=True)
@click.option("--office", "office_code", metavar="CODE", help="The health office; needed when there are several.")
@click.option("--protocol", default="", help="The disease of a file that names none, as code of its protocol.")
@click.option("--dry-run", is_flag=True, help="Only say what is wrong with the file; store nothing.")
@with_appcontext
def import_file(file: Path, format_code: str, office_code: str | None, protocol: str, dry_run: bool) -> None:
    """Import people from FILE (CSV or Excel: SORMAS cases, contacts and travel entries, Epi-X, SDX, our own template).

    Good rows come in though bad ones do not; the same file twice makes nothing twice. Exit code 1 when the file cannot
    be read or none of its rows comes in.
    """
    upload = import_preview.Upload(file.read_bytes(), file.name, format_code, protocol)
    try:
        if dry_run:
            code = _dry_run(_read(upload))
        else:
            with sealing_apart():
                code = _import(upload, _office(office_code))
    except DomainError as error:
        raise click.ClickException(f"{file.name}: {translated(error)}") from None
    click.get_current_context().exit(code)


def _read(upload: import_preview.Upload, office_id: uuid.UUID | None = None) -> ParsedFile:
    """The file, its rows not parsed yet; says once what every row would say on the page, and names the option."""
    parsed = import_preview.read(upload, office_id)
    if parsed.format.code in NAME_NO_DISEASE and not upload.protocol:
        known = ", ".join(sorted(current_versions()))
        raise click.UsageError(
            _("This format names no disease. Please name one with --protocol: %(known)s.", known=known)
        )
    return parsed


def _dry_run(parsed: ParsedFile) -> int:
    rows = list(parsed.rows)
    for row in rows:
        _say_problems(row.number, map(asdict, row.problems))
    usable = sum(row.usable for row in rows)
    found = f"{parsed.format.code}, {parsed.table.encoding}"
    click.echo(_("%(found)s: %(usable)s of %(rows)s rows can be imported.", found=found, usable=usable, rows=len(rows)))
    return DONE if usable else FAILED


def _say_problems(number: int, problems: Iterable[Mapping[str, Any]]) -> None:
    for problem in problems:
        is_error = problem["severity"] == Severity.ERROR
        text = filled(problem["message"], dict(problem["params"]))
        where = f"{problem['column']}: " if problem["column"] else ""
        kind = _("error") if is_error else _("warning")
        click.echo(_("Line %(number)s, %(kind)s: %(text)s", number=number, kind=kind, text=where + text), err=is_error)


def _office(code: str | None) -> uuid.UUID:
    offices = db.session.execute(select(Office.id, Office.code, Office.is_default).order_by(Office.code)).all()
    fitting = [o for o in offices if o.code == code] if code else [o for o in offices if o.is_default] or offices
    if len(fitting) != 1:
        known = ", ".join(office.code for office in offices) or "–"
        raise click.UsageError(_("Please name a health office with --office. Known are: %(known)s.", known=known))
    found: uuid.UUID = fitting[0].id
    return found


def _import(upload: import_preview.Upload, office_id: uuid.UUID) -> int:
    parsed = _read(upload, office_id)
    import_id = import_preview.preview(upload, actor=ACTOR, office_id=office_id, parsed=parsed)
    _say_stored_problems(import_id)
    with beside(partial(_help, import_id)):
        with transaction():
            importing.confirm(import_id, actor=ACTOR)
        shown = _worked_off(import_id, _progress())
    stays_out = shown.refused + shown.failed
    click.echo(
        _(
            "%(imported)s imported, %(there)s already there, %(out)s with errors.",
            imported=shown.imported,
            there=shown.already_there,
            out=stays_out,
        )
    )
    return DONE if shown.imported + shown.already_there else FAILED


def _say_stored_problems(import_id: uuid.UUID) -> None:
    after: int | None = 0
    while after is not None:
        rows, after = import_queries.rows_of(ACTOR, import_id, Show.PROBLEMS, after)
        for row in rows:
            _say_problems(row.number, row.problems)


def _worked_off(import_id: uuid.UUID, report: Callable[[ImportShown], None]) -> ImportShown:
    """Work the import off here; a worker that is at it already is waited for."""
    while True:
        done = importing.import_next_rows(import_id)
        shown = import_queries.shown(ACTOR, import_id)
        report(shown)
        if shown.state is ImportState.FINISHED:
            return shown
        if not done:
            time.sleep(WAIT_S)


def _help(import_id: uuid.UUID, ended: Ended) -> None:
    """Work it off from the end, on another core."""
    while not ended(0):
        if not importing.import_next_rows(import_id, last_first=True):
            ended(WAIT_S)  # not confirmed yet, or done


def _progress() -> Callable[[ImportShown], None]:
    """A bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        return lambda shown: click.echo(
            _("%(done)s of %(total)s rows are done.", done=shown.done, total=shown.total), err=True
        )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    task = progress.add_task(_("Import"), total=None)
    progress.start()

    def report(shown: ImportShown) -> None:
        progress.update(task, completed=shown.done, total=shown.total)
        if shown.state is ImportState.FINISHED:
            progress.stop()

    return report
