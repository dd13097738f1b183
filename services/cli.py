"""`obhut services …`."""

import sys
from pathlib import Path

import click

from services.checking import check_file
from services.definitions import CATALOGUE, definition_beside, definition_files
from services.form.fields import every


@click.group("services")
def services() -> None:
    """Service definitions."""


@services.command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check service definitions and run their forms' tests: FILES, or the whole catalogue.

    Each problem is a line `file:line: what is wrong`. A form without tests is a warning.
    """
    paths = list(dict.fromkeys(map(definition_beside, files))) or definition_files(CATALOGUE)
    reports = [check_file(path) for path in paths]
    for report in reports:
        for line in (*report.problems, *report.warnings):
            click.echo(line, err=True)
        definition = report.definition
        if definition is not None and not report.problems:
            fields, steps = len(list(every(definition.fields))), len(definition.steps)
            click.echo(
                f"{report.path.name}: version {definition.version}, {steps} steps, {fields} fields, "
                f"{report.tests} tests, digest {definition.digest[:12]}"
            )
    if not paths:
        click.echo("There is no service definition.", err=True)
    if not paths or any(report.problems for report in reports):
        sys.exit(1)
