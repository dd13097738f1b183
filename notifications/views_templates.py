"""Staff pages: all message templates, and each of them as the person will see it."""

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from babel import Locale, UnknownLocaleError
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext as _
from markupsafe import Markup, escape

from auth.policies import require
from auth.roles import Permission
from config.error_pages import translated
from config.errors import NotFound, RuleViolation
from config.security import csp_nonce
from notifications import template_previews
from notifications.labels import CHANNELS
from notifications.statuses import Channel
from notifications.template_files import traits_of
from notifications.template_labels import PRIORITIES, PURPOSES, WINGS
from notifications.template_titles import title_of

blueprint = Blueprint("templates", __name__, url_prefix="/staff/messages/templates", template_folder="templates")
INLINE_STYLE = re.compile(r' style="([^"]*)"')
FIELD = "v-"


@blueprint.context_processor
def _names() -> dict[str, object]:
    return {
        "channels": CHANNELS,
        "priorities": PRIORITIES,
        "purposes": PURPOSES,
        "language_name": _language_name,
        "mail_frame": _mail_frame,
        "translated": translated,
        "title_of": title_of,
    }


@blueprint.app_template_filter("language_name")
def _language_filter(code: str) -> str:
    return _language_name(code)


@blueprint.get("/")
@require(Permission.MESSAGES_VIEW)
def index() -> ResponseReturnValue:
    found = template_previews.overview()
    wings = [(_(WINGS.get(wing, wing)), list(entries)) for wing, entries in groupby(found, lambda each: each.wing)]
    return render_template("notifications/templates.html", wings=wings)


@blueprint.route("/<template>", methods=["GET", "POST"])
@require(Permission.MESSAGES_VIEW)
def show(template: str) -> ResponseReturnValue:
    """GET with the wing's samples; POST with what was typed, which is never stored and stands in no address."""
    samples = _known(template)
    values = _typed(samples) if request.method == "POST" else samples
    return render_template(
        "notifications/template.html",
        name=template,
        languages=template_previews.languages_of(template),
        traits=traits_of(template),
        previews=template_previews.previews(template, values),
        samples=samples,
        values=values,
        versions=template_previews.versions_of(template),
    )


@blueprint.get("/<template>/<channel>/<locale>/<version>")
@require(Permission.MESSAGES_VIEW)
def version(template: str, channel: str, locale: str, version: str) -> ResponseReturnValue:
    """The source as it was when a message was written with this version."""
    if channel not in set(Channel):
        raise NotFound()
    source, first_used_at = template_previews.source_of(template, Channel(channel), locale, version)
    return render_template(
        "notifications/template_version.html",
        name=template,
        channel=channel,
        locale=locale,
        version=version,
        source=source,
        first_used_at=first_used_at,
    )


def _known(template: str) -> dict[str, Any]:
    try:
        return template_previews.samples_for(template)
    except RuleViolation:
        raise NotFound() from None


def _typed(samples: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: template_previews.as_kind_of(sample, request.form.get(FIELD + name)) for name, sample in samples.items()
    }


def _language_name(code: str) -> str:
    if code == "de-simple":
        return str(_("Plain German"))
    try:
        return str(Locale.parse(code).get_language_name(str(get_locale() or "de")) or code)
    except (UnknownLocaleError, ValueError):
        return code


def _mail_frame(page: str) -> Markup:
    """An e-mail's HTML in a frame that may run nothing and load nothing.

    The frame inherits this page's policy, which allows no style attributes: they become rules of one marked sheet.
    """
    rules: list[str] = []

    def moved(found: re.Match[str]) -> str:
        rules.append(found[1])
        return f' class="s{len(rules)}"'

    body = INLINE_STYLE.sub(moved, page)
    sheet = "".join(f".s{number} {{{rule}}}" for number, rule in enumerate(rules, 1))
    style = f'<style nonce="{csp_nonce()}">html {{background: #fff; color: #000}} {sheet}</style>'
    body = body.replace("</head>", f"{style}</head>", 1)
    title = escape(_("The e-mail as HTML"))
    return Markup('<iframe class="obhut-mail" sandbox="" title="{}" srcdoc="{}"></iframe>').format(title, body)
