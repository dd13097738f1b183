"""Requests for help as pages: the list of what waits, and what is done on it. Adds its addresses to `views_staff`."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import ValidationError

from auth.policies import current_actor, require
from auth.roles import Permission
from care import case_management, queries, support, support_queries, trail, words
from care.case_page import back_to, show_case
from care.support_forms import SupportActForm, SupportForm
from care.support_rules import ActOnSupport, AskForSupport, ListSupport, SupportState
from care.views_staff import blueprint as staff
from config.database import transaction
from config.error_pages import translated
from config.errors import InvalidTransition, RuleViolation
from config.forms import accepting, command_or_errors


@staff.get("/support/")
@require(Permission.CASES_SEE)
def support_requests() -> ResponseReturnValue:
    """What people need, those due first on top; without a choice, all that waits."""
    actor = current_actor()
    given = {name: value for name, value in request.args.items() if value and name in ListSupport.model_fields}
    try:
        wanted = ListSupport.model_validate(given)
        page = support_queries.list_requests(actor, wanted)
    except (ValidationError, RuleViolation):  # an address written by hand, or by another version
        return redirect(url_for("care.support_requests"))
    rows, cases = [support_queries.row_values(one) for one in page.items], [one.case for one in page.items]
    trail.looked(actor, "cases.support_listed", cases)
    keep: dict[str, Any] = {name: value for name, value in given.items() if name != "after"}
    return render_template(
        "care/support.html",
        rows=rows,
        tabs=_tabs(actor, wanted),
        wanted=wanted,
        words=words,
        actor=actor,
        Permission=Permission,
        next_url=url_for("care.support_requests", **keep, after=page.next) if page.next else None,
        previous_url=url_for("care.support_requests", **keep) if wanted.after else None,
    )


@staff.post("/cases/<reference>/support")
@require(Permission.CASES_CONTACT)
def ask_support(reference: str) -> ResponseReturnValue:
    """Take down what a person said they need, by phone or on paper."""
    actor, form = current_actor(), SupportForm(prefix="support").offer()
    found = queries.standing_case_for(actor, reference)
    command = command_or_errors(form, AskForSupport, asked_at=form.at()) if form.validate_on_submit() else None
    if command is not None:
        with accepting(form):
            with transaction():
                is_new = support.ask(command, case=case_management.locked_case(found.id), actor=actor)[1]
            done = _("The request was taken down.") if is_new else _("This was waiting already; the note was added.")
            flash(done, "success")
            return back_to(reference)
    return show_case(reference, support_form=form), 422


@staff.post("/support/<uuid:support_id>")
@require(Permission.CASES_CONTACT)
def act_on_support(support_id: UUID) -> ResponseReturnValue:
    """Take a request on, give it back, end it, take it up again; back to where the button was."""
    actor, form = current_actor(), SupportActForm().offer()
    found = support_queries.request_for(actor, support_id)
    case_id, reference = found.case_id, found.case.reference
    if form.validate_on_submit():
        command = command_or_errors(form, ActOnSupport)
        if command is not None:
            try:
                with transaction():
                    case = case_management.locked_case(case_id)
                    support.act(command, request_id=support_id, case=case, actor=actor)
                flash(_("The request was changed."), "success")
            except (RuleViolation, InvalidTransition) as error:  # somebody was faster, or the reason is missing
                flash(translated(error), "danger")
    else:
        flash(_("Please check your entries."), "danger")
    return back_to(reference) if request.form.get("from") == "case" else _back_to_list()


def _back_to_list() -> ResponseReturnValue:
    return redirect(url_for("care.support_requests"), 303)


def _tabs(actor: Any, wanted: ListSupport) -> list[dict[str, Any]]:
    known, here = support_queries.numbers(actor), wanted.state is None and not wanted.mine and not wanted.overdue

    def tab(label: str, current: bool, count: int | None = None, tone: str = "neutral", **query: Any) -> dict[str, Any]:
        url = url_for("care.support_requests", **query)
        return {"label": label, "url": url, "current": current, "count": count, "tone": tone if count else "neutral"}

    return [
        tab(_("Waiting"), here, known.waiting),
        tab(_("Mine"), wanted.mine, known.mine, "info", mine=1),
        tab(_("Overdue"), wanted.overdue, known.overdue, "danger", overdue=1),
        tab(_("Met"), wanted.state is SupportState.DONE, state="done"),
        tab(_("Declined"), wanted.state is SupportState.DECLINED, state="declined"),
    ]
