"""For developers: keep the translations in step with the code. See docs/translations.md.

German has everything, the other languages what people in care read (config.people_texts).

python -m config.texts             update every .po: new texts come in, texts no longer used go
python -m config.texts care auth   only these domains
python -m config.texts --check     change nothing; name what lacks a translation, exit code 1 if anything does
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from config.people_texts import PLACES

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "config" / "translations"
LOCALES = ("de", "tr", "ar", "uk", "ru", "pl", "fr", "de@ls")
WHOLE = frozenset({"de"})  # the others have only what people in care read (config.people_texts)
MACRO = re.compile(r"{%-?\s*(?:macro (\w+)|endmacro)")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
# A domain takes what no more special domain takes: `imports` lies within `care`, `sandbox` within `config`.
DOMAINS: dict[str, tuple[str, ...]] = {
    "imports": (
        *("care/imports", "care/importing.py", "care/imports_cli.py", "care/views_imports.py"),
        "care/templates/care/imports",
        "config/tables.py",
    ),
    "sandbox": ("config/sandbox", "config/command_line", "config/demo"),
    "auth": ("auth",),
    "notifications": ("notifications",),
    "services": ("services",),
    "care": ("care",),
    "config": ("config",),
}


def main() -> int:
    """Update or check; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m config.texts", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("domains", nargs="*", metavar="DOMAIN", help=f"of {', '.join(DOMAINS)} (default: all)")
    parser.add_argument("--check", action="store_true", help="only name what lacks a translation")
    wanted = parser.parse_args()
    unknown = sorted(set(wanted.domains) - set(DOMAINS))
    if unknown:
        parser.error(f"no such domain: {', '.join(unknown)}")
    found = [one for domain in wanted.domains or DOMAINS for locale in LOCALES for one in missing(domain, locale)]
    if not wanted.check:
        for domain in wanted.domains or DOMAINS:
            for locale in LOCALES:
                update(domain, locale)
    for line in found:
        print(line)
    return 1 if found and wanted.check else 0


def missing(domain: str, locale: str) -> list[str]:
    """The texts of `domain` without translation into `locale`, as lines "tr: care/views.py:12: the text"."""
    catalogue = _read(domain, locale)
    return [
        f"{locale}: {message.locations[0][0]}:{message.locations[0][1]}: {_name(message)}"
        for message in extracted(domain, locale)
        if message.id and not _is_translated(catalogue.get(message.id))
    ]


def update(domain: str, locale: str) -> None:
    """Bring the .po of `domain` up to date, keeping every translation that is still used."""
    template, catalogue = extracted(domain, locale), _read(domain, locale)
    # An update that finds nothing new must leave the file as it is.
    template.creation_date = catalogue.creation_date
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.header_comment = f"# Texts of the domain “{domain}”; kept in step by `python -m config.texts`."
    catalogue.obsolete.clear()
    target = _file(domain, locale)
    if not any(message.id for message in catalogue):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as writable:
        write_po(writable, catalogue, width=120, omit_header=False, include_lineno=False, sort_by_file=True)


def extracted(domain: str, locale: str) -> Catalog:
    """What of `domain` has to be there in `locale`, from the code."""
    catalogue = Catalog(domain=domain, project="Obhut")
    for path in _files(domain):
        lines = None if locale in WHOLE else _lines_for_people(path)
        for line, text, comments, context in _marked(path):
            if lines is None or line in lines:
                name = str(path.relative_to(ROOT))
                catalogue.add(text, None, [(name, line)], auto_comments=comments, context=context)
    return catalogue


@cache  # each file is wanted for nine languages
def _marked(path: Path) -> list[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    # Jinja's own extractor needs no options; python's reads the encoding from the file.
    method = "jinja2" if path.suffix == ".html" else "python"
    return list(extract_from_file(method, path, KEYWORDS, ("i18n:",)))


@cache
def _lines_for_people(path: Path) -> frozenset[int]:
    """The lines of a file whose texts people in care read. Raises SystemExit when the table names what is not there."""
    inner = path.relative_to(ROOT)
    names = next((PLACES[str(one)] for one in (inner, *inner.parents) if str(one) in PLACES), None)
    if names is None:
        return frozenset()
    source = path.read_text(encoding="utf-8")
    if not names:
        return frozenset(range(1, source.count("\n") + 2))
    parts = _macros(source) if path.suffix == ".html" else _definitions(source)
    absent = sorted(set(names) - parts.keys())
    if absent:
        sys.exit(f"config/people_texts.py names what {inner} has not: {', '.join(absent)}")
    return frozenset(line for name in names for line in parts[name])


def _definitions(source: str) -> dict[str, range]:
    """The lines of each class, function and table of a Python file."""
    found: dict[str, range] = {}
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names = [one.id for one in targets if isinstance(one, ast.Name)] or [getattr(node, "name", "")]
        found |= dict.fromkeys(names, range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def _macros(source: str) -> dict[str, range]:
    """The lines of each macro of a template; macros do not lie within one another."""
    found: dict[str, range] = {}
    name, begun = "", 0
    for number, line in enumerate(source.splitlines(), start=1):
        for mark in MACRO.finditer(line):
            if mark[1]:
                name, begun = mark[1], number
            else:
                found[name] = range(begun, number + 1)
    return found


def _files(domain: str) -> Iterator[Path]:
    special = [ROOT / one for other, paths in DOMAINS.items() if other != domain for one in paths]
    for start in (ROOT / one for one in DOMAINS[domain]):
        inner = [one for one in special if start in one.parents]
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            if path.suffix not in (".py", ".html") or any(one == path or one in path.parents for one in inner):
                continue
            if path.suffix == ".py" or "templates" in path.parts:
                yield path


def _read(domain: str, locale: str) -> Catalog:
    path = _file(domain, locale)
    if not path.exists():
        return Catalog(locale=locale, domain=domain, project="Obhut", version="1", fuzzy=False)
    with path.open("rb") as readable:
        return read_po(readable, locale=locale, domain=domain)


def _file(domain: str, locale: str) -> Path:
    return TRANSLATIONS / locale / "LC_MESSAGES" / f"{domain}.po"


def _is_translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def _name(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


if __name__ == "__main__":
    sys.exit(main())
