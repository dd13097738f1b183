"""`obhut notifications preview`: a template as the person will see it, with what it costs."""

import json
from datetime import date, datetime
from typing import Any

import click
from flask.cli import AppGroup

from config.errors import RuleViolation
from notifications.rendering import render, template_files, template_names
from notifications.statuses import Channel
from notifications.template_previews import Size, languages_of, samples_for, size_of

notifications = AppGroup("notifications", help="Messages: templates and previews.")


@notifications.command("preview")
@click.argument("template", required=False)
@click.option("--channel", type=click.Choice([channel.value for channel in Channel]), help="Only this channel.")
@click.option("--locale", help="Only this language, with the fallback that a person with it would get.")
@click.option("--variables", default="{}", metavar="JSON", help='The template\'s variables: {"text": "…"}.')
@click.option("--samples", is_flag=True, help="Fill in what is not given with invented values.")
def preview_command(
    template: str | None, channel: str | None, locale: str | None, variables: str, samples: bool
) -> None:
    """Show TEMPLATE filled in, with its SMS segments and cost; without TEMPLATE list all of them."""
    if template is None:
        click.echo("\n".join(template_names()))
        return
    try:
        given = json.loads(variables)
    except ValueError:
        raise click.BadParameter("must be a JSON object", param_hint="--variables") from None
    if not isinstance(given, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--variables")
    try:
        values = (samples_for(template) if samples else {}) | {name: _value(value) for name, value in given.items()}
        for each, language in _wanted(template, channel, locale):
            click.echo(preview(template, each, language, values))
        for line in _missing(template):
            click.echo(line)
    except RuleViolation as violation:
        is_lacking = violation.errors[0].field == "variables" and not samples
        hint = " (--samples fills in what --variables does not give)" if is_lacking else ""
        raise click.ClickException(f"{violation}{hint}") from None


def preview(template: str, channel: Channel, locale: str, variables: dict[str, Any]) -> str:
    """The rendered message under a line that says what it is. Raises RuleViolation."""
    text = render(template, channel, locale, variables)
    head = f"── {template} · {channel.value} · {text.locale} · {text.version}"
    if channel is Channel.EMAIL:
        return f"{head}\nSubject: {text.subject}\n\n{text.body}\n"
    size = size_of(text.body)
    segments = size.segments
    cost = f"{segments.count} × SMS ({segments.encoding}, {segments.units}), about {size.cost} €"
    because = f", because of {' '.join(segments.culprits)}" if segments.culprits else ""
    return "\n".join((f"{head} · {cost}{because}", *_warning(size), text.body, ""))


def _warning(size: Size) -> list[str]:
    if not size.is_dear or size.plain is None:
        return []
    swaps = ", ".join(f"{swap.text} → {swap.instead or 'nothing'}" for swap in size.swaps)
    return [f"!! {size.plain.count} instead of {size.segments.count} SMS would do: {swaps}"]


def _missing(template: str) -> list[str]:
    return [
        f"── {template} · {each.channel.value} · missing: "
        + ", ".join(f"{locale} (reads {instead})" for locales, instead in each.missing for locale in locales)
        for each in languages_of(template)
        if each.missing
    ]


def _wanted(template: str, channel: str | None, locale: str | None) -> list[tuple[Channel, str]]:
    found = template_files(template)
    channels = [Channel(channel)] if channel else list(dict.fromkeys(each for each, _ in found))
    if locale:
        return [(each, locale) for each in channels]
    return [(each, language) for each, language in found if each in channels]


def _value(value: Any) -> Any:
    """Dates come as text in JSON; templates print them as their language does."""
    if not isinstance(value, str):
        return value
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(value)
        except ValueError:
            continue
    return value
