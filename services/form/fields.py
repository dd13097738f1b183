"""Forms as data: what a definition file may say of its questions. Pure.

A rule (`visible`, `required_when`, `computed`, `check`) is written in the subset of JsonLogic that `form.logic` knows.
A `var` names an answer by its key; inside a group first among the group's own, then among those around it.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

ADDRESS_PARTS = ("street", "house_number", "postal_code", "city")
MAX_FILES = 5
MAX_FILE_BYTES = 10 * 1024 * 1024
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Rule = dict[str, Any]
Day = date | Annotated[str, StringConstraints(pattern=r"^today([+-]\d{1,5}[dmy])?$")]
"""A day, or one counted from today in days, months or years: "today", "today+14d", "today-18y"."""


class FieldType(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    DATE = "date"
    TIME = "time"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    IBAN = "iban"
    EMAIL = "email"
    PHONE = "phone"
    CHECKBOX = "checkbox"
    CONSENT = "consent"
    ADDRESS = "address"
    LICENCE_PLATE = "licence_plate"
    MAP = "map"
    FILE = "file"
    GROUP = "group"
    NOTE = "note"


CHOOSING = frozenset({FieldType.CHOICE, FieldType.CHOICES})


class Frozen(BaseModel):
    """Base of what a definition file is made of: unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Frozen):
    """A text for people. German must be there; a missing translation falls back to it.

    `de-simple` is Leichte Sprache: short sentences, a line each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    de: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    en: str | None = None
    tr: str | None = None
    ar: str | None = None
    uk: str | None = None
    ru: str | None = None
    pl: str | None = None
    fr: str | None = None
    de_simple: str | None = Field(default=None, alias="de-simple")

    def to(self, locale: str) -> str:
        """The text in `locale` (a locale of ours, such as "de-simple"), else in German."""
        name = locale.replace("-", "_")
        found = getattr(self, name, None) if name in type(self).model_fields else None
        return found or self.de

    def __str__(self) -> str:
        return self.de


class Option(Frozen):
    """What can be chosen. `code` is what its source calls it (FIM), where that cannot be a value here."""

    value: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")]
    label: Text
    code: str | None = None


class Check(Frozen):
    """What must be true of an answer together with others, and what is said when it is not."""

    rule: Rule
    message: Text


class Repeats(Frozen):
    """How often a group may be answered; without `most` as often as somebody likes, up to a hundred times."""

    least: int = Field(default=0, ge=0, le=100)
    most: int = Field(default=100, ge=1, le=100)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.least > self.most:
            raise ValueError("least must not be above most")
        return self


class FormField(Frozen):
    """One question of a form, or a group of them. `item_label`: what one entry of a group that repeats is called.

    `prefill` names the claim or register it starts with; `decision` puts the answer into the decision's paper; `public`
    lets anybody read it (Open311); `fim` is its id there; `original_rules` are rules of its source that are shown only.
    """

    key: Key
    type: FieldType
    label: Text
    hint: Text | None = None
    help: Text | None = None
    required: bool = True
    visible: Rule | None = None
    required_when: Rule | None = None
    computed: Rule | None = None
    check: tuple[Check, ...] = ()
    options: tuple[Option, ...] = ()
    code_list: str | None = None
    max_length: int = Field(default=200, ge=1, le=10_000)
    min_length: int = Field(default=0, ge=0, le=10_000)
    pattern: str | None = None
    pattern_message: Text | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    not_before: Day | None = None
    not_after: Day | None = None
    max_files: int = Field(default=1, ge=1, le=MAX_FILES)
    consent_version: int | None = Field(default=None, ge=1)
    fields: tuple["FormField", ...] = ()
    repeats: Repeats | None = None
    item_label: Text | None = None
    prefill: str | None = None
    autocomplete: str | None = None
    decision: bool = False
    public: bool = False
    fim: str | None = None
    original_rules: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if (self.type in CHOOSING) != (bool(self.options) or self.code_list is not None):
            raise ValueError("a choice needs options, and only a choice has them")
        if self.options and self.code_list:
            raise ValueError("a choice has options or a code list, not both")
        if len({option.value for option in self.options}) != len(self.options):
            raise ValueError("two options have the same value")
        if (self.type is FieldType.GROUP) != bool(self.fields):
            raise ValueError("a group needs fields, and only a group has them")
        if self.repeats and self.type is not FieldType.GROUP:
            raise ValueError("only a group repeats")
        if self.item_label and not self.repeats:
            raise ValueError("only a group that repeats has an item_label")
        if (self.type is FieldType.CONSENT) != (self.consent_version is not None):
            raise ValueError("a consent needs its consent_version, and only a consent has one")
        refuse_twins(self.fields)
        return self

    def entry_label(self, locale: str) -> str:
        """What one entry of a group is called: "Hund", where the group is "Hunde"."""
        return (self.item_label or self.label).to(locale)


class Step(Frozen):
    """One page of a form."""

    key: Key
    title: Text
    intro: Text | None = None
    visible: Rule | None = None
    fields: tuple[FormField, ...] = Field(min_length=1)


def refuse_twins(fields: Sequence[FormField]) -> None:
    """Raises ValueError when two fields of one level have the same key."""
    keys = [field.key for field in fields]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"fields: the key “{twice[0]}” is used twice")


def every(fields: Sequence[FormField]) -> Iterator[FormField]:
    """All fields, those within groups too, in the form's order."""
    for field in fields:
        yield field
        yield from every(field.fields)
