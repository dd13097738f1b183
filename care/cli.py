"""`obhut cases export` and `obhut protocols check`."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from auth.actors import Actor
from care import export_presets, exporting
from care.export_commands import ExportChoice, What
from care.protocol import DIRECTORY, all_protocols
from config.errors import NotFound, RuleViolation
from config.settings import current_settings


@click.group("protocols")
def protocols() -> None:
    """Protocols of the diseases."""


@protocols.command("check")
@click.option("--directory", type=click.Path(exists=True, file_okay=False, path_type=Path), default=DIRECTORY)
def check(directory: Path) -> None:
    """Check every protocol file, and say which versions there are. A mistake is named by file and line."""
    found = all_protocols(directory)
    if not found:
        raise click.ClickException(f"There is no protocol in {directory}.")
    for (code, version), protocol in sorted(found.items()):
        asked = "+".join(slot.code for slot in protocol.check_ins.slots)
        click.echo(f"{code} {version}: {protocol.name.de}, {protocol.monitoring.days} d, {asked}")


@click.group("cases")
def cases() -> None:
    """Cases of the health office."""


@cases.command("export")
@click.option("--what", type=click.Choice([what.value.replace("_", "-") for what in What]), default="line-list")
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True)
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="open", show_default=True)
@click.option("--preset", metavar="NAME", help="A choice that somebody has kept and shared; instead of the others.")
@click.option("--office", help="Code of a health office; without it, all.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; without it, the output."
)
@with_appcontext
def export(what: str, kind: str, state: str, preset: str | None, office: str | None, output: Path | None) -> None:
    """Write cases as a table that no spreadsheet takes for formulas.

    A line list, their history (reports, results, orders, notes; always Excel), or what SORMAS or the import reads.
    """
    given = {"what": what.replace("-", "_"), "file": kind, "state": state}
    try:
        choice = export_presets.named(preset) if preset else ExportChoice.model_validate(given)
        made = exporting.export(choice, actor=Actor.system("cli"), zone=current_settings().zone, office=office)
    except NotFound:
        raise click.ClickException(f"There is no shared choice “{preset}”.") from None
    except RuleViolation as violation:
        raise (click.UsageError if violation.errors[0].field == "office" else click.ClickException)(
            str(violation)
        ) from None
    if output is None:
        sys.stdout.buffer.writelines(made.content)
        return
    with output.open("wb") as file:
        file.writelines(made.content)
    click.echo(str(output))
