"""`obhut services …`."""

import sys
from pathlib import Path

import click

from config import signing
from config.settings import load_settings
from services.checking import check_file, register_check
from services.definitions import CATALOGUE, definition_beside, definition_files
from services.fim.cli import import_fim
from services.form.fields import every
from services.handover.tasks import register_ways
from services.open311 import checks as public_side


@click.group("services")
def services() -> None:
    """Service definitions."""


@services.command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check service definitions and run their forms' tests: FILES, or the whole catalogue.

    Each problem is a line `file:line: what is wrong`. A form without tests is a warning.
    """
    register_ways()
    register_check(public_side.look)
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


@services.command("verify-receipt")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The city's certificate (PEM), from its address /.well-known/obhut-signing.pem. Default: this installation's.",
)  # fmt: skip
def verify_receipt(file: Path, certificate: Path | None) -> None:
    """Check the signature of a receipt or decision, FILE, without any network. Exit code 1: it is not genuine."""
    certificates = certificate.read_bytes() if certificate else signing.certificate_pem(load_settings())
    try:
        found = signing.check_pdf(file.read_bytes(), certificates)
    except ValueError:
        raise click.UsageError(f"{certificate}: this is no certificate in PEM") from None
    if not found.is_signed:
        click.echo(f"{file.name}: not signed", err=True)
    elif not found.is_intact:
        click.echo(f"{file.name}: changed after it was signed", err=True)
    elif not found.is_ours:
        click.echo(f"{file.name}: signed by somebody else ({found.signer})", err=True)
    else:
        moment = f"{found.signed_at:%Y-%m-%d %H:%M:%S %Z}" if found.signed_at else "at an unknown time"
        click.echo(f"{file.name}: genuine and unchanged, signed {moment} by {found.signer}")
    if not found.is_genuine:
        sys.exit(1)


services.add_command(import_fim)
