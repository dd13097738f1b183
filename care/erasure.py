"""Erasing a case's person: everything, or what was said about health while order and papers have to stay.

Source of what stays: § 56 (11) IfSG gives people two years after the end of their isolation to apply for compensation,
for which they need order and certificate (Art. 17 (3) (b) GDPR). Functions run inside the caller's `transaction()`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from auth import erasures, holds, idempotency, kept_forms, readers
from auth.actors import Actor
from auth.erasures import EVERYTHING, HEALTH
from auth.holdings import Kept
from care import list_marks, trail
from care.assessment_models import CheckIn, LabResult, Review, SymptomReport
from care.bulk_act_models import BulkActRow
from care.course_models import OF_CASE, Comment, ContactAttempt, Conversion, Exposure, Travel, Vaccination
from care.duplicate_models import CaseMerge
from care.import_models import ImportRow
from care.line_list import RULES_VERSION
from care.models import Case, CaseEvent, Document, OfficeTask, Person
from care.naming_models import NamedContact, NamingFinished
from care.occasion_models import Guest
from care.order_models import CourtMatter, OrderNotice
from care.support_models import SupportRequest
from care.transfer_models import Transfer
from care.vocabulary import OPEN_STATUSES
from config import clock, scopes
from config.database import db, locked
from config.dependents import delete_with_dependents
from config.encryption import DecryptionError
from config.errors import N_, RuleViolation
from config.rowsets import among
from config.settings import current_settings
from notifications import erasing
from notifications.erasing import Address, Whose
from notifications.statuses import Channel

KIND = "person"
ORDERS = "care.orders"  # the type of record whose time keeps order and papers
ORDER_DAYS, LEAST_ORDER_DAYS = 913, 731  # two years to apply, and half a year in which the office may be asked
KEPT_EVENTS = ("enrolled", "order", "order_given", "order_lost", "order_acknowledged", "closed", "reopened")
REASONS = ("wish", "unlawful", "mistake")
ERASING = scopes.system("care.erasure")  # what other rooms know is nobody's own
BARE = {"synchronize_session": False}
NOTHING_TOLD = {"rule": "closed", "version": RULES_VERSION, "inputs": {}}


@dataclass(frozen=True)
class Part:
    """A part of what is held, as the preview names it (an English msgid), and how much of it there is."""

    name: str
    count: int


@dataclass(frozen=True)
class Preview:
    """What an erasure would take, and what has to stay for now. `scope` is as much as is possible; "" means nothing."""

    references: tuple[str, ...]
    goes: tuple[Part, ...]
    stays: tuple[Kept, ...]
    scope: str
    is_held: bool


def preview(case: Case) -> Preview:
    """What erasing the person of `case` would do at this moment."""
    cases = db.session.scalars(select(Case).where(Case.person_id == case.person_id).order_by(Case.reference)).all()
    subjects = [f"case:{one.reference}" for one in cases]
    stays = tuple(_stays(cases, clock.now()))
    is_held = bool(holds.held(subjects))
    if is_held:
        scope = ""
        stays = (Kept(N_("Everything"), N_("A legal hold stands on it."), {}), *stays)
    elif any(one.is_open for one in cases):
        scope = ""
    else:
        scope = HEALTH if stays else EVERYTHING
    return Preview(tuple(one.reference for one in cases), _parts(cases, scope), stays, scope, is_held)


def _stays(cases: Sequence[Case], now: datetime) -> list[Kept]:
    found: list[Kept] = []
    for case in cases:
        if case.is_open:
            found.append(
                Kept(
                    N_("Case {reference}"),
                    N_("It is open: the health office has to look after the person. Close it first."),
                    {"reference": case.reference},
                )
            )
        elif (until := kept_until(case)) is not None and until > now.date():
            found.append(
                Kept(
                    N_("Case {reference}: name and contact, order, papers, and the proof that they were delivered"),
                    N_("Until {until} they are needed for compensation (section 56 (11) IfSG)."),
                    {"reference": case.reference, "until": until},
                )
            )
    return found


def kept_until(case: Case) -> date | None:
    """The day until which order and papers have to stay; None when there are none."""
    if case.order_state is None and not case.documents:
        return None
    ended = max(filter(None, (case.order_ends_on, case.closed_at.date() if case.closed_at else None)), default=None)
    return (ended or clock.today(current_settings().zone)) + timedelta(days=_order_days())


def _order_days() -> int:
    return current_settings().retention.get(ORDERS, ORDER_DAYS)


def _parts(cases: Sequence[Case], scope: str) -> tuple[Part, ...]:
    ids = [case.id for case in cases]

    def number(model: Any) -> int:
        return db.session.scalar(select(func.count(model.id)).where(model.case_id.in_(ids))) or 0

    health = (
        Part(N_("Reports on health"), number(SymptomReport)),
        Part(N_("Reviews and findings"), number(Review)),
        Part(N_("Laboratory results"), number(LabResult)),
        Part(N_("Vaccinations and journeys"), number(Vaccination) + number(Travel)),
        Part(N_("Exposures"), number(Exposure)),
        Part(N_("Conversions, and how the case stood before"), number(Conversion)),
        Part(N_("Comments of colleagues, in all versions"), number(Comment)),
        Part(N_("Attempts to reach the person"), number(ContactAttempt)),
        Part(N_("Check-ins and their links"), number(CheckIn)),
        Part(N_("Tasks and their notes"), number(OfficeTask)),
        Part(N_("Contacts named"), number(NamedContact)),
        Part(N_("Places on guest lists"), number(Guest)),
        Part(N_("Requests for help"), number(SupportRequest)),
        Part(N_("Matters for the court"), number(CourtMatter)),
        Part(N_("Messages"), erasing.count([case.reference for case in cases])),
    )
    whole = (Part(N_("Papers"), number(Document)), Part(N_("Name, contact, address, and the case itself"), len(cases)))
    return (*health, *whole) if scope == EVERYTHING else health


def erase(case: Case, *, scope: str, reason: str, actor: Actor) -> None:
    """Erase the person of `case`: everything, or what was said about health. Raises RuleViolation when it may not be.

    `reason`: the person's wish, data that should never have been stored, or a mistake (both of which no time limit
    keeps). A legal hold keeps everything.
    """
    if reason not in REASONS or scope not in (EVERYTHING, HEALTH):
        raise RuleViolation("reason", N_("Please choose one of the options."))
    person_id = case.person_id
    cases = db.session.scalars(locked(select(Case).where(Case.person_id == person_id), to_delete=True)).all()
    holds.refuse_if_held([f"case:{one.reference}" for one in cases])
    if reason == "wish":
        if any(one.status in OPEN_STATUSES for one in cases):
            raise RuleViolation("", N_("The case is open. Please close it first."))
        if scope == EVERYTHING and _stays(cases, clock.now()):
            raise RuleViolation("", N_("Order and papers have to stay. What was said about health can be erased."))
    for one in cases:
        trail.record(actor, "case.erased", one, scope=scope, reason=reason)
    everywhere = [person_id, *former_people([person_id])]  # as a backup may know them
    erase_people([person_id], scope)
    erasures.note(KIND, everywhere, scope, reason, actor)


@scopes.within(ERASING)
def erase_people(person_ids: Sequence[UUID], scope: str) -> None:
    """Erase these people without asking why: for the time limits, and for what was erased before a backup."""
    case_ids = list(db.session.scalars(select(Case.id).where(among(Case.person_id, person_ids)).order_by(Case.id)))
    if scope == HEALTH:
        erase_health(case_ids)
        return
    _forget(case_ids, _addresses_of(person_ids))
    _run(delete(Guest).where(among(Guest.case_id, case_ids)))
    _run(delete(NamedContact).where(among(NamedContact.contact_case_id, case_ids)))  # what others said of them
    _run(update(Person).where(among(Person.id, person_ids)).values(wrapped_key=b""))
    delete_with_dependents(Case.__table__, case_ids)  # type: ignore[arg-type]
    delete_with_dependents(Person.__table__, list(person_ids))  # type: ignore[arg-type]
    db.session.expire_all()


@scopes.within(ERASING)
def erase_health(case_ids: Sequence[UUID]) -> None:
    """Erase what was said about health in these cases, and what else order and papers do not need."""
    _forget(case_ids, frozenset(), keep_proofs=True)
    _erase_facts(case_ids)
    _run(update(CaseMerge).where(among(CaseMerge.case_id, case_ids)).values(fields_sealed=None))
    _run(update(Transfer).where(among(Transfer.case_id, case_ids)).values(note_sealed=None, answer_sealed=None))
    db.session.expire_all()
    for case in db.session.scalars(select(Case).where(among(Case.id, case_ids))):
        case.findings, case.because = [], dict(NOTHING_TOLD)
        case.priority, case.public_health_action = 0.0, "none"
        case.symptom_onset_on = case.first_positive_on = case.reported_on = None
        case.last_exposure_on = case.last_report_at = None
        case.risk_level = case.monitoring_plan = case.follow_up_on = case.follow_up_note = None
        case.health_erased_at = clock.now()
        list_marks.forget(case)
        for event in case.events:
            event.details = {name: value for name, value in (event.details or {}).items() if name != "note"}
    db.session.flush()


def former_people(person_ids: Sequence[UUID]) -> list[UUID]:
    """Ids under which these people were known before their cases were merged: a backup may still have them so."""
    wanted = select(CaseMerge.merged_person_id).join(Case, Case.id == CaseMerge.case_id)
    return sorted(set(db.session.scalars(wanted.where(among(Case.person_id, person_ids)))) - set(person_ids))


def _forget(case_ids: Sequence[UUID], addresses: frozenset[Address], *, keep_proofs: bool = False) -> None:
    """What other rooms know about these cases: messages, answers of the API, rows of imports."""
    references = frozenset(db.session.scalars(select(Case.reference).where(among(Case.id, case_ids))))
    erasing.forget(Whose(references, addresses, keep_proofs))
    idempotency.forget_about(references)
    kept_forms.forget_about(references)
    readers.forget(f"case:{reference}" for reference in references)
    _run(delete(ImportRow).where(among(ImportRow.case_id, case_ids)))


def _addresses_of(person_ids: Sequence[UUID]) -> frozenset[Address]:
    """Phones and e-mail addresses that nobody else in care has."""
    found: set[Address] = set()
    for person in db.session.scalars(select(Person).where(among(Person.id, person_ids))):
        if person.is_erased:
            continue
        try:
            given = ((Channel.SMS, person.phone, person.phone_index), (Channel.EMAIL, person.email, person.email_index))
        except DecryptionError:
            continue
        found |= {(channel, text) for channel, text, index in given if text and not _others_have(index, person_ids)}
    return frozenset(found)


def _others_have(index: bytes | None, person_ids: Collection[UUID]) -> bool:
    if index is None:
        return False
    same = (Person.phone_index == index) | (Person.email_index == index)
    others = select(Person.id).where(same, ~among(Person.id, list(person_ids)))
    return db.session.scalar(others.limit(1)) is not None


def _erase_facts(case_ids: Sequence[UUID]) -> None:
    unlinked = {"corrects_id": None, "replaces_id": None}
    _run(update(SymptomReport).where(among(SymptomReport.case_id, case_ids)).values(unlinked))
    facts: tuple[type[Any], ...] = (SymptomReport, Review, LabResult, CheckIn, OfficeTask, *OF_CASE)
    facts += (SupportRequest, NamedContact, NamingFinished, Guest, BulkActRow, CourtMatter)
    for model in facts:
        ids = list(db.session.scalars(select(model.id).where(among(model.case_id, case_ids))))
        delete_with_dependents(model.__table__, ids)
    _run(update(OrderNotice).where(among(OrderNotice.case_id, case_ids)).values(reason_sealed=None))
    _run(delete(CaseEvent).where(among(CaseEvent.case_id, case_ids), CaseEvent.kind.not_in(KEPT_EVENTS)))


def _run(statement: object) -> None:
    db.session.execute(statement, execution_options=BARE)  # type: ignore[call-overload]
