"""Handing in a request: whatever happens to the browser or the line, one application makes one request."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from auth.assurance import at_least
from config import clock, single_rows
from config.database import db, locked
from config.errors import N_, Conflict, FieldError, Forbidden, RuleViolation
from config.ids import new_reference
from config.settings import current_settings
from services import (
    arrival,
    attachments,
    availability,
    entry,
    files,
    pins,
    places,
    provenance,
    submission_keys,
    versions,
)
from services.attachments import CleanFile
from services.commands import Submit
from services.definitions import ServiceDefinition
from services.lifecycle import Action, Party, RequestStatus
from services.models import ServiceRequest
from services.payments import fees
from services.progress import Progress
from services.walk import checked

REFERENCE_TRIES = 5
RECEIPT_SHOWN_FOR = timedelta(hours=1)
ONLINE = frozenset({"online", "api", "open311"})
"""Sources that an opening period and a limit hold for; what staff enter has come in already."""


@dataclass(frozen=True)
class Prepared:
    """A submission whose files have been looked at. `errors` are complaints about files that were refused.

    `offered`: how the service stands, where that was looked up.
    """

    command: Submit
    definition: ServiceDefinition
    files: tuple[CleanFile, ...]
    errors: tuple[FieldError, ...]
    offered: versions.Offered | None = None

    @cached_property
    def today(self) -> date:
        """The day in the city's zone on which it is handed in."""
        return clock.today(current_settings().zone)


@dataclass(frozen=True)
class Receipt:
    """What the applicant keeps. `is_new` is False when this submission had come in before."""

    reference: str
    pin: str
    is_new: bool
    awaits_payment: bool = False


def prepare(command: Submit) -> Prepared:
    """Look at the files and write images anew; takes CPU, so not inside `transaction()`. Raises NotFound."""
    offered = versions.offered(command.slug)
    definition = offered.definition
    taken: list[CleanFile] = []
    errors: list[FieldError] = []
    for upload in command.uploads:
        try:
            attachments.check_field(definition, upload)
            taken.append(attachments.clean(upload))
        except RuleViolation as refused:
            errors += refused.errors
    return Prepared(command, definition, tuple(taken), tuple(errors), offered)


def submit(prepared: Prepared, actor: Actor) -> Receipt:
    """Store the request, its deadline and the confirmation. Call inside `transaction()`.

    The same submission key of the same actor gives the same receipt again. Raises RuleViolation with every complaint,
    Forbidden when the service wants the applicant to be known more surely than this login does, Unavailable.
    """
    request, is_new = submitted(prepared, actor)
    return receipt_of(request, is_new=is_new)


def submitted(prepared: Prepared, actor: Actor) -> tuple[ServiceRequest, bool]:
    """The same, for who shows the request at once; whether it is new. Its session may have let it go: read only."""
    if prepared.command.is_for_somebody:
        entry.check(prepared.command, prepared.definition, actor)
    else:
        _check_assurance(prepared.definition, actor)
    request = _found(prepared, actor)
    if request is not None and request.status is not RequestStatus.DRAFT:
        return request, False
    answers = _validated(prepared, request)
    if request is None:
        comes_whole = not prepared.files and not fees.may_come_first(prepared.definition)
        request, is_new = (_at_once if comes_whole else inserted)(prepared, actor, answers)
        if request.status is not RequestStatus.DRAFT:
            return request, is_new
    files.put(request, prepared.files, prepared.definition)
    return request, hand_in(request, prepared, answers, actor).is_new


def hand_in(request: ServiceRequest, prepared: Prepared, answers: dict[str, Any], actor: Actor) -> Receipt:
    """Hand a draft in whose `answers` have been checked. The caller holds its lock."""
    if not prepared.command.is_for_somebody:
        _check_assurance(prepared.definition, actor)
    _refuse_unless_open(prepared, actor)
    _hand_in(request, prepared, answers, actor)
    return receipt_of(request, is_new=True)


def _refuse_unless_open(prepared: Prepared, actor: Actor) -> None:
    if prepared.command.source in ONLINE:
        note = prepared.offered.maintenance if prepared.offered else None
        availability.refuse_unless_open(prepared.definition, actor, prepared.today, sending=True, note=note)


def keep_draft(prepared: Prepared, actor: Actor) -> ServiceRequest:
    """Keep what was typed and uploaded, so that nothing is lost over a mistake. Call inside `transaction()`."""
    request = _found(prepared, actor)
    if request is None:
        request, _ = inserted(prepared, actor, prepared.command.answers)
    if request.status is RequestStatus.DRAFT:
        request.answers = prepared.command.answers
        request.changed_at = clock.now()
        files.put(request, prepared.files, prepared.definition)
    db.session.flush()
    return request


def just_sent(request: ServiceRequest) -> Receipt | None:
    """The receipt of what was handed in within the last hour; later it is for the papers of the applicant alone."""
    sent_at = request.submitted_at
    is_fresh = sent_at is not None and clock.now() - sent_at < RECEIPT_SHOWN_FOR
    return receipt_of(request, is_new=False) if is_fresh else None


def _check_assurance(definition: ServiceDefinition, actor: Actor) -> None:
    # A program hands in for somebody whom its operator knows; it has no login of its own.
    wanted = (definition.assurance, definition.assurance_for.get(Action.SUBMIT))
    if actor.kind == "user" and not all(at_least(actor.assurance, one or "") for one in wanted):
        raise Forbidden(N_("For this service we need to know more surely who you are."))


