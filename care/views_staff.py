"""The health office's pages: what waits today, the line lists, and one case."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from auth import holds
from auth.policies import current_actor, require
from auth.roles import Permission
from care import (
    case_management,
    check_ins,
    follow_up,
    naming_queries,
    occasion_pages,
    orders,
    own_cases,
    queries,
    representations,
    support_queries,
    trail,
    transfer,
    words,
)
from care.assessments import protocol_of
from care.commands import CloseCase, EnrolCase, OrderEvent, RecordReport, ReviewCase, SetPreferences
from care.forms import CloseForm, NewCaseForm, OrderForm, ReviewForm, StaffReportForm, TransferForm
from care.lifecycle import Action, possible
from care.link_forms import IssueCodeForm
from care.monitoring import local_midnight
from care.naming_forms import FinishNamingForm, NamedByStaffForm
from care.page_words import care_reason, care_words
from care.support_forms import SupportForm
from care.vocabulary import Channel, LineList, OrderEventKind, ReportChannel, Reporter, Status
from config import clock
from config.database import transaction
from config.downloads import download
from config.errors import InvalidTransition, RuleViolation
from config.forms import BaseForm, accepting, command_or_errors
from config.localisation import page_locale
from config.settings import current_settings

blueprint = Blueprint("care", __name__, url_prefix="/care", template_folder="templates")
OPEN_LISTS = (
    LineList.SYMPTOMATIC,
    LineList.UNDER_INVESTIGATION,
    LineList.REVIEW_REQUIRED,
    LineList.NON_REPORTING,
    LineList.ASYMPTOMATIC,
    LineList.REPORTING,
    LineList.PAUSED,
)


blueprint.add_app_template_global(care_words)
blueprint.add_app_template_global(care_reason)


@blueprint.get("/")
@require(Permission.CASES_SEE)
def dashboard() -> ResponseReturnValue:
    """What waits today. Tasks name people: that somebody saw them is noted in the audit trail."""
    actor, zone = current_actor(), current_settings().zone
    open_tasks = queries.open_tasks(actor)
    tasks = [representations.task_values(task) for task in open_tasks]
    trail.looked(actor, "cases.tasks_listed", [task.case for task in open_tasks])
    counts = queries.counts(actor)
    return render_template(
        "care/dashboard.html",
        lists=[(line_list, counts.get(line_list, 0)) for line_list in OPEN_LISTS],
        open_cases=sum(number for line_list, number in counts.items() if line_list is not LineList.CLOSED),
        reported_today=queries.reported_since(actor, local_midnight(clock.today(zone), zone)),
        tasks=tasks,
        support=support_queries.numbers(actor),
        tones=words.TONES,
    )


@blueprint.route("/cases/new", methods=["GET", "POST"])
@require(Permission.CASES_ENROL)
def new_case() -> ResponseReturnValue:
    """Take a person into care by hand."""
    actor = current_actor()
    form = NewCaseForm().offer(queries.protocol_codes())
    if form.validate_on_submit():
        command = command_or_errors(form, EnrolCase)
        if command is not None:
            office_id = queries.office_for(actor, Permission.CASES_ENROL)
            with accepting(form):
                with transaction():
                    reference = case_management.enrol(command, actor=actor, office_id=office_id).case.reference
                flash(_("The case was created."), "success")
                return redirect(url_for("care.case", reference=reference), 303)
    return render_template("care/new_case.html", form=form), 422 if form.errors else 200


@blueprint.get("/cases/<reference>")
@require(Permission.CASES_SEE)
def case(reference: str) -> ResponseReturnValue:
    """One case. That it was looked at is noted in the audit trail."""
    actor = current_actor()
    trail.looked(actor, "case.viewed", [queries.case_for(actor, reference)])
    return show_case(reference)


@blueprint.post("/cases/<reference>/reports")
@require(Permission.CASES_REPORT)
def add_report(reference: str) -> ResponseReturnValue:
    """Take down what the person said on the phone."""
    actor = current_actor()
    found = queries.case_for(actor, reference)
    form = StaffReportForm(prefix="report").ask(protocol_of(found), page_locale())
    if form.validate_on_submit() and (answers := form.answers()) is not None:
        at = _local(form.reported_at.data)
        command = command_or_errors(form, RecordReport, **answers, reported_at=at, by=Reporter.STAFF)
        if command is not None:
            with accepting(form):
                with transaction():
                    locked = case_management.locked_case(found.id)
                    check_ins.record_by_staff(command, case=locked, actor=actor, channel=ReportChannel.PHONE)
                flash(_("The report was taken down."), "success")
                return back_to(reference)
    return show_case(reference, report_form=form), 422


@blueprint.post("/cases/<reference>/reviews")
@require(Permission.CASES_REVIEW)
def add_review(reference: str) -> ResponseReturnValue:
    """Judge what was reported."""
    form = ReviewForm(prefix="review").offer()
    return _act(reference, form, "review_form", ReviewCase, case_management.review, _("The review was noted."))


@blueprint.post("/cases/<reference>/orders")
@require(Permission.CASES_ORDER)
def add_order(reference: str) -> ResponseReturnValue:
    """Add a step to the order."""
    form = OrderForm(prefix="order").offer(list(OrderEventKind))
    return _act(reference, form, "order_form", OrderEvent, orders.apply, _("The order was noted."))


@blueprint.post("/cases/<reference>/close")
@require(Permission.CASES_CLOSE)
def close(reference: str) -> ResponseReturnValue:
    """Close the case."""
    form = CloseForm(prefix="close").offer()
    return _act(reference, form, "close_form", CloseCase, case_management.close, _("The case was closed."))


@blueprint.post("/cases/<reference>/pause")
@require(Permission.CASES_CONTACT)
def pause(reference: str) -> ResponseReturnValue:
    """Pause the case, or resume it."""
    actor, form = current_actor(), BaseForm()
    found = queries.case_for(actor, reference)
    if form.validate_on_submit():
        command = SetPreferences(paused=request.form.get("paused") == "1")
        with transaction():
            case_management.set_preferences(command, case=case_management.locked_case(found.id), actor=actor)
    return back_to(reference)


@blueprint.post("/cases/<reference>/tasks")
@require(Permission.CASES_REVIEW)
def finish_task(reference: str) -> ResponseReturnValue:
    """Tick a task off."""
    actor, form = current_actor(), BaseForm()
    found = queries.case_for(actor, reference)
    if form.validate_on_submit():
        with transaction():
            follow_up.finish_task(UUID(request.form["task"]), case=case_management.locked_case(found.id), actor=actor)
    return back_to(reference)


def _act(
    reference: str, form: BaseForm, name: str, command_class: type[Any], act: Callable[..., Any], done: str
) -> ResponseReturnValue:
    actor = current_actor()
    found = queries.case_for(actor, reference)
    if form.validate_on_submit():
        command = command_or_errors(form, command_class)
        if command is not None:
            with accepting(form):
                try:
                    with transaction():
                        act(command, case=case_management.locked_case(found.id), actor=actor)
                except InvalidTransition as error:  # somebody else was faster, or the page was old
                    raise RuleViolation("", error.message, **error.params) from error
                flash(done, "success")
                return back_to(reference)
    return show_case(reference, **{name: form}), 422


@blueprint.get("/cases/<reference>/papers/<uuid:document_id>")
@require(Permission.CASES_SEE)
def paper(reference: str, document_id: UUID) -> ResponseReturnValue:
    """A paper that was made for the person, to print or to send by post."""
    actor = current_actor()
    name, content = queries.paper(actor, reference, document_id)
    trail.looked(actor, "case.paper_read", [queries.case_for(actor, reference)], document=str(document_id))
    return download(content, "application/pdf", name)


def show_case(reference: str, **forms: Any) -> str:
    """The page of a case, with the forms that were filled in and refused."""
    found = queries.case_for(current_actor(), reference)
    shown = representations.page_values(found) | own_cases.accounts(found)
    shown |= naming_queries.page_values(current_actor(), found)
    shown["occasions"] = occasion_pages.of_case(current_actor(), found)
    shown["support"] = [support_queries.row_values(one) for one in support_queries.of_case(found)]
    locale = page_locale()
    known: dict[str, Callable[[], BaseForm]] = {
        "report_form": lambda: StaffReportForm(None, prefix="report").ask(shown["protocol"], locale),
        "review_form": lambda: ReviewForm(None, prefix="review").offer(),
        "order_form": lambda: OrderForm(None, prefix="order").offer(orders.possible_events(shown["order_state"])),
        "close_form": lambda: CloseForm(None, prefix="close").offer(),
        "named_form": lambda: NamedByStaffForm(None, prefix="named").offer(),
        "finish_naming_form": lambda: FinishNamingForm(None, prefix="finish"),
        "support_form": lambda: SupportForm(None, prefix="support").offer(),
        "link_form": lambda: IssueCodeForm(None, prefix="link").offer(),
        "transfer_form": lambda: TransferForm(None, prefix="transfer").offer(transfer.destinations(found)),
    }
    every = {name: forms.get(name) or make() for name, make in known.items()}
    return render_template(
        "care/case.html",
        case=shown,
        possible=possible(Status(shown["status"])),
        Action=Action,
        timeline=[_entry(event) for event in shown["events"]],
        words=words,
        no_messages=shown["channel"] == Channel.NONE,
        tones=words.TONES,
        holds=holds.on([f"case:{shown['reference']}"]),
        actor=current_actor(),
        Permission=Permission,
        locale=locale,
        **every,
    )


def _entry(event: Any) -> dict[str, Any]:
    details = event.details or {}
    tables = {"to_list": words.LINE_LISTS, "reason": words.CLOSE_REASONS, "outcome": words.REVIEWS}
    tables |= {
        "support": words.SUPPORT_KINDS,
        "support_action": words.SUPPORT_ACTIONS,
        "contact_action": words.NAMED_ACTIONS,
    }
    tables |= {"event": words.ORDER_EVENTS, "channel": words.REPORT_CHANNELS | words.CHANNELS}
    shown = [_(tables[name][value]) for name, value in details.items() if name in tables and value in tables[name]]
    shown += [
        str(details[name])
        for name in ("legal_basis", "note", "result", "action", "with_case", "occasion")
        if details.get(name) is not None
    ]
    if "number" in details:
        shown.append(ngettext("%(num)d person", "%(num)d people", details["number"]))
    return {
        "at": event.occurred_at,
        "title": _(words.EVENTS.get(event.kind, event.kind)),
        "text": " · ".join(shown),
        "by": event.actor_name or "",
        "tone": words.TONES.get(details.get("to_list", ""), "neutral"),
    }


def _local(typed: datetime | None) -> datetime | None:
    return typed.replace(tzinfo=current_settings().zone) if typed else None


def back_to(reference: str) -> ResponseReturnValue:
    """To the page of the case, after an act."""
    return redirect(url_for("care.case", reference=reference), 303)
