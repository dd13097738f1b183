"""The person's own pages behind the links in our messages. No login; looking never changes anything."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import notices
from auth.policies import public
from care import check_ins, household_answers, links, own_orders, phones, releases, support
from care.assessments import protocol_of
from care.commands import RecordReport
from care.forms import BirthDateForm, CheckInForm
from care.household_forms import HouseholdForm
from care.link_pages import birth_day, gone, private
from care.link_proofs import Opening
from care.naming_pages import questionnaire
from care.own_orders import ONLY_ORDER
from care.support_forms import ONLY_SUPPORT, asked_for, wishes
from care.views_correction import may_be_corrected, remember
from config import limits
from config.database import transaction
from config.downloads import download
from config.forms import BaseForm, accepting, command_or_errors
from config.limits import limit_failures, limited
from config.localisation import babel_code, chosen_locale, in_every_language, page_locale, speaking, spoken_locale

View = TypeVar("View", bound=Callable[..., Any])
blueprint = Blueprint("check_in", __name__, template_folder="templates")


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
    """After an answer. It says nothing of any link or case, but whether this browser has answered."""
    return private(render_template("care/check_in/thanks.html", may_correct=may_be_corrected()))


def _page(token: str) -> ResponseReturnValue:
    behind = links.look(token)
    if behind.check_in is not None:
        case = links.case_of(behind.check_in)
        with speaking(_locale(case.person.locale)):
            return _check_in(token, case)
    if behind.round is not None:
        with speaking(_locale(behind.round.head.person.locale)):
            return _household(token, behind.round)
    if behind.paper is not None:
        with speaking(_locale(behind.paper.case.person.locale)):
            return _paper(token)
    if behind.naming is not None:
        with speaking(_locale(behind.naming.case.person.locale)):
            return questionnaire(token)
    return gone()


def _check_in(token: str, case: Any) -> ResponseReturnValue:
    locale = spoken_locale()
    form = CheckInForm().ask(protocol_of(case), locale)
    if request.form.get("only") == ONLY_SUPPORT:
        return _ask_for_help(token, form, lambda: _question(form, case))
    if request.form.get("only") == ONLY_ORDER:
        return _acknowledge(token)
    if form.validate_on_submit():
        answers = form.answers()
        command = command_or_errors(form, RecordReport, **answers) if answers is not None else None
        if command is not None:
            with accepting(form):
                shown = notices.shown_version(notices.CHECK_IN, request.form.get("notice_version"))
                with transaction():
                    support.ask_by_link(wishes(form), token=token)  # first, since the answer uses the link up
                    recorded = check_ins.answer_link(command, token=token, notice_version=shown)
                    remember(recorded)
                other = locale if babel_code(locale) != page_locale() else None
                return redirect(url_for("check_in.thanks", lang=other), 303) if recorded else gone()
    return _question(form, case)


def _acknowledge(token: str) -> ResponseReturnValue:
    """The person has received and read the order; the link stays good for the answer."""
    if BaseForm().validate_on_submit():
        with transaction():
            has_arrived = own_orders.acknowledge_by_link(token)
        if not has_arrived:
            return gone()
        flash(_("Thank you. Your confirmation has arrived."), "success")
    return redirect(url_for("check_in.show", token=token), 303)


def _ask_for_help(token: str, form: CheckInForm | HouseholdForm, again: Callable[[], Response]) -> ResponseReturnValue:
    """Without an answer: the link stays good for that."""
    asked = asked_for(form)
    if asked is not None:
        with accepting(form):
            with transaction():
                has_arrived = support.ask_by_link(asked, token=token)
            if not has_arrived:
                return gone()
            flash(_("Your request has arrived. Please do not forget to answer how you are."), "success")
            return redirect(url_for("check_in.show", token=token), 303)
    return again()


def _question(form: CheckInForm, case: Any) -> Response:
    shown = render_template(
        "care/check_in/form.html",
        form=form,
        reference=case.reference,
        number=phones.shown_number(case.person),
        order_waits=own_orders.waits_for(case),
    )
    return private(shown, 422 if form.errors else 200)


def _household(token: str, asked: Any) -> ResponseReturnValue:
    locale = spoken_locale()
    if request.form.get("only") == ONLY_ORDER:
        return _acknowledge(token)
    form = HouseholdForm().ask(household_answers.asked_by_link(asked), locale)
    if request.form.get("only") == ONLY_SUPPORT:
        return _ask_for_help(token, form, lambda: _of_household(form, asked.head))
    commands = form.commands() if form.validate_on_submit() else None
    if commands is not None:
        with accepting(form):
            shown = notices.shown_version(notices.CHECK_IN, request.form.get("notice_version"))
            with transaction():
                support.ask_by_link(wishes(form), token=token)
                taken = household_answers.answer_link(commands, token=token, notice_version=shown)
            other = locale if babel_code(locale) != page_locale() else None
            return redirect(url_for("check_in.thanks", lang=other), 303) if taken else gone()
    return _of_household(form, asked.head)


def _of_household(form: HouseholdForm, head: Any) -> Response:
    order_waits = own_orders.waits_for(head)
    page = render_template("care/check_in/household.html", form=form, reference=head.reference, order_waits=order_waits)
    return private(page, 422 if form.has_errors else 200)


def _paper(token: str) -> ResponseReturnValue:
    form = BirthDateForm()
    if form.validate_on_submit():
        day = birth_day(form)
        if day is not None:
            limits.check("lookups_by_address", limits.by_address())
            with transaction():
                opened = releases.open_paper(token, day)
            if opened.outcome is not Opening.OPENED:
                limits.note("lookups_by_address", limits.by_address())
            if opened.outcome is Opening.OPENED:
                return _download(opened)
            if opened.outcome is not Opening.WRONG:
                return gone()
            form.birth_date.errors = [_("This is not the date of birth that we know.")]
    return private(render_template("care/check_in/paper.html", form=form), 422 if form.errors else 200)


def _download(opened: releases.Opened) -> Response:
    return download(opened.content, "application/pdf", opened.file_name)


def _locale(of_person: str) -> str:
    """The language chosen on the page, else the person's."""
    return chosen_locale() or of_person
