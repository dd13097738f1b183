"""The page of one case: shown, acted on through its forms, and shown again with what was refused."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from auth import holds, readers
from auth.policies import current_actor
from auth.roles import Permission
from care import (
    case_management,
    case_next,
    check_ins,
    course_forms,
    course_representations,
    duplicate_queries,
    naming_queries,
    occasion_pages,
    order_queries,
    orders,
    own_cases,
    queries,
    representations,
    seen,
    support_queries,
    talk_words,
    timeline_words,
    trail,
    transfer,
    transfer_queries,
    words,
)
from care.forms import (
    CloseForm,
    PeriodForm,
    ProtocolForm,
    ReviewForm,
    StaffReportForm,
    TransferForm,
)
from care.household_forms import MoveForm
from care.lifecycle import Action, possible
from care.link_forms import IssueCodeForm
from care.naming_forms import FinishNamingForm, NamedByStaffForm
from care.order_forms import AcknowledgeForm, AnnounceForm, CourtForm, StepForm
from care.person_forms import PersonForm
from care.support_forms import SupportForm
from care.vocabulary import Channel, Status
from config import clock
from config.database import transaction
from config.errors import InvalidTransition, RuleViolation
from config.forms import BaseForm, accepting, command_or_errors
from config.localisation import local_datetime, page_locale
from config.settings import current_settings


def act_on(
    reference: str,
    form: BaseForm,
    name: str,
    command_class: type[Any],
    act: Callable[..., Any],
    done: str,
    *,
    lock: Callable[[Any, UUID], Any] | None = None,
    **extra: Any,
) -> ResponseReturnValue:
    """Let `act` do with the locked case what `form` says, and go back to the page; with `extra` in the command.

    `lock`: takes the locks, where more is needed than those of one household.
    A case that has gone into another one leads on to it.
    What is refused comes back filled in; so does what rests on a page older than the case (409), with what is new.
    """
    actor, status = current_actor(), 422
    found = queries.standing_case_for(actor, reference)
    if form.validate_on_submit():
        command = command_or_errors(form, command_class, **extra)
        if command is not None:
            with accepting(form):
                try:
                    with transaction():
                        case = lock(command, found.id) if lock else case_management.locked_case(found.id)
                        seen.refuse_if_changed(case, request.form.get("seen"), asked=reference)
                        act(command, case=case, actor=actor)
                except InvalidTransition as error:  # somebody else was faster, or the page was old
                    raise RuleViolation("", error.for_people) from error
                except seen.ChangedMeanwhile:
                    status = 409
                    raise
                flash(done, "success")
                return back_to(reference)
    return show_case(reference, **{name: form}), status


def show_case(reference: str, **forms: Any) -> str:
    """The page of a case, with the forms that were filled in and refused; if it has gone into another one, of that."""
    return show(queries.standing_case_for(current_actor(), reference), **forms)


def show(found: Any, **forms: Any) -> str:
    """The same of a case that has gone into no other one."""
    reference, others = found.reference, others_at(found)
    found = queries.standing_case_for(current_actor(), reference)  # that others are here was noted in between
    shown = representations.page_values(found) | own_cases.accounts(found) | course_representations.page_values(found)
    shown |= naming_queries.page_values(current_actor(), found)
    shown |= {"maybe_same": duplicate_queries.pairs_of_case(current_actor(), found)}
    shown |= {"merged": duplicate_queries.merged_into(found), "transfer": transfer_queries.waiting_of(found)}
    shown["occasions"] = occasion_pages.of_case(current_actor(), found)
    shown["order"], shown["documents"] = order_queries.of_case(found), queries.papers(found)
    shown["support"] = [support_queries.row_values(one) for one in support_queries.of_case(found)]
    found = _note_looks(found, shown)
    locale = page_locale()
    refused = course_forms.forwarded(forms, found, shown["exposures"])
    known: dict[str, Callable[[], BaseForm]] = {
        "report_form": lambda: (
            StaffReportForm(None, prefix="report").ask(shown["protocol"], locale).offer(correctable(found))
        ),
        "review_form": lambda: ReviewForm(None, prefix="review").offer(),
        "order_form": lambda: StepForm(None, prefix="order").offer(orders.possible_events(shown["order_state"])),
        "announce_form": lambda: AnnounceForm(None, prefix="announce", data=_today("given_on")).offer(),
        "acknowledge_form": lambda: AcknowledgeForm(None, prefix="acknowledge").offer(),
        "court_form": lambda: CourtForm(None, prefix="court"),
        "person_form": lambda: PersonForm.of(found.person),
        "close_form": lambda: CloseForm(None, prefix="close").offer(),
        "link_form": lambda: IssueCodeForm(None, prefix="link").offer(),
        "transfer_form": lambda: TransferForm(None, prefix="transfer").offer(transfer.destinations(found)),
        "named_form": lambda: NamedByStaffForm(None, prefix="named").offer(),
        "finish_naming_form": lambda: FinishNamingForm(None, prefix="finish"),
        "support_form": lambda: SupportForm(None, prefix="support").offer(),
        "move_form": lambda: MoveForm(None, prefix="move"),
        "period_form": lambda: PeriodForm(None, prefix="period"),
        "protocol_form": lambda: ProtocolForm(None, prefix="protocol").offer(queries.protocol_codes(), locale),
        **course_forms.offered(found, shown["exposures"], {*refused, course_forms.asked(found)}),
    }
    every = {name: refused.get(name) or make() for name, make in known.items()}
    given = request.form.get("seen")
    return render_template(
        "care/case.html",
        case=shown,
        possible=possible(Status(shown["status"])),
        Action=Action,
        talk=talk_words.shown(current_actor(), found, shown["attempts"]),
        timeline=[timeline_words.line(event) for event in shown["events"]],
        others=others,
        mark=seen.mark(found),
        seen_field=Markup('<input type="hidden" name="seen" value="{}">').format(seen.mark(found)),
        news=[timeline_words.line(event) for event in seen.news(found, given)],
        words=words,
        no_messages=shown["channel"] == Channel.NONE,
        tones=words.TONES,
        holds=holds.on([f"case:{shown['reference']}"]),
        actor=current_actor(),
        Permission=Permission,
        locale=locale,
        **case_next.page_values(current_actor(), shown),
        forms=every,
        **every,
    )


def others_at(found: Any) -> list[str]:
    """The names of the colleagues who have this case open, too. A transaction of its own: read the case anew."""
    return readers.note(f"case:{found.reference}", f"office:{found.office_id}", current_actor())


def _note_looks(found: Any, shown: dict[str, Any]) -> Any:
    """Others who are named on the page of `found`, since they may be the same as somebody, were looked at, too."""
    named = {one["reference"] for contact in shown["contacts"] for one in contact["alike"]}
    named |= {one["reference"] for one in shown["maybe_same"]}
    if not named:
        return found
    actor, reference = current_actor(), found.reference
    trail.looked(actor, "case.viewed", queries.cases_named(actor, named))
    return queries.case_for(actor, reference)  # the look was a transaction of its own


def _today(field: str) -> dict[str, date]:
    return {field: clock.today(current_settings().zone)}


def correctable(case: Any) -> list[tuple[str, str]]:
    """Id and time of the reports that a new one may replace, for a select."""
    return [(str(row.id), local_datetime(row.reported_at)) for row in check_ins.correctable(case)]


def local_time(typed: datetime | None) -> datetime | None:
    """What somebody typed as time of day, in the office's zone."""
    return typed.replace(tzinfo=current_settings().zone) if typed else None


def back_to(reference: str) -> ResponseReturnValue:
    """To the page of the case, after an act."""
    return redirect(case_next.address_of(reference), 303)
