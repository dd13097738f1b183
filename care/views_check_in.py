"""The person's own pages behind the links in our messages. No login; looking never changes anything."""

import re
from datetime import date

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from auth import notices
from auth.policies import public
from care import check_ins, phones, releases
from care.assessments import protocol_of
from care.commands import RecordReport
from care.forms import BirthDateForm, CheckInForm
from config.database import transaction
from config.forms import accepting, command_or_errors
from config.localisation import LOCALE_COOKIE, PAGE_LOCALES

blueprint = Blueprint("check_in", __name__, template_folder="templates")
DAY = re.compile(r"^\s*(\d{1,2})[./ ]\s*(\d{1,2})[./ ]\s*(\d{4})\s*$")


@blueprint.get("/c/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """The question of the day, or the way to a paper."""
    return _page(token)


@blueprint.post("/c/<token>")
@public
def answer(token: str) -> ResponseReturnValue:
    """Take down the answer, or open the paper."""
    return _page(token)


@blueprint.get("/c/<token>/thanks")
@public
def thanks(token: str) -> ResponseReturnValue:
    """After an answer."""
    found = check_ins.by_token(token)
    if found is None or found.answered_at is None:
        return _gone()
    with force_locale(_locale(found.case.person.locale)):
        return _private(render_template("care/check_in/thanks.html", reference=found.case.reference))


def _page(token: str) -> ResponseReturnValue:
    check_in = check_ins.by_token(token)
    if check_in is not None and check_ins.can_answer(check_in):
        with force_locale(_locale(check_in.case.person.locale)):
            return _check_in(token)
    link = releases.link_by_token(token) if check_in is None else None
    if link is not None:
        with force_locale(_locale(link.case.person.locale)):
            return _paper(token)
    return _gone()


def _check_in(token: str) -> ResponseReturnValue:
    check_in = check_ins.by_token(token)
    assert check_in is not None
    locale = _locale(check_in.case.person.locale)
    form = CheckInForm().ask(protocol_of(check_in.case), locale)
    if form.validate_on_submit():
        answers = form.answers()
        command = command_or_errors(form, RecordReport, **answers) if answers is not None else None
        if command is not None:
            with accepting(form):
                shown = notices.shown_version(notices.CHECK_IN, request.form.get("notice_version"))
                with transaction():
                    recorded = check_ins.answer_link(command, token=token, notice_version=shown)
                return redirect(url_for("check_in.thanks", token=token), 303) if recorded else _gone()
    reference, status = check_in.case.reference, 422 if form.errors else 200
    number = phones.shown_number(check_in.case.person)
    return _private(render_template("care/check_in/form.html", form=form, reference=reference, number=number), status)


def _paper(token: str) -> ResponseReturnValue:
    form = BirthDateForm()
    if form.validate_on_submit():
        day = _day(form.birth_date.data or "")
        if day is None:
            form.birth_date.errors = [_("This is not a date.")]
        else:
            with transaction():
                opened = releases.open_paper(token, day)
            if opened.outcome is releases.Opening.OPENED:
                return _download(opened)
            if opened.outcome is releases.Opening.WRONG:
                form.birth_date.errors = [_("This is not the date of birth that we know.")]
            else:
                return _gone()
    link = releases.link_by_token(token)
    if link is None or not releases.is_alive(link):
        return _gone()
    return _private(render_template("care/check_in/paper.html", form=form), 422 if form.errors else 200)


def _day(text: str) -> date | None:
    found = DAY.match(text)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _download(opened: releases.Opened) -> Response:
    response = _private(opened.content)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{opened.file_name}"'
    return response


def _gone() -> Response:
    """The same page for unknown, expired, answered and locked links: a stranger learns nothing."""
    return _private(render_template("care/check_in/gone.html"), 404)


def _private(content: str | bytes, status: int = 200) -> Response:
    response = make_response(content, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _locale(of_person: str) -> str:
    """The language chosen on the page, else the person's, else what the page would speak anyway."""
    chosen = request.args.get("lang") or request.cookies.get(LOCALE_COOKIE)
    if chosen in PAGE_LOCALES:
        return chosen
    first = of_person.split("-")[0]
    return first if first in PAGE_LOCALES else "en"
