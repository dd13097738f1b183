"""`obhut notifications preview`: a template as the person will see it, with what it costs."""

import json
from datetime import date, datetime
from typing import Any

import click
from flask.cli import AppGroup

from config.errors import RuleViolation
from notifications.rendering import render, template_files, template_names
from notifications.segments import measure
from notifications.statuses import Channel

notifications = AppGroup("notifications", help="Messages: templates and previews.")


@notifications.command("preview")
@click.argument("template", required=False)
@click.option("--channel", type=click.Choice([channel.value for channel in Channel]), help="Only this channel.")
@click.option("--locale", help="Only this language, with the fallback that a person with it would get.")
@click.option("--variables", default="{}", metavar="JSON", help='The template\'s variables: {"text": "…"}.')
def preview_command(template: str | None, channel: str | None, locale: str | None, variables: str) -> None:
    """Show TEMPLATE filled in, with its SMS segments; without TEMPLATE list all of them."""
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
        for each, language in _wanted(template, channel, locale):
            click.echo(preview(template, each, language, {name: _value(value) for name, value in given.items()}))
    except RuleViolation as violation:
        raise click.ClickException(str(violation)) from None


def preview(template: str, channel: Channel, locale: str, variables: dict[str, Any]) -> str:
    """The rendered message under a line that says what it is. Raises RuleViolation."""
    text = render(template, channel, locale, variables)
    head = f"── {template} · {channel.value} · {text.locale} · {text.version}"
    if channel is Channel.EMAIL:
        return f"{head}\nSubject: {text.subject}\n\n{text.body}\n"
    size = measure(text.body)
    cost = f"{size.count} × SMS ({size.encoding}, {size.units})"
    because = f", because of {' '.join(size.culprits)}" if size.culprits else ""
    return f"{head} · {cost}{because}\n{text.body}\n"


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
