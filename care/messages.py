"""What we write to people in care and to the office. Every message goes through the outbox, with a key of its own."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from auth.models import Office
from care.assessment_models import CheckIn
from care.assessments import address_of, answering, protocol_of
from care.models import Case, Person
from care.monitoring import CheckInDue
from care.vocabulary import Channel
from config import clock
from config.database import db
from config.mail_addresses import mailbox
from config.settings import current_settings
from notifications import outbox
from notifications.outbox import Fallback, NewMessage
from notifications.preferences import Basis, record_bases
from notifications.statuses import Channel as By

STAFF_LOCALE = "de"
TO_OFFICE = "care.symptomatic_notice"
FOR_PERSON = "person"  # correlation of messages to the person, so that closing a case withdraws only those
FOR_HOUSEHOLD = "household"  # of those that ask for several: a head's closed case does not keep them from the others


def invite(cases: Iterable[Case]) -> set[UUID]:
    """Tell these people who is going to write to them and how; the ids of the cases whom we can reach at all."""
    told: dict[UUID, NewMessage] = {}
    chosen = list(cases)
    # Held, or the session would forget an office after each message and read it again for the next.
    _held = [db.session.get(Office, office_id) for office_id in {case.office_id for case in chosen}]
    for case in chosen:
        variables = {"ends_on": case.monitoring_ends_on}
        message = _for_person(case, "care.invitation", f"invitation:{case.id}", variables)
        if message is not None:
            told[case.id] = message
    if told:
        outbox.enqueue_many(list(told.values()))
    return set(told)


def introduce(case: Case) -> bool:
    """The same for one who is reached elsewhere than before: the first message, to where they are reached now.

    False when there is no way to reach them.
    """
    key, variables = f"invitation:{case.id}:{case.facts_revision}", {"ends_on": case.monitoring_ends_on}
    return _to_person(case, "care.invitation", key, variables)


def check_in(
    case: Case, office: Office | None, due: CheckInDue, link: str, number: int | None, *, by_reply: bool
) -> NewMessage | None:
    """The message with the check-in `due` and its `link`; at most one per case, day and slot.

    `case` is a model or a row of `fact_rows`, `office` its office. `number`: what to begin an answer with, at a phone
    of several people.
    """
    variables = {"link": link, "number": number, "by_reply": by_reply}
    key, until = _key_of(case, due), due.window_ends_at
    return _for_person(case, "care.check_in", key, variables, expires_at=until, office=office)


def household_check_in(
    head: Case, office: Office | None, round_id: UUID, people: str, link: str, expires_at: datetime
) -> NewMessage | None:
    """The message that asks the head for everybody in `people` (numbers and initials), with one `link`."""
    return _for_person(
        head,
        "care.check_in_household",
        f"household:{round_id}",
        {"link": link, "people": people},
        expires_at=expires_at,
        correlation=FOR_HOUSEHOLD,
        office=office,
    )


def tell_released(case: Case, link: str | None, ended_on: date | None, not_before: datetime) -> bool:
    """Tell the person that monitoring is over, or their household's head; `link` leads to the certificate."""
    variables, key = {"link": link, "ended_on": ended_on}, f"released:{case.id}"
    own = address_of(case.person) is not None
    return _to_person(case, "care.released", key, variables, not_before=not_before, correlation=None, own=own)


def send_link_code(case: Case, code: str, key: str, lasts: timedelta) -> bool:
    """Send the code with which the person links their login. False when there is no way to reach them."""
    variables = {"code": code, "link": current_settings().public_url("/account/link-case"), "hours": _hours(lasts)}
    return _to_person(case, "care.link_code", f"link-code:{key}", variables, expires_at=clock.now() + lasts, own=True)


def ask_for_contacts(case: Case, link: str, key: str, lasts: timedelta) -> bool:
    """Send the link to the questionnaire about people met, to the person alone: whom they met is theirs to say.

    False when there is no way to reach them.
    """
    variables = {"link": link, "days": lasts.days}
    until = clock.now() + lasts
    return _to_person(case, "care.name_contacts", f"name-contacts:{key}", variables, expires_at=until, own=True)


