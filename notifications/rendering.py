"""Message templates: found by name, rendered strictly, in the person's language or the nearest we have."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, UndefinedError, pass_context
from jinja2.runtime import Context

from config.errors import N_, RuleViolation
from config.settings import current_settings
from notifications.html_mail import html_from_text
from notifications.statuses import Channel, Priority, Purpose

# The languages to try after the wanted one. What is not listed tries English, then German.
NEXT_LOCALES: dict[str, tuple[str, ...]] = {"de": (), "de-simple": ("de",), "en": ("de",)}
OTHERWISE = ("en", "de")
BABEL = {"de-simple": "de"}
SUBJECT = "Subject:"
_directories: dict[str, Path] = {}


@dataclass(frozen=True)
class Traits:
    """What a template's `template.yaml` says of all its messages.

    `next_rung_after`: how long after sending without a receipt of delivery the next rung of the ladder begins.
    """

    priority: Priority = Priority.NORMAL
    purpose: Purpose = Purpose.GENERAL
    resend_when_unknown: bool = False
    next_rung_after: timedelta | None = None


@dataclass(frozen=True)
class Rendered:
    """A message ready to go. `locale` is the one found, `version` a digest of the sources."""

    subject: str
    body: str
    html: str
    locale: str
    version: str
    traits: Traits


def register_templates(prefix: str, directory: Path) -> None:
    """Make `<directory>/<name>/{sms,email}.<locale>.txt` known as template `<prefix>.<name>`."""
    _directories[prefix] = directory
    _environments.cache_clear()


def template_names() -> list[str]:
    """All template names, sorted."""
    return sorted(
        f"{prefix}.{found.name}" for prefix, root in _directories.items() for found in root.iterdir() if found.is_dir()
    )


def template_files(template: str) -> list[tuple[Channel, str]]:
    """The channels and locales in which `template` exists. Raises RuleViolation when there is no such template."""
    folder = _folder(template)
    parts = sorted(path.name.split(".") for path in folder.glob("*.*.txt"))
    return [(Channel(channel), locale) for channel, locale, _ in parts]


def render(template: str, channel: Channel, locale: str, variables: dict[str, Any]) -> Rendered:
    """Render `template`. Raises RuleViolation: no such template, no text for this channel, a variable missing."""
    folder = _folder(template)
    found = next((code for code in locales_to_try(locale) if (folder / f"{channel}.{code}.txt").is_file()), None)
    if found is None:
        raise RuleViolation(
            "template", N_("The template “{template}” has no text for {channel}."), template=template, channel=channel
        )
    sources = [folder / f"{channel}.{found}.txt", folder / f"{channel}.{found}.html"]
    prefix, name = template.split(".", 1)
    context = {**variables, "locale": found}
    try:
        text = _environments(prefix, False).get_template(f"{name}/{sources[0].name}").render(context)
        html = (
            _environments(prefix, True).get_template(f"{name}/{sources[1].name}").render(context)
            if sources[1].is_file()
            else ""
        )
    except UndefinedError as error:
        raise RuleViolation(
            "variables", N_("The template “{template}” cannot be filled in: {reason}."), template=template, reason=error
        ) from None
    except TemplateError as error:
        raise RuleViolation(
            "template", N_("The template “{template}” is faulty: {reason}."), template=template, reason=error
        ) from None
    subject, body = _split(text, channel, template)
    if channel is Channel.EMAIL:
        html = html or html_from_text(subject, body, BABEL.get(found, found))
    return Rendered(subject, body, html, found, _digest(sources), traits_of(template))


def locales_to_try(locale: str) -> tuple[str, ...]:
    """The wanted locale first, then what to fall back to: Leichte Sprache to German, others to English, then German."""
    return (locale, *NEXT_LOCALES.get(locale, OTHERWISE))


def _folder(template: str) -> Path:
    prefix, _, name = template.partition(".")
    root = _directories.get(prefix)
    # The name may come from an API client: it must be a folder's own name, never a path.
    if root is None or not name.replace("_", "").replace("-", "").isalnum() or not (root / name).is_dir():
        raise RuleViolation("template", N_("There is no template “{template}”."), template=template)
    return root / name


@lru_cache(maxsize=64)
def _environments(prefix: str, is_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_directories[prefix]),
        undefined=StrictUndefined,
        autoescape=is_html,  # noqa: S701 - the other half is plain text
        keep_trailing_newline=False,
        finalize=_printed,
    )
    environment.filters["weekday"] = _weekday
    environment.filters["time"] = _time
    return environment


@pass_context
def _printed(context: Context, value: Any) -> Any:
    """Dates print as the language writes them, moments in the jurisdiction's zone."""
    babel = BABEL.get(context["locale"], context["locale"])
    if isinstance(value, datetime):
        return format_datetime(value, "short", tzinfo=current_settings().zone, locale=babel)
    if isinstance(value, date):
        return format_date(value, "medium", locale=babel)
    return value


@pass_context
def _weekday(context: Context, value: date) -> str:
    day = value.astimezone(current_settings().zone) if isinstance(value, datetime) else value
    return str(format_date(day, "EEEE", locale=BABEL.get(context["locale"], context["locale"])))


@pass_context
def _time(context: Context, value: datetime) -> str:
    babel = BABEL.get(context["locale"], context["locale"])
    return str(format_datetime(value, "HH:mm", tzinfo=current_settings().zone, locale=babel))


def _split(text: str, channel: Channel, template: str) -> tuple[str, str]:
    text = text.replace("\r\n", "\n").strip()
    if channel is Channel.SMS:
        return "", text
    first, _, body = text.partition("\n")
    if not first.startswith(SUBJECT):
        raise RuleViolation("template", N_("The template “{template}” has no subject."), template=template)
    # A variable must not be able to begin a header of its own.
    return " ".join(first.removeprefix(SUBJECT).split()), body.strip()


def _digest(sources: list[Path]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes() if source.is_file() else b"\0")
    return digest.hexdigest()[:12]


def traits_of(template: str) -> Traits:
    """What `template.yaml` says of the template. Raises RuleViolation: no such template, or a wrong value."""
    settings = _folder(template) / "template.yaml"
    given = (yaml.safe_load(settings.read_text(encoding="utf-8")) or {}) if settings.is_file() else {}
    minutes = given.get("next_rung_after_minutes")
    try:
        return Traits(
            priority=Priority[str(given.get("priority", "normal")).upper()],
            purpose=Purpose(given.get("purpose", "general")),
            resend_when_unknown=bool(given.get("resend_when_unknown", False)),
            next_rung_after=timedelta(minutes=minutes) if minutes is not None else None,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise RuleViolation(
            "template", N_("The template “{template}” is faulty: {reason}."), template=template, reason=error
        ) from None
