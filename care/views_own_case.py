"""One's own case, or that of a person for whom one acts: linked once by a code, then seen in the account."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import notices
from auth.account_sections import register_section
from auth.assurance import Demand, at_least
from auth.policies import current_actor, demand_login, require
from auth.roles import Permission
from care import link_codes, naming_pages, own_cases, own_corrections, own_naming, own_orders, support, words
from care.commands import RecordReport
from care.forms import CheckInForm
from care.guardianship import RedeemCode
from care.household_forms import HouseholdForm
from care.link_forms import LinkCaseForm
from care.link_pages import birth_day
from care.naming_forms import NamingForm
from care.own_cases import ASSURANCE
from care.page_words import care_words
from care.support_forms import ONLY_SUPPORT, asked_for, wishes
from config.database import transaction
from config.downloads import download
from config.errors import RuleViolation
from config.forms import BaseForm, accepting, command_or_errors
from config.limits import limit_failures
from config.localisation import in_every_language, spoken_locale

CORRECTING = "correct-"  # before the names of fields: the form of a new answer stands on the same page
blueprint = Blueprint("own_case", __name__, url_prefix="/account", template_folder="templates")
blueprint.add_app_template_global(care_words)


def _whose_tries(**__: Any) -> str:
    return f"link-case:{current_actor().id}"


@blueprint.get("/link-case")
@in_every_language
@require(Permission.ACCOUNT_OWN)
def link() -> ResponseReturnValue:
    """Ask for the code; who is not known surely enough is told how to come to that."""
    return _link_page(LinkCaseForm(None))


@blueprint.post("/link-case")
@in_every_language
@require(Permission.ACCOUNT_OWN)
@limit_failures("lookups_by_address")
@limit_failures("lookups", key=_whose_tries)
def redeem() -> ResponseReturnValue:
    """Link the login to the case. One answer for whatever is wrong."""
    demand_login(Demand(ASSURANCE))
    actor, form = current_actor(), LinkCaseForm()
    if form.validate_on_submit():
        day = birth_day(form)
        if day is None:
            return _link_page(form), 422
        with transaction():
            reference = link_codes.redeem(RedeemCode(code=form.code.data, birth_date=day), actor=actor)
        if reference is not None:
            flash(_("Your account is now linked to this case."), "success")
            return redirect(url_for("own_case.show", reference=reference), 303)
        form.form_errors.append(
            _("This did not work. The code or the date of birth is wrong, or the code has been used or is too old.")
        )
    return _link_page(form), 422


@blueprint.get("/case/<reference>/")
@in_every_language
@require(Permission.ACCOUNT_OWN)
def show(reference: str) -> ResponseReturnValue:
    """How things stand: period, order, papers, and the question of the day."""
    demand_login(Demand(ASSURANCE))
    return _case_page(reference)


@blueprint.post("/case/<reference>/answer")
@in_every_language
@require(Permission.ACCOUNT_OWN)
def answer(reference: str) -> ResponseReturnValue:
    """Say how the person is."""
    demand_login(Demand(ASSURANCE))
    actor = current_actor()
    form = CheckInForm().ask(own_cases.asked(actor, reference), spoken_locale())
    if request.form.get("only") == ONLY_SUPPORT:
        return _ask_for_help(reference, form)
    answers = form.answers() if form.validate_on_submit() else None
    command = command_or_errors(form, RecordReport, **answers) if answers is not None else None
    if command is not None:
        with accepting(form):
            shown = notices.shown_version(notices.CHECK_IN, request.form.get("notice_version"))
            with transaction():
                support.ask_in_account(wishes(form), reference, actor)
                own_cases.answer(command, reference, actor, notice_version=shown)
            flash(_("Your answer has arrived."), "success")
            return redirect(url_for("own_case.show", reference=reference), 303)
    return _case_page(reference, form), 422


@blueprint.post("/case/<reference>/correction")
@in_every_language
@require(Permission.ACCOUNT_OWN)
def correct(reference: str) -> ResponseReturnValue:
    """Say anew what was said last."""
    demand_login(Demand(ASSURANCE))
    actor = current_actor()
    form = CheckInForm(prefix=CORRECTING).ask(own_cases.asked(actor, reference), spoken_locale())
    answers = form.answers() if form.validate_on_submit() else None
    command = command_or_errors(form, RecordReport, **answers) if answers is not None else None
    if command is not None:
        with accepting(form):
            shown = notices.shown_version(notices.CHECK_IN, request.form.get("notice_version"))
            with transaction():
                own_corrections.in_account(command, reference, actor, notice_version=shown)
            flash(_("Your answer has been corrected."), "success")
            return redirect(url_for("own_case.show", reference=reference), 303)
    return _case_page(reference, correction=form), 422


@blueprint.post("/case/<reference>/household")
@in_every_language
@require(Permission.ACCOUNT_OWN)
def answer_for_household(reference: str) -> ResponseReturnValue:
    """Say how each person of the household is."""
    demand_login(Demand(ASSURANCE))
    actor = current_actor()
    form = HouseholdForm().ask(own_cases.household(actor, reference), spoken_locale())
    if request.form.get("only") == ONLY_SUPPORT:
        return _ask_for_help(reference, household=form)
    commands = form.commands() if form.validate_on_submit() else None
    if commands is not None:
        with accepting(form):
            shown = notices.shown_version(notices.CHECK_IN, request.form.get("notice_version"))
            with transaction():
                support.ask_in_account(wishes(form), reference, actor)
                own_cases.answer_for_household(commands, reference, actor, notice_version=shown)
            flash(_("Your answer has arrived."), "success")
            return redirect(url_for("own_case.show", reference=reference), 303)
    return _case_page(reference, household=form), 422


@blueprint.post("/case/<reference>/contacts")
@in_every_language
@require(Permission.ACCOUNT_OWN)
def name_contacts(reference: str) -> ResponseReturnValue:
    """Name whom the person has met; with all of them named, say so."""
    demand_login(Demand(ASSURANCE))
    form = NamingForm()
    command = naming_pages.command_of(form) if form.validate_on_submit() else None
    if command is not None:
        try:
            with transaction():
                own_naming.name(command, reference, current_actor())
            flash(_("Thank you. The health office has received it."), "success")
            return redirect(url_for("own_case.show", reference=reference, _anchor="contacts"), 303)
        except RuleViolation as violation:
            naming_pages.put_errors(form, violation)
    return _case_page(reference, naming_form=form), 422


@blueprint.post("/case/<reference>/order")
@in_every_language
@require(Permission.ACCOUNT_OWN)
def acknowledge_order(reference: str) -> ResponseReturnValue:
    """Say that the order has been received and read."""
    demand_login(Demand(ASSURANCE))
    actor, form = current_actor(), BaseForm()
    if form.validate_on_submit():
        with transaction(), own_cases.opened(actor, reference, even_closed=True) as case:
            own_orders.acknowledge_in_account(case, actor)
        flash(_("Thank you. Your confirmation has arrived."), "success")
    return redirect(url_for("own_case.show", reference=reference), 303)


def _ask_for_help(
    reference: str, form: CheckInForm | None = None, *, household: HouseholdForm | None = None
) -> ResponseReturnValue:
    shown = household or form
    assert shown is not None
    asked = asked_for(shown)
    if asked is not None:
        with accepting(shown):
            with transaction():
                support.ask_in_account(asked, reference, current_actor())
            flash(_("Your request has arrived. Please do not forget to answer how you are."), "success")
            return redirect(url_for("own_case.show", reference=reference), 303)
    return _case_page(reference, form, household=household), 422


@blueprint.get("/case/<reference>/papers/<uuid:document_id>")
@require(Permission.ACCOUNT_OWN)
def paper(reference: str, document_id: UUID) -> ResponseReturnValue:
    """A paper that was made for the person."""
    demand_login(Demand(ASSURANCE))
    with transaction():
        name, content = own_cases.paper(current_actor(), reference, document_id)
    return download(content, "application/pdf", name)


@blueprint.post("/case/<reference>/unlink")
@require(Permission.ACCOUNT_OWN)
def unlink(reference: str) -> ResponseReturnValue:
    """End one's own link. A surer login is not asked for: it only takes away."""
    form = BaseForm()
    if form.validate_on_submit():
        with transaction():
            own_cases.unlink(current_actor(), reference)
        flash(_("Your account is no longer linked to this case."), "success")
    return redirect(url_for("account.index"), 303)


