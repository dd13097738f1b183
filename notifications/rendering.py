"""Message templates: found by name, rendered strictly, in the person's language or the nearest we have.

A template is compiled once per process; filling it in reads no file. Templates do not include one another: the version
that a message remembers is a digest of its own files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import Environment, StrictUndefined, Template, TemplateError, UndefinedError, meta, pass_context
from jinja2.runtime import Context

from config.errors import N_, RuleViolation
from config.settings import current_settings
from notifications.html_mail import html_from_text
from notifications.statuses import Channel
from notifications.template_files import (
    Source,
    Traits,
    found_locale,
    generation,
    locales_to_try,
    read_source,
    register_templates,
    template_files,
    template_names,
    traits_of,
)

__all__ = [
    "Compiled",
    "Rendered",
    "Traits",
    "compiled",
    "locales_to_try",
    "register_templates",
    "render",
    "template_files",
    "template_names",
    "traits_of",
]

BABEL = {"de-simple": "de"}
SUBJECT = "Subject:"
LOCALE, ZONE = "locale", "_zone"  # what a template knows besides its variables


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to go. `locale` is the one found, `version` a digest of the sources.

    `html` is "" unless the template has an HTML file of its own: `page` derives it where it is needed.
    """

    subject: str
    body: str
    html: str
    locale: str
    version: str
    traits: Traits

    @property
    def page(self) -> str:
        """The HTML of an e-mail."""
        return self.html or html_from_text(self.subject, self.body, self.locale)


class Compiled:
    """A template for one channel in one language, to be filled in as often as needed."""

    def __init__(self, source: Source, traits: Traits) -> None:
        """Raises RuleViolation when the text is no template."""
        self.source, self.traits = source, traits
        self._is_sms = source.channel is Channel.SMS
        try:
            self._text = _PLAIN.from_string(source.text)
            self._html = _HTML.from_string(source.html) if source.html else None
        except TemplateError as error:
            raise _faulty(source.template, error) from None

    @property
    def variables(self) -> frozenset[str]:
        """The names of what has to be filled in."""
        parsed = (_PLAIN.parse(text) for text in (self.source.text, self.source.html))
        return frozenset().union(*map(meta.find_undeclared_variables, parsed)) - {LOCALE, ZONE}

    def render(self, variables: Mapping[str, Any], zone: str | None = None) -> Rendered:
        """Fill in. `zone`: the IANA zone in which moments are printed, else the jurisdiction's.

        Raises RuleViolation: a variable is missing, a value does not fit, there is no such zone.
        """
        context = {**variables, LOCALE: self.source.locale, ZONE: zone}
        text = self._filled(self._text, context)
        html = self._filled(self._html, context) if self._html else ""
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        subject, body = ("", text.strip()) if self._is_sms else self._split(text.strip())
        return Rendered(subject, body, html, self.source.locale, self.source.version, self.traits)

    def _filled(self, template: Template, context: dict[str, Any]) -> str:
        try:
            return template.render(context)
        except UndefinedError as error:
            raise RuleViolation(
                "variables",
                N_("The template “{template}” cannot be filled in: {reason}."),
                template=self.source.template,
                reason=error,
            ) from None
        except RuleViolation:
            raise
        except Exception as error:  # a filter met a value that it cannot take
            raise _faulty(self.source.template, error) from None

    def _split(self, text: str) -> tuple[str, str]:
        first, _, body = text.partition("\n")
        if not first.startswith(SUBJECT):
            raise RuleViolation(
                "template", N_("The template “{template}” has no subject."), template=self.source.template
            )
        # A variable must not be able to begin a header of its own.
        return " ".join(first.removeprefix(SUBJECT).split()), body.strip()


def compiled(template: str, channel: Channel, locale: str) -> Compiled:
    """`template` for somebody who reads `locale`, in the nearest language there is; kept for the next time.

    Raises RuleViolation: no such template, no text for this channel, faulty text.
    """
    return _nearest(template, channel, locale, generation())


def render(
    template: str, channel: Channel, locale: str, variables: Mapping[str, Any], zone: str | None = None
) -> Rendered:
    """Fill `template` in. Raises RuleViolation: no such template, no text for this channel, a variable missing."""
    return _nearest(template, channel, locale, generation()).render(variables, zone)


@lru_cache(maxsize=1024)
def _nearest(template: str, channel: Channel, locale: str, number: int) -> Compiled:
    found = found_locale(template, channel, locale)
    if found is None:
        raise RuleViolation(
            "template", N_("The template “{template}” has no text for {channel}."), template=template, channel=channel
        )
    return _compile(template, channel, found, number)


@lru_cache(maxsize=1024)
def _compile(template: str, channel: Channel, locale: str, _number: int) -> Compiled:
    return Compiled(read_source(template, channel, locale), traits_of(template))


@pass_context
def _printed(context: Context, value: Any) -> Any:
    """Dates print as the language writes them, moments in the person's zone, else in the jurisdiction's."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return format_datetime(value, "short", tzinfo=_zone(context), locale=_babel(context))
    if isinstance(value, date):
        return format_date(value, "medium", locale=_babel(context))
    return value


@pass_context
def _weekday(context: Context, value: date) -> str:
    day = value.astimezone(_zone(context)) if isinstance(value, datetime) else value
    return str(format_date(day, "EEEE", locale=_babel(context)))


@pass_context
def _time(context: Context, value: datetime) -> str:
    return str(format_datetime(value, "HH:mm", tzinfo=_zone(context), locale=_babel(context)))


def _babel(context: Context) -> str:
    locale: str = context[LOCALE]
    return BABEL.get(locale, locale)


def _zone(context: Context) -> ZoneInfo:
    name = context[ZONE]
    if name is None:
        return current_settings().zone
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise RuleViolation("zone", N_("There is no time zone “{zone}”."), zone=name) from None


def _faulty(template: str, reason: Exception) -> RuleViolation:
    return RuleViolation(
        "template",
        N_("The template “{template}” is faulty: {reason}."),
        template=template,
        reason=str(reason) or type(reason).__name__,
    )


def _environment(*, is_html: bool) -> Environment:
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=is_html,  # noqa: S701 - the other half is plain text
        keep_trailing_newline=False,
        finalize=_printed,
    )
    environment.globals.clear()  # of no use in a message, and copied for every one
    environment.filters["weekday"] = _weekday
    environment.filters["time"] = _time
    return environment


_PLAIN, _HTML = _environment(is_html=False), _environment(is_html=True)
