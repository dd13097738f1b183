"""What is shown where an application cannot be filled in: closed, taken out, sent, elsewhere or gone."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from config.localisation import page_locale
from services import apply_pages as pages, drafts, typed, typed_reading, versions
from services.definitions import ServiceDefinition
from services.draft_commands import EnterStep
from services.form.fields import FormField
from services.lifecycle import RequestStatus
from services.models import ServiceRequest


def unavailable_page(
    definition: ServiceDefinition,
    message: str,
    command: EnterStep | None = None,
    others: tuple[ServiceRequest, ...] = (),
) -> str:
    """Why nothing can be begun now; the drafts (`others`); what was typed all the same (`command`), to be copied."""
    return render_template(
        "services/unavailable.html",
        service=definition,
        locale=page_locale(),
        message=message,
        others=[(one.changed_at, pages.draft_url(one)) for one in others],
        **_typed_last(command),
    )


def not_offered_page(slug: str, step: str, sent: Mapping[str, list[str]], *, had_files: bool) -> str:
    """A draft of a service that has been taken out is kept; what was `sent` of a step is not, and can be copied."""
    fields = _fields_of(slug, step)
    lines = _readable(fields, typed.read(fields, sent, {})) if sent else []
    return render_template("services/draft_not_offered.html", lines=lines, had_files=had_files)


def gone_page(slug: str | None, command: EnterStep | None = None, where: drafts.Where = "") -> str:
    """There is no such draft in this browser, for this login; `where` it is, if it was begun here.

    What somebody has typed all the same (`command`) is shown, so that it can be copied.
    """
    return render_template(
        "services/draft_elsewhere.html" if where else "services/draft_gone.html",
        service=versions.described(slug) if slug and where else None,
        slug=slug,
        locale=page_locale(),
        where=where,
        **_typed_last(command),
    )


def handed_in_page(sent: ServiceRequest) -> str:
    """What a link to a draft says once that is handed in, or waits for its fee: no reference, which a link by e-mail
    must not give away.
    """
    return render_template(
        "services/draft_handed_in.html",
        service=versions.of(sent),
        has_account=sent.applicant_id is not None,
        awaits_payment=sent.status is RequestStatus.AWAITING_PAYMENT,
        locale=page_locale(),
    )


def _typed_last(command: EnterStep | None) -> dict[str, Any]:
    """What was sent of a step that is not kept, for `_typed_last.html`."""
    if command is None:
        return {"lines": [], "had_files": False}
    lines = _readable(_fields_of(command.slug, command.step), command.answers)
    return {"lines": lines, "had_files": bool(command.uploads)}


def _fields_of(slug: str, step: str) -> Sequence[FormField]:
    return next((one.fields for one in versions.described(slug).steps if one.key == step), ())


def _readable(fields: Sequence[FormField], answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    return list(typed_reading.lines(fields, answers, page_locale(), yes=_("Yes"), no=_("No")))


def take_over_page(definition: ServiceDefinition, key: str) -> str:
    """Somebody began without a login and has one now."""
    return render_template("services/take_over.html", service=definition, locale=page_locale(), key=key)
