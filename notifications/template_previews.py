"""Templates as staff see them: which languages there are, how each text will look, what it costs, what it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from config.database import db
from config.errors import NotFound, RuleViolation
from config.settings import LOCALES, current_settings
from notifications.operation_models import TemplateVersion
from notifications.rendering import Rendered, compiled
from notifications.segments import Segments, made_plain, measure, plainer
from notifications.statuses import Channel
from notifications.template_files import (
    Traits,
    found_locale,
    read_source,
    samples_of,
    template_files,
    template_names,
    traits_of,
)

Missing = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class Languages:
    """The languages of a template by one channel; `missing`: those that it lacks, by the one that is read instead."""

    channel: Channel
    there: tuple[str, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class Overview:
    """One template in the list. `problem` says why it cannot be used."""

    name: str
    wing: str
    languages: tuple[Languages, ...]
    traits: Traits | None
    problem: RuleViolation | None


@dataclass(frozen=True)
class Piece:
    """A stretch of an SMS, or a letter that forces UCS-2 with what could stand there instead ("" is: leave it out)."""

    text: str
    is_culprit: bool = False
    instead: str | None = None


@dataclass(frozen=True)
class Size:
    """What an SMS costs. `cost` in euros; `plain`: its size with other letters for the culprits, if there are any."""

    segments: Segments
    cost: Decimal
    plain: Segments | None
    pieces: tuple[Piece, ...]

    @property
    def swaps(self) -> tuple[Piece, ...]:
        """Each culprit once."""
        return tuple({piece.text: piece for piece in self.pieces if piece.is_culprit}.values())

    @property
    def is_dear(self) -> bool:
        """Whether a few letters make the message longer that could be written otherwise."""
        return self.plain is not None and self.plain.count < self.segments.count


@dataclass(frozen=True)
class Preview:
    """One text as a person with `locale` gets it. `text` or `problem` is there; `size` for SMS only."""

    channel: Channel
    locale: str
    version: str
    text: Rendered | None
    problem: RuleViolation | None
    size: Size | None


def overview() -> list[Overview]:
    """All templates, by name."""
    return [_overview(name) for name in template_names()]


def languages_of(template: str) -> tuple[Languages, ...]:
    """The languages of each channel. Raises RuleViolation when there is no such template."""
    found: dict[Channel, list[str]] = {}
    for channel, locale in template_files(template):
        found.setdefault(channel, []).append(locale)
    order = {locale: number for number, locale in enumerate(LOCALES)}
    return tuple(
        Languages(
            channel, tuple(sorted(found[channel], key=lambda code: order.get(code, 99))), _missing(template, channel)
        )
        for channel in Channel
        if channel in found
    )


def samples_for(template: str) -> dict[str, Any]:
    """Invented values for all variables of all texts of `template`, by name; "" where nobody has given any."""
    names: set[str] = set()
    for channel, locale in template_files(template):
        try:
            names |= compiled(template, channel, locale).variables
        except RuleViolation:
            continue  # the preview says what is wrong
    given = samples_of(template)
    return {name: given.get(name, "") for name in sorted(names)}


def as_kind_of(sample: Any, typed: str | None) -> Any:
    """What somebody typed, as a value of the sample's kind. A date or moment that cannot be read stays text.

    A moment without a zone is one of the jurisdiction.
    """
    if isinstance(sample, bool):
        return bool(typed)
    typed = (typed or "").strip()
    try:
        if isinstance(sample, datetime):
            at = datetime.fromisoformat(typed)
            return at if at.tzinfo else at.replace(tzinfo=current_settings().zone)
        if isinstance(sample, date):
            return date.fromisoformat(typed)
        if isinstance(sample, int | float):
            return type(sample)(typed)
    except ValueError:
        return typed
    return typed


def previews(template: str, variables: Mapping[str, Any]) -> list[Preview]:
    """Every text of `template`, filled in. Raises RuleViolation when there is no such template."""
    return [
        preview(template, each.channel, locale, variables) for each in languages_of(template) for locale in each.there
    ]


def preview(template: str, channel: Channel, locale: str, variables: Mapping[str, Any]) -> Preview:
    """One text as somebody with `locale` gets it; what is wrong with it is part of the answer."""
    try:
        text = compiled(template, channel, locale).render(variables)
    except RuleViolation as violation:
        return Preview(channel, locale, "", None, violation, None)
    size = size_of(text.body) if channel is Channel.SMS else None
    return Preview(channel, text.locale, text.version, text, None, size)


def size_of(text: str) -> Size:
    """What `text` costs as an SMS, and why."""
    segments, plain = measure(text), None
    if segments.culprits:
        changed = made_plain(text)
        plain = measure(changed) if changed is not None else None
    cost = segments.count * current_settings().sms_segment_price
    return Size(segments, cost, plain, tuple(_pieces(text, segments.culprits)))


def versions_of(template: str) -> Sequence[TemplateVersion]:
    """The versions that messages were written with, newest first."""
    wanted = select(TemplateVersion).where(TemplateVersion.template == template)
    return db.session.scalars(wanted.order_by(TemplateVersion.first_used_at.desc(), TemplateVersion.id.desc())).all()


def source_of(template: str, channel: Channel, locale: str, version: str) -> tuple[str, datetime | None]:
    """The source of a version and when it was first used; None: not yet. Raises NotFound."""
    row = db.session.scalars(
        select(TemplateVersion).where(
            TemplateVersion.template == template,
            TemplateVersion.channel == channel,
            TemplateVersion.locale == locale,
            TemplateVersion.version == version,
        )
    ).first()
    if row is not None:
        return row.source, row.first_used_at
    try:
        if (channel, locale) in template_files(template):
            present = read_source(template, channel, locale)
            if present.version == version:
                return present.whole, None
    except RuleViolation:
        pass
    raise NotFound()


def _overview(name: str) -> Overview:
    wing = name.partition(".")[0]
    try:
        for channel, locale in template_files(name):
            compiled(name, channel, locale)
        return Overview(name, wing, languages_of(name), traits_of(name), None)
    except RuleViolation as violation:
        return Overview(name, wing, languages_of(name), None, violation)


def _missing(template: str, channel: Channel) -> tuple[Missing, ...]:
    by_language: dict[str, list[str]] = {}
    for locale in LOCALES:
        instead = found_locale(template, channel, locale)
        if instead and instead != locale:
            by_language.setdefault(instead, []).append(locale)
    return tuple((tuple(locales), instead) for instead, locales in by_language.items())


def _pieces(text: str, culprits: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    plain = ""
    for letter in text:
        if letter not in culprits:
            plain += letter
            continue
        if plain:
            pieces.append(Piece(plain))
            plain = ""
        pieces.append(Piece(letter, True, plainer(letter)))
    return [*pieces, Piece(plain)] if plain else pieces
