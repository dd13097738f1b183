"""For developers: keep the translations in step with the code. See docs/translations.md.

python -m config.texts             update every .po: new texts come in, texts no longer used go
python -m config.texts care auth   only these domains
python -m config.texts --check     change nothing; name what lacks a translation, exit code 1 if anything does
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "config" / "translations"
LOCALES = ("de",)
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
    """The texts of `domain` without translation into `locale`, as lines "care/views.py:12: the text"."""
    catalogue = _read(domain, locale)
    return [
        f"{message.locations[0][0]}:{message.locations[0][1]}: {_name(message)}"
        for message in _extract(domain)
        if message.id and not _is_translated(catalogue.get(message.id))
    ]


def update(domain: str, locale: str) -> None:
    """Bring the .po of `domain` up to date, keeping every translation that is still used."""
    template, catalogue = _extract(domain), _read(domain, locale)
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


def _extract(domain: str) -> Catalog:
    catalogue = Catalog(domain=domain, project="Obhut")
    for path in _files(domain):
        # Jinja's own extractor needs no options; python's reads the encoding from the file.
        method = "jinja2" if path.suffix == ".html" else "python"
        for line, text, comments, context in extract_from_file(method, path, KEYWORDS, ("i18n:",)):
            name = str(path.relative_to(ROOT))
            catalogue.add(text, None, [(name, line)], auto_comments=comments, context=context)
    return catalogue


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
