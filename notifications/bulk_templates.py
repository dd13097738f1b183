"""Templates that are meant for many people at once, and the placeholders that an officer's own text may have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from config.errors import N_, RuleViolation
from notifications.statuses import Channel
from notifications.template_titles import register_titles

FILE = "file"
PLACEHOLDER = re.compile(r"\(\(\s*([^()]{1,60}?)\s*\)\)")
MISSING = N_("The column “{column}” is missing or empty.")
LONGEST_TEXT = 1500


@dataclass(frozen=True)
class Asked:
    """What the officer fills in on the page, the same for all people. `only`: needed for messages by this channel."""

    name: str
    label: str
    hint: str = ""
    long: bool = False
    most: int = LONGEST_TEXT
    only: Channel | None = None


@dataclass(frozen=True)
class BulkTemplate:
    """A template offered for bulk sends.

    `columns` come from each person's row (of the file, or of the source), `sources` are those that can fill it in.
    """

    name: str
    title: str
    text: str
    asked: tuple[Asked, ...] = ()
    columns: tuple[str, ...] = ()
    sources: tuple[str, ...] = (FILE,)


_templates: dict[str, BulkTemplate] = {}


def register_bulk_template(template: BulkTemplate) -> None:
    """Offer `template` for bulk sends. The same name again replaces it."""
    _templates[template.name] = template
    register_titles({template.name: template.title})


def bulk_templates(source: str) -> list[BulkTemplate]:
    """Those that people of `source` can be written to with, in the order of their registration."""
    return [template for template in _templates.values() if source in template.sources]


def bulk_template(name: str, source: str) -> BulkTemplate:
    """The one named `name`. Raises RuleViolation when there is none for `source`."""
    found = _templates.get(name)
    if found is None or source not in found.sources:
        raise RuleViolation("template", N_("There is no template “{template}”."), template=name)
    return found


def columns_of(template: BulkTemplate, texts: Mapping[str, str]) -> frozenset[str]:
    """All columns that a row needs, in small letters: the template's own, and the placeholders in the texts."""
    inside = (name for text in texts.values() for name in PLACEHOLDER.findall(text))
    return frozenset(name.casefold() for name in (*template.columns, *inside))


def filled_in(template: BulkTemplate, texts: Mapping[str, str], cells: Mapping[str, str]) -> dict[str, str]:
    """The template's variables for one person; the keys of `cells` are in small letters.

    Raises RuleViolation naming the first column that is missing or empty.
    """

    def value(name: str) -> str:
        found = cells.get(name.casefold(), "")
        if not found:
            raise RuleViolation("variables", MISSING, column=name)
        return found

    filled = {name: PLACEHOLDER.sub(lambda match: value(match[1]), text) for name, text in texts.items()}
    return filled | {name: value(name) for name in template.columns}


def checked_texts(template: BulkTemplate, given: Mapping[str, str]) -> dict[str, str]:
    """What was asked on the page. Raises RuleViolation at the first text that is missing or too long."""
    texts = {}
    for asked in template.asked:
        text = given.get(asked.name, "").strip()
        if not text and asked.only is None:
            raise RuleViolation(asked.name, N_("Please fill in this field."))
        if len(text) > asked.most:
            raise RuleViolation(asked.name, N_("This is too long."))
        texts[asked.name] = text
    return texts


def check_for_channel(template: BulkTemplate, texts: Mapping[str, str], channel: Channel) -> None:
    """Raises RuleViolation when messages by `channel` need a text that was left empty."""
    for asked in template.asked:
        if asked.only is channel and not texts.get(asked.name):
            raise RuleViolation(
                asked.name, N_("Some of these people are written to by e-mail. Please fill in this field.")
            )


def register() -> None:
    """Offer the room's own template: a text of the officer's."""
    register_bulk_template(
        BulkTemplate(
            "notifications.plain",
            N_("Free text"),
            N_("A text of your own, the same for all or with placeholders for single cells."),
            asked=(
                Asked("subject", N_("Subject"), N_("For e-mails."), most=150, only=Channel.EMAIL),
                Asked("text", N_("Text"), N_("No names, no diagnoses: others may read along."), long=True),
            ),
            sources=(FILE, "care.cases", "care.chosen"),
        )
    )
