"""Code lists: options that many forms share, bundled and versioned. Nothing is ever fetched. Pure.

A form names a list by its name or its URN; with `:version` or `_version` after the URN, as the registries write it,
only by that version.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from babel import Locale
from pydantic import Field, StringConstraints, model_validator

from config.yaml_lines import load
from services.form.fields import FormField, Frozen, Option, Text

FOLDER = Path(__file__).parent
LANGUAGES = tuple(Text.model_fields)
NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Two letters in CLDR that are no country. Kosovo has no code in ISO 3166-1; as everywhere in the EU it goes by XK."""
FIRST = ("DE",)


class CodeList(Frozen):
    """A list of options. Its `entries` are texts by code, in the order in which they are shown.

    Of countries the names come from a `source`; `codes` are what this list calls them, by their two letters: then it
    has no others.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,60}$")]
    urn: Annotated[str, StringConstraints(pattern=r"^urn:[a-z0-9][a-z0-9-]{1,31}:[^\s]{1,200}$")]
    version: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    title: Text
    entries: dict[str, Text] = Field(default_factory=dict)
    source: Literal["babel-territories"] | None = None
    codes: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")], str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if bool(self.entries) == (self.source is not None):
            raise ValueError("a code list has entries or a source")
        if self.codes and self.source is None:
            raise ValueError("only a code list with a source has codes")
        return self

    def options(self) -> tuple[Option, ...]:
        """What can be chosen."""
        if self.source is not None:
            return _territories(self.codes)
        return tuple(Option(value=code, label=label) for code, label in self.entries.items())


class UnknownCodeList(KeyError):
    """There is no list of this name or URN here."""


def find(name: str) -> CodeList:
    """The list of this name or URN. Raises UnknownCodeList."""
    for one in bundled():
        if name in (one.name, one.urn, f"{one.urn}:{one.version}", f"{one.urn}_{one.version}"):
            return one
    raise UnknownCodeList(name)


@cache
def bundled() -> Sequence[CodeList]:
    """Every list that is shipped, by name."""
    files = sorted(FOLDER.glob("*.yaml"))
    return tuple(CodeList.model_validate(load(path.read_text(encoding="utf-8"))) for path in files)


@cache
def _options(name: str) -> tuple[Option, ...]:
    return find(name).options()


def options_of(field: FormField) -> tuple[Option, ...]:
    """What can be chosen in this field, in the order of its list; nothing when there is no such list (any more)."""
    if field.code_list is None:
        return field.options
    try:
        return _options(field.code_list)
    except UnknownCodeList:
        return ()


def _territories(called: Mapping[str, str]) -> tuple[Option, ...]:
    """The countries by their German names, Germany first; with `called`, only these, under those codes."""
    names = {language: _names(language) for language in LANGUAGES}
    every = [code for code in names["de"] if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES]
    codes = list(called) if called else every
    codes.sort(key=lambda code: (code not in FIRST, _sorting(names["de"][code])))
    return tuple(
        Option(
            value=called.get(code, code),
            label=Text.model_validate({language: names[language].get(code) for language in LANGUAGES}),
        )
        for code in codes
    )


def _names(language: str) -> dict[str, str]:
    return {str(code): str(name) for code, name in Locale.parse(language).territories.items()}


def _sorting(name: str) -> str:
    """Names in the order of DIN 5007-1: umlauts like their vowels."""
    return name.casefold().translate(str.maketrans("äöüåéç", "aouaec"))