def write(case: Case, template: str, variables: Mapping[str, str], nonce: UUID) -> str | None:
    """Send what an officer has written; the message's key, or None when it went out before with this `nonce`."""
    key = f"message:{nonce}"
    own = recipient(case) is case.person
    known = outbox.is_known(key)
    sent = _to_person(case, template, key, dict(variables), correlation=None, own=own)
    return key if sent and not known else None


def recipient(case: Case) -> Person:
    """Whom an officer writes to about this person: them, if they can be written to, or whoever answers for them."""
    return case.person if address_of(case.person) is not None else answering(case)


def _hours(lasts: timedelta) -> int:
    return int(lasts.total_seconds()) // 3600


def to_office(case: Case, template: str, key: str) -> NewMessage | None:
    """The message to the office's mailbox, which names the case's reference only; None when it has none."""
    office = db.session.get(Office, case.office_id)
    to = mailbox(office.email) if office else ""
    if not to:
        return None
    return NewMessage(
        template=f"care.{template}",
        channel=By.EMAIL,
        to=to,
        locale=STAFF_LOCALE,
        variables={"reference": case.reference, "link": current_settings().public_url(f"/care/cases/{case.reference}")},
        key=key,
        about=case.reference,
        owner=f"office:{case.office_id}",
    )


def note_basis(cases: Iterable[Case], basis: Basis) -> None:
    """Note why the persons of these cases may be written to, at each address that we know, inside the transaction."""
    standing = []
    for case in cases:
        person = case.person
        if person.channel is Channel.NONE:
            continue
        known = ((By.SMS, person.phone), (By.EMAIL, person.email))
        standing += [(channel, to, f"case:{case.reference}") for channel, to in known if to]
    record_bases(standing, basis)


def withdraw(case: Case, correlation: str = FOR_PERSON) -> int:
    """Take back what has not gone out to the person. Returns how many messages."""
    return outbox.cancel(case.reference, correlation=correlation)


def withdraw_check_ins(case: Case, asked: Collection[CheckIn]) -> int:
    """Take back the questions of these check-ins that have not gone out, and the invitation. How many messages."""
    return outbox.cancel(case.reference, keys=[f"invitation:{case.id}", *(_key_of(case, one) for one in asked)])


def _key_of(case: Case, asked: CheckIn | CheckInDue) -> str:
    return f"check-in:{case.id}:{asked.local_date}:{asked.slot}"


def _to_person(case: Case, template: str, key: str, variables: dict[str, Any], **more: Any) -> bool:
    message = _for_person(case, template, key, variables, **more)
    if message is not None:
        outbox.put(message)
    return message is not None


def _for_person(
    case: Case,
    template: str,
    key: str,
    variables: dict[str, Any],
    *,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    correlation: str | None = FOR_PERSON,
    own: bool = False,
    office: Office | None = None,
) -> NewMessage | None:
    """The message to the person of `case` or who answers for them; None when there is no way to reach them.

    `office`: that of the case, where the caller has it at hand.
    """
    person = case.person if own else answering(case)
    address = address_of(person)
    if address is None or person.opted_out_at is not None:
        return None
    channel, to = address
    email = person.email if channel is Channel.SMS else None
    return NewMessage(
        template=template,
        channel=By(channel.value),
        to=to,
        locale=person.locale,
        variables={**shared_variables(case, person, office), **variables},
        key=key,
        about=case.reference,
        not_before=not_before,
        expires_at=expires_at,
        correlation=correlation,
        fallbacks=[Fallback(By.EMAIL, email)] if email else [],
        owner=f"office:{case.office_id}",
        zone=person.timezone,
    )


def shared_variables(case: Case, person: Person, office: Office | None = None) -> dict[str, Any]:
    """What every message about `case` may name, in the words of `person`, who gets it."""
    office = office or db.session.get(Office, case.office_id)
    return {
        "office": office.name if office else "",
        "office_phone": office.phone or "" if office else "",
        "reference": case.reference,
        "protocol": protocol_of(case).name.in_(person.locale),
    }
