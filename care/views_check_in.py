"""The person's own pages behind the links in our messages. No login; looking never changes anything."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import notices
from auth.policies import public
from care import check_ins, household_answers, links, phones, releases
from care.assessments import protocol_of
from care.commands import RecordReport
from care.forms import BirthDateForm, CheckInForm
from care.household_forms import HouseholdForm
from config import limits
from config.database import transaction
from config.downloads import download
from config.forms import accepting, command_or_errors
from config.limits import limit_failures, limited
from config.localisation import babel_code, chosen_locale, in_every_language, page_locale, speaking, spoken_locale

View = TypeVar("View", bound=Callable[..., Any])
blueprint = Blueprint("check_in", __name__, template_folder="templates")
DAY = re.compile(r"^\s*(\d{1,2})[./ ]\s*(\d{1,2})[./ ]\s*(\d{4})\s*$")


def _link(token: str, **_: str) -> str:
    return token


@blueprint.get("/c/<token>")
@in_every_language
@public(acts_as="link")
@limit_failures("links_by_address")
@limited("links", key=_link)
def show(token: str) -> ResponseReturnValue:
    """The question of the day, or the way to a paper."""
    return _page(token)


@blueprint.post("/c/<token>")
@in_every_language
@public(acts_as="link")
@limit_failures("links_by_address")
@limited("links", key=_link)
def answer(token: str) -> ResponseReturnValue:
    """Take down the answer, or open the paper."""
    return _page(token)


@blueprint.get("/c/thanks")
@in_every_language
@public
def thanks() -> ResponseReturnValue:
    """After an answer. The same for everybody: it says nothing of any link or case."""
    return _private(render_template("care/check_in/thanks.html"))


def _page(token: str) -> ResponseReturnValue:
    behind = links.look(token)
    if behind.check_in is not None:
        case = behind.check_in.case
        with speaking(_locale(case.person.locale)):
            return _check_in(token, case)
    if behind.round is not None:
        with speaking(_locale(behind.round.head.person.locale)):
            return _household(token, behind.round)
    if behind.paper is not None:
        with speaking(_locale(behind.paper.case.person.locale)):
            return _paper(token)
    return _gone()


def _check_in(token: str, case: Any) -> ResponseReturnValue:
    locale = spoken_locale()
    form = CheckInForm().ask(protocol_of(case), locale)
    if form.validate_on_submit():
        answers = form.answers()
        command = command_or_errors(form, RecordReport, **answers) if answers is not None else None
        if command is not None:
            with accepting(form):
                shown = notices.shown_version(notices.CHECK_IN, request.form.get("notice_version"))
                with transaction():
                    recorded = check_ins.answer_link(command, token=token, notice_version=shown)
                other = locale if babel_code(locale) != page_locale() else None
                return redirect(url_for("check_in.thanks", lang=other), 303) if recorded else _gone()
    reference, status = case.reference, 422 if form.errors else 200
    number = phones.shown_number(case.person)
    return _private(render_template("care/check_in/form.html", form=form, reference=reference, number=number), status)


def _household(token: str, asked: Any) -> ResponseReturnValue:
    locale, reference = spoken_locale(), asked.head.reference
    form = HouseholdForm().ask(household_answers.asked_by_link(asked), locale)
    commands = form.commands() if form.validate_on_submit() else None
    if commands is not None:
        with accepting(form):
            shown = notices.shown_version(notices.CHECK_IN, request.form.get("notice_version"))
            with transaction():
                taken = household_answers.answer_link(commands, token=token, notice_version=shown)
            other = locale if babel_code(locale) != page_locale() else None
            return redirect(url_for("check_in.thanks", lang=other), 303) if taken else _gone()
    page = render_template("care/check_in/household.html", form=form, reference=reference)
    return _private(page, 422 if form.has_errors else 200)


def _paper(token: str) -> ResponseReturnValue:
    form = BirthDateForm()
    if form.validate_on_submit():
        day = day_in(form.birth_date.data or "")
        if day is None:
            form.birth_date.errors = [_("This is not a date.")]
        else:
            limits.check("lookups_by_address", limits.by_address())
            with transaction():
                opened = releases.open_paper(token, day)
            if opened.outcome is not releases.Opening.OPENED:
                limits.note("lookups_by_address", limits.by_address())
            if opened.outcome is releases.Opening.OPENED:
                return _download(opened)
            if opened.outcome is not releases.Opening.WRONG:
                return _gone()
            form.birth_date.errors = [_("This is not the date of birth that we know.")]
    return _private(render_template("care/check_in/paper.html", form=form), 422 if form.errors else 200)


def day_in(text: str) -> date | None:
    """The day that somebody wrote, such as 17.05.1984; None if it is none."""
    found = DAY.match(text)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _download(opened: releases.Opened) -> Response:
    return download(opened.content, "application/pdf", opened.file_name)


def _gone() -> Response:
    """The same page for unknown, expired, answered and locked links: a stranger learns nothing."""
    return _private(render_template("care/check_in/gone.html"), 404)


def _private(content: str | bytes, status: int = 200) -> Response:
    response = make_response(content, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _locale(of_person: str) -> str:
    """The language chosen on the page, else the person's."""
    return chosen_locale() or of_person
