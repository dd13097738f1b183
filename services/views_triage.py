"""One act on many requests, as pages: choose in the list, look at it, do it. Adds to those of `views_caseworker`."""

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import ValidationError

from auth.policies import current_actor, require
from auth.roles import Permission
from config.error_pages import translated
from config.errors import InvalidTransition, RuleViolation
from config.forms import add_errors
from config.localisation import today
from services import answers_due, notices, queries, trail, triage, versions, work_pages
from services.lifecycle import RequestStatus, status_label
from services.triage import Kind, Outcome, Triage
from services.views_caseworker import casework_pages
from services.work_forms import TriageForm, with_choices


@casework_pages.post("/staff/requests/triage")
@require(Permission.REQUESTS_WORK)
def triage_preview() -> ResponseReturnValue:
    """What would become of each chosen request; and what is still to be said."""
    command = _command()
    if command is None:
        flash(_("Please tick requests of the list first, at most %(number)s.", number=triage.MOST), "warning")
        return redirect(work_pages.list_url(request.args), 303)
    return _preview(command, _form(command))


@casework_pages.post("/staff/requests/triage/run")
@require(Permission.REQUESTS_WORK)
def triage_run() -> ResponseReturnValue:
    """Do it, and show row by row what became of it."""
    command = _command()
    if command is None:
        return redirect(work_pages.list_url(request.args), 303)
    form = _form(command)
    try:
        outcomes = triage.carry_out(command, current_actor())
    except RuleViolation as violation:
        add_errors(form, violation)
        return _preview(command, form), 422
    done = sum(one.error is None for one in outcomes)
    return render_template(
        "services/triage_done.html",
        command=command,
        label=_label(command),
        rows=_rows(outcomes),
        done=done,
        list_url=work_pages.list_url(request.args),
    )


def _command() -> Triage | None:
    given = request.form
    try:
        return Triage(
            kind=Kind(given.get("kind", "")),
            rows=tuple(given.getlist("row")),
            to=given.get("to", ""),
            message=given.get("message", ""),
            only_possible=given.get("only_possible") == "1",
        )
    except (ValueError, ValidationError):
        return None


def _form(command: Triage) -> TriageForm:
    actor = current_actor()
    if command.kind is Kind.HAND_ON:
        choices: list[tuple[str, Any]] = [(one.code, one.name) for one in queries.departments()]
    else:
        choices = [("me", _("to me")), ("nobody", _("nobody")), *work_pages.people_of(actor)]
    return with_choices(TriageForm(), choices)


def _preview(command: Triage, form: TriageForm) -> str:
    actor = current_actor()
    chosen: dict[str, Any] = work_pages.chosen_in(request.args)
    outcomes = triage.preview(command, actor)
    rows = _rows(outcomes)
    trail.looked(actor, "requests.listed", [one.request for one in outcomes if one.request], chosen=len(outcomes))
    return render_template(
        "services/triage.html",
        form=form,
        command=command,
        label=_label(command),
        rows=rows,
        possible=sum(row["error"] is None for row in rows),
        asks_to=command.kind in triage.LEADS_TO,
        asks_message=command.kind in triage.TELLS,
        list_url=work_pages.list_url(request.args),
        run_url=url_for("casework.triage_run", **chosen),
    )


def _label(command: Triage) -> str:
    return str(_(triage.LABELS[command.kind]))


def _rows(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    return [
        {
            "reference": one.reference,
            "mark": one.mark,
            "applicant": _name(one),
            "error": _hindrance(one) if one.error else None,
            "drops_proposal": one.drops_proposal,
            "tells_nobody": one.request is not None and not notices.recipients_of(one.request),
            "answer_due_on": _still_awaited_until(one),
        }
        for one in outcomes
    ]


def _still_awaited_until(outcome: Outcome) -> date | None:
    """The day until which an answer is wanted, as long as it may come in time."""
    is_awaited = outcome.request is not None and not answers_due.is_late(outcome.request, today())
    return outcome.request.answer_due_on if outcome.request and is_awaited else None


def _hindrance(outcome: Outcome) -> str:
    error = outcome.error
    assert error is not None
    if isinstance(error, InvalidTransition) and error.status in list(RequestStatus):
        is_report = outcome.request is not None and versions.of(outcome.request).is_report
        status = _(status_label(RequestStatus(error.status), is_report=is_report, for_staff=True))
        return str(_("Not as the request stands: “%(status)s”", status=status))
    return translated(error)


def _name(outcome: Outcome) -> str:
    contact = (outcome.request.contact or {}) if outcome.request else {}
    return f"{contact.get('given_name', '')} {contact.get('family_name', '')}".strip()
