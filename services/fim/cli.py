"""`obhut services import-fim`."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import click

from services.definitions import DefinitionError, parse
from services.fim.code_lists import Given, known, read_genericode
from services.fim.conversion import Converted, convert
from services.fim.field_conversion import Values
from services.fim.keys import slug_of
from services.fim.writing import as_yaml, report
from services.fim.xdatenfelder import read
from services.fim.xml_reading import Refused

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import-fim")
@click.argument("file", type=EXISTING)
@click.option("--out", type=click.Path(path_type=Path), help="A file (its name is the slug) or a folder; else: print.")
@click.option("--force", is_flag=True, help="Write over a file that is there already.")
@click.option("--group", is_flag=True, help="Take a file that holds one group of data fields, too.")
@click.option("--code-list", "code_lists", multiple=True, type=EXISTING, help="A genericode file; may be given often.")
def import_fim(file: Path, out: Path | None, force: bool, group: bool, code_lists: tuple[Path, ...]) -> None:
    """Make a service definition out of an XDatenfelder 2.0 or 3.0 Stammdatenschema. Nothing is fetched.

    What a person has to decide is said on stderr, and marked in the file.
    """
    slug = slug_of(out.stem, "") if out is not None and out.suffix == ".yaml" else None
    try:
        converted, text = _made(file, slug, group, _given(code_lists))
    except Refused as refused:
        _fail(f"{file.name}: {refused}")
    path = _path(out, str(converted.content["slug"]))
    try:
        parse(text, f"{converted.content['slug']}.yaml")
    except DefinitionError as error:  # what FIM allows and a service cannot be
        _fail(*(f"{file.name} → {problem}" for problem in error.problems))
    if path is None:
        click.echo(text, nl=False)
    else:
        _write(path, text, force=force)
    for line in report(converted.to_do):
        click.echo(line, err=True)


def _made(file: Path, slug: str | None, group: bool, given: Given) -> tuple[Converted, str]:
    schema = read(file.read_bytes(), group=group)
    converted = convert(schema, known(given), slug=slug)
    return converted, as_yaml(converted, f"From XDatenfelder {schema.standard}: {schema.reference}")


def _given(files: Iterable[Path]) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for file in files:
        try:
            names, values = read_genericode(file.read_bytes())
        except Refused as refused:
            _fail(f"{file.name}: {refused}")
        found |= dict.fromkeys((*names, file.stem), values)
    return found


def _path(out: Path | None, slug: str) -> Path | None:
    return out / f"{slug}.yaml" if out is not None and out.is_dir() else out


def _write(path: Path, text: str, *, force: bool) -> None:
    if path.suffix != ".yaml" or path.stem != slug_of(path.stem, ""):
        raise click.UsageError(f"{path.name}: a definition is called by its slug, such as hundesteuer.yaml")
    if path.exists() and not force:
        raise click.UsageError(f"{path} is there already; --force writes over it")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        _fail(f"{path}: {error.strerror}")
    click.echo(f"{path} has been written.")


def _fail(*lines: str) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)
