"""The page on which a person corrects the answer that they have just given by link. No login.

The browser in which the answer was given remembers which it was, for a day; the used link opens nothing any more. The
page shows nothing of what was said.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import notices
from auth.policies import public
from care import own_corrections
from care.assessments import protocol_of
from care.check_ins import Recorded
from care.commands import RecordReport
from care.forms import CheckInForm
from care.link_pages import gone, private
from config.database import transaction
from config.forms import accepting, command_or_errors
from config.limits import limit_failures, limited
from config.localisation import chosen_locale, in_every_language, speaking, spoken_locale

View = TypeVar("View", bound=Callable[..., Any])
ANSWERED = "answered"  # in the visitor's session: the id of the report that they made
blueprint = Blueprint("correction", __name__, template_folder="templates")


def remember(recorded: Recorded | None) -> None:
    """Let this browser correct the report that it has just made."""
    if recorded is not None:
        session[ANSWERED] = str(recorded.report.id)


def may_be_corrected() -> bool:
    """Whether an answer was given in this browser."""
    return ANSWERED in session


def _answered(**_: Any) -> str:
    return str(session.get(ANSWERED, ""))


@blueprint.get("/c/correction")
@in_every_language
@public(acts_as="link")
@limit_failures("links_by_address")
def show() -> ResponseReturnValue:
    """The questions once more."""
    return _page()


@blueprint.post("/c/correction")
@in_every_language
@public(acts_as="link")
@limit_failures("links_by_address")
@limited("links", key=_answered)
def correct() -> ResponseReturnValue:
    """Take down what is right."""
    return _page()


def _page() -> ResponseReturnValue:
    report_id = UUID(session[ANSWERED]) if may_be_corrected() else None
    report = own_corrections.behind(report_id) if report_id else None
    if report is None or report_id is None:
        return gone()
    with speaking(chosen_locale() or report.case.person.locale):
        form = CheckInForm().ask(protocol_of(report.case), spoken_locale())
        reference, said_at = report.case.reference, report.reported_at
        answers = form.answers() if form.validate_on_submit() else None
        command = command_or_errors(form, RecordReport, **answers) if answers is not None else None
        if command is not None:
            with accepting(form):
                shown = notices.shown_version(notices.CHECK_IN, request.form.get("notice_version"))
                with transaction():
                    recorded = own_corrections.by_browser(command, report_id=report_id, notice_version=shown)
                    remember(recorded)
                if recorded is None:
                    return gone()
                flash(_("Your answer has been corrected."), "success")
                return redirect(url_for("check_in.thanks", lang=chosen_locale()), 303)
        page = render_template("care/check_in/correction.html", form=form, reference=reference, said_at=said_at)
        return private(page, 422 if form.errors else 200)
