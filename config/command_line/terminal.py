"""What the command line says: translated lines on standard output, one readable line for an error on standard error."""

import gettext
import sys
from functools import cache
from pathlib import Path

import click

from config.errors import ConfigurationError, DomainError

TRANSLATIONS = Path(__file__).parents[1] / "translations"
DOMAINS = ("sandbox", "config", "auth", "notifications", "services", "care", "imports")
_locale = "de"


def use_locale(code: str) -> None:
    """Speak the language `code` from now on."""
    global _locale
    _locale = code


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    found = gettext.NullTranslations()
    languages = [] if code.startswith("en") else [code.partition("-")[0], "de"]
    for domain in DOMAINS:
        found.add_fallback(gettext.translation(domain, TRANSLATIONS, languages, fallback=True))
    return found


def _(text: str, /, **parameters: object) -> str:
    """`text` in the language of this terminal, with its `{named}` parameters."""
    translated = _catalogue(_locale).gettext(text)
    return translated.format(**parameters) if parameters else translated


def worded(error: DomainError) -> str:
    """The text of `error` in the language of this terminal."""
    if isinstance(error, ConfigurationError) and error.problems:
        lines = [(one.field, _(one.message).format(**one.params)) for one in error.problems]
        return "\n".join(f"{name}: {text}" if name else text for name, text in lines)
    return _(error.message).format(**error.params)


def say(text: str = "", *, style: str | None = None) -> None:
    """Print a line at once, with a colour where there is a terminal."""
    click.secho(text, fg=style, bold=style == "bold" or None) if style not in (None, "bold") else click.secho(
        text, bold=style == "bold"
    )
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print an error line."""
    for line in text.splitlines() or [""]:
        click.secho(f"obhut: {line}", err=True, fg="red")
