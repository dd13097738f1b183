"""`obhut cases export` and `obhut protocols check`."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from auth.actors import Actor
from care import exporting
from care.protocol import DIRECTORY, all_protocols
from config.settings import current_settings


@click.group("protocols")
def protocols() -> None:
    """Protocols of the diseases."""


@protocols.command("check")
@click.option("--directory", type=click.Path(exists=True, file_okay=False, path_type=Path), default=DIRECTORY)
def check(directory: Path) -> None:
    """Check every protocol file, and say which versions there are. A mistake is named by file and line."""
    for (code, version), protocol in sorted(all_protocols(directory).items()):
        asked = "+".join(slot.code for slot in protocol.check_ins.slots)
        click.echo(f"{code} {version}: {protocol.name.de}, {protocol.monitoring.days} d, {asked}")


@click.group("cases")
def cases() -> None:
    """Cases of the health office."""


@cases.command("export")
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True)
@click.option("--office", help="Code of a health office; without it, all.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; without it, the output."
)
@with_appcontext
def export(kind: str, office: str | None, output: Path | None) -> None:
    """Write the open cases as a table that no spreadsheet takes for formulas."""
    content = exporting.line_list_file(Actor.system("cli"), kind, office, current_settings().zone)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        output.write_bytes(content)
        click.echo(str(output))
