"""`obhut services …`."""

import sys
from pathlib import Path

import click

from services.definitions import CATALOGUE, DefinitionError, load_file
from services.fim.cli import import_fim


@click.group("services")
def services() -> None:
    """Service definitions."""


@services.command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check service definitions: FILES, or the whole catalogue. Each problem is a line `file:line: what is wrong`."""
    paths = list(files) or sorted(CATALOGUE.glob("*.yaml"))
    wrong = 0
    for path in paths:
        try:
            definition = load_file(path)
        except DefinitionError as error:
            wrong += len(error.problems)
            for problem in error.problems:
                click.echo(problem, err=True)
        else:
            fields = len(definition.fields)
            click.echo(f"{path.name}: version {definition.version}, {fields} fields, digest {definition.digest[:12]}")
    if not paths:
        click.echo("There is no service definition.", err=True)
    if wrong or not paths:
        sys.exit(1)


services.add_command(import_fim)