def receipt_of(request: ServiceRequest, *, is_new: bool) -> Receipt:
    return Receipt(request.reference, request.pin or "", is_new, request.status is RequestStatus.AWAITING_PAYMENT)


def _found(prepared: Prepared, actor: Actor) -> ServiceRequest | None:
    if prepared.command.submission_key is None:
        return None
    key = submission_keys.whole_key(actor, prepared.command.submission_key)
    request = db.session.scalar(
        locked(select(ServiceRequest).where(ServiceRequest.submission_key == key)).execution_options(
            populate_existing=True
        )
    )
    if request is None:
        return None
    # What was begun here may have gone on elsewhere since: then it is nobody's here, and cannot be begun again.
    if request.slug != prepared.definition.slug or request.created_by != actor.id:
        raise Conflict()
    return request


def _validated(prepared: Prepared, draft: ServiceRequest | None) -> dict[str, Any]:
    new = Counter(one.field for one in prepared.files)
    kept = files.kept_beside(new, draft, prepared.definition)
    refused = Counter({error.field for error in prepared.errors} - {*new, *kept})  # refused is not missing
    wrong = (*prepared.errors, *entry.faults(prepared.command, prepared.today))
    try:
        asked = entry.as_asked(prepared.definition, prepared.command)
        answers = checked(asked, prepared.command.answers, new + kept + refused, prepared.today)
    except RuleViolation as violation:
        raise RuleViolation.of([*violation.errors, *wrong]) from None
    if wrong:
        raise RuleViolation.of(wrong)
    return answers


def inserted(prepared: Prepared, actor: Actor, answers: dict[str, Any]) -> tuple[ServiceRequest, bool]:
    """A new draft, or the one that a parallel post of the same form has just stored."""
    made = _made(prepared, actor)
    made.answers = answers
    request, is_new = _stored(made, prepared, actor)
    if is_new:
        db.session.add(request)
    return request, is_new


def _at_once(prepared: Prepared, actor: Actor, answers: dict[str, Any]) -> tuple[ServiceRequest, bool]:
    """The same, handed in as it is stored: its row is written once, complete."""
    _refuse_unless_open(prepared, actor)
    made = _made(prepared, actor)
    _fill(made, prepared, answers)
    event = arrival.taken_in(made, Action.SUBMIT, _party(prepared), actor)
    request, is_new = _stored(made, prepared, actor)
    if is_new:
        arrival.announce(request, event, actor)
    return request, is_new


def _made(prepared: Prepared, actor: Actor) -> ServiceRequest:
    now = clock.now()
    return ServiceRequest(
        reference=new_reference(),
        submission_key=submission_keys.whole_key(actor, prepared.command.submission_key or submission_keys.new_key()),
        service_version_id=_version_id(prepared),
        slug=prepared.definition.slug,
        department_code=prepared.definition.department,
        applicant_id=None if prepared.command.is_for_somebody else actor.user_id,
        created_by=actor.id,
        locale=prepared.command.locale,
        status=RequestStatus.DRAFT,
        source=prepared.command.source,
        created_at=now,
        changed_at=now,
        pin=pins.new_pin(),
    )


def _version_id(prepared: Prepared) -> UUID:
    stored = prepared.offered.version_id if prepared.offered else None
    return versions.known(stored, prepared.definition) if stored else versions.snapshot(prepared.definition)


def _stored(made: ServiceRequest, prepared: Prepared, actor: Actor) -> tuple[ServiceRequest, bool]:
    """`made`, or what a parallel post of the same form has stored."""
    for _ in range(REFERENCE_TRIES):
        if single_rows.stored(made, events=[], attachments=[]):
            return made, True
        found = _found(prepared, actor)
        if found is not None:
            return found, False
        made.reference = new_reference()
    raise Conflict()


def _hand_in(request: ServiceRequest, prepared: Prepared, answers: dict[str, Any], actor: Actor) -> None:
    versions.bring(request, prepared.definition)
    _fill(request, prepared, answers)
    waits = fees.comes_first(request, prepared.definition, answers)
    if waits and not prepared.command.is_for_somebody:
        fees.check_out(request, actor)
    else:
        arrival.arrive(request, Action.SUBMIT, _party(prepared), actor)


def _party(prepared: Prepared) -> Party:
    return Party.CASEWORKER if prepared.command.is_for_somebody else Party.APPLICANT


def _fill(request: ServiceRequest, prepared: Prepared, answers: dict[str, Any]) -> None:
    """What the form says, as it is handed in; the request may not be stored yet."""
    entry.as_asked(prepared.definition, prepared.command).last_look.refuse_unfit(answers)
    request.answers = answers
    request.contact = _contact(prepared.definition, answers)
    if request.progress is not None:
        progress = Progress.read(request.progress)
        request.provenance = provenance.of_request(prepared.definition.fields, progress, answers)
        request.progress = None
    request.locale = prepared.command.locale
    request.notice_version = prepared.command.notice_version
    files.drop_unasked(request, prepared.definition, answers, prepared.today)
    request.received_on = prepared.command.received_on
    places.place(request, prepared.definition, answers)


def _contact(definition: ServiceDefinition, answers: dict[str, Any]) -> dict[str, Any]:
    """Where to write to: the answers of the fields that the definition names."""
    roles = definition.contact.model_dump(exclude_none=True)
    return {role: answers.get(key) for role, key in roles.items() if answers.get(key) is not None}
