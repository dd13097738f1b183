"""What the command line says: translated lines on standard output, one readable line for an error on standard error."""

import gettext
import sys
from functools import cache
from pathlib import Path

import click

TRANSLATIONS = Path(__file__).parents[1] / "translations"
_locale = "de"


def use_locale(code: str) -> None:
    """Speak the language `code` from now on."""
    global _locale
    _locale = code


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation("sandbox", TRANSLATIONS, [code.partition("-")[0]], fallback=True)


def _(text: str, /, **parameters: object) -> str:
    """`text` in the language of this terminal, with its `{named}` parameters."""
    translated = _catalogue(_locale).gettext(text)
    return translated.format(**parameters) if parameters else translated


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