def _link_page(form: LinkCaseForm) -> str:
    weak = not at_least(current_actor().assurance, ASSURANCE)
    return render_template("care/own_case/link.html", form=form, weak=weak, assurance=ASSURANCE)


def _case_page(
    reference: str,
    form: BaseForm | None = None,
    household: HouseholdForm | None = None,
    naming_form: NamingForm | None = None,
    correction: CheckInForm | None = None,
) -> str:
    actor, locale = current_actor(), spoken_locale()
    case = own_cases.look(actor, reference)
    people = own_cases.household(actor, reference)
    if people:
        shown: BaseForm = household or HouseholdForm(None).ask(people, locale)
    else:
        shown = form or CheckInForm(None).ask(case["protocol"], locale)
    naming_form = naming_form or NamingForm(None)
    last = case["correctable"]
    if last and correction is None:
        correction = CheckInForm(None, prefix=CORRECTING, data=last["form"]).ask(case["protocol"], locale)
    return render_template(
        "care/own_case/show.html",
        case=case,
        form=shown,
        naming_form=naming_form,
        correction=correction,
        words=words,
        household=bool(people),
    )


def _on_account(actor: Any) -> dict[str, Any]:
    return {"cases": own_cases.mine(actor)}


register_section("care", "care/own_case/_account.html", _on_account)
