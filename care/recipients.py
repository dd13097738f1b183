"""The people of a line list as recipients of a bulk send."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Row, Select, select

from auth.actors import Actor
from auth.models import Office
from auth.roles import Permission
from care import bulk_act_queries, list_pages
from care.assessments import address_of
from care.list_filters import FILTERS, ListCases
from care.messages import FOR_PERSON
from care.models import Case, Person
from care.queries import cases_visible_to, matching
from care.vocabulary import OPEN_STATUSES, Channel
from config.database import db, locked
from config.errors import N_, NotFound, RuleViolation
from notifications.bulk_sources import Addressee, register_recipient_source
from notifications.bulk_templates import LONGEST_TEXT, Asked, BulkTemplate, register_bulk_template
from notifications.statuses import Channel as By

SOURCE, CHOSEN = "care.cases", "care.chosen"
BATCH = 500
OFFICE_COLUMNS = ("reference", "office", "office_phone")
NO_MESSAGES = N_("This person wants no messages.")
NO_ADDRESS = N_("Neither a phone number nor an e-mail address is known.")


class CaseList:
    """The cases of a line list, as /care/cases/ shows them for the same filters."""

    title = N_("Cases of a line list")
    permission = Permission.CASES_SEE
    placeholders = ("Vorgang", "Amt", "Telefon")
    held_back = False

    def filters(self, given: Mapping[str, str]) -> dict[str, str]:
        """The filters of the list; without those that closed cases can be chosen by, open cases."""
        found = {name: given[name] for name in FILTERS if given.get(name)}
        return _wanted(list_pages.with_defaults(found)).values()

    def in_words(self, filters: Mapping[str, str]) -> list[tuple[str, str]]:
        """The filters as on the page of the list."""
        return list_pages.in_words(filters)

    def people(self, actor: Actor, filters: Mapping[str, str]) -> Iterator[Addressee]:
        """Everybody in the list, oldest case first, numbered as they come."""
        number = 0
        after: UUID | None = None
        offices: dict[UUID, Office] = {}
        while True:
            statement = self.matching(actor, filters).order_by(Case.id).limit(BATCH)
            cases = db.session.scalars(statement.where(Case.id > after) if after else statement).all()
            if not cases:
                return
            offices |= {office.id: office for office in db.session.scalars(select(Office))}
            found = [_addressee(number + place, case, offices[case.office_id]) for place, case in enumerate(cases, 1)]
            number, after = number + len(cases), cases[-1].id
            yield from found

    def matching(self, actor: Actor, filters: Mapping[str, str]) -> Select[Case]:
        """The cases that are meant, in no order."""
        return matching(actor, _wanted(filters))

    def withdrawn(self, people: Sequence[Addressee]) -> set[int]:
        """Whose case was closed since or went to another office, and who has asked since not to be written to.

        The cases stay locked until the messages are in the outbox, so that closing one finds its message to withdraw.
        """
        columns = select(Case.reference, Case.office_id, Case.status, Person.channel, Person.opted_out_at)
        chosen = columns.join(Case.person).where(Case.reference.in_({one.about for one in people}))
        found = db.session.execute(locked(chosen.order_by(Case.id), Case))
        now: dict[str, Any] = {row.reference: row for row in found}
        return {one.number for one in people if _is_withdrawn(one, now.get(one.about or ""))}


class ChosenCases(CaseList):
    """The cases of an act: those that somebody has chosen, whatever the lists say by now."""

    title = N_("Chosen cases")
    held_back = True

    def filters(self, given: Mapping[str, str]) -> dict[str, str]:
        """Which act it is. Raises NotFound."""
        try:
            return {"chosen": str(UUID(given.get("chosen", "")))}
        except ValueError:
            raise NotFound() from None

    def in_words(self, filters: Mapping[str, str]) -> list[tuple[str, str]]:
        """Nothing more than that they were chosen."""
        return []

    def matching(self, actor: Actor, filters: Mapping[str, str]) -> Select[Case]:
        """The cases of the act. Raises NotFound."""
        chosen = bulk_act_queries.case_ids_of(actor, UUID(filters["chosen"]))
        return cases_visible_to(actor).where(Case.id.in_(chosen))


def _is_withdrawn(chosen: Addressee, now: Row[Any] | None) -> bool:
    """`now` is the case as it stands; None: it is gone. One that was closed when it was chosen may be so."""
    if now is None or chosen.owner != f"office:{now.office_id}":
        return True
    closed_since = chosen.correlation is not None and now.status not in OPEN_STATUSES
    return closed_since or now.channel is Channel.NONE or now.opted_out_at is not None


def _wanted(filters: Mapping[str, str]) -> ListCases:
    try:
        return ListCases.model_validate({name: filters[name] for name in FILTERS if name in filters})
    except ValidationError:
        raise RuleViolation("", N_("Please choose one of the options.")) from None


def _addressee(number: int, case: Case, office: Office) -> Addressee:
    person = case.person
    address = address_of(person)
    if person.channel is Channel.NONE or person.opted_out_at is not None:
        return Addressee(number, about=case.reference, problem=NO_MESSAGES)
    if address is None:
        return Addressee(number, about=case.reference, problem=NO_ADDRESS)
    channel, to = address
    phone = office.phone or ""
    return Addressee(
        number,
        By(channel.value),
        to,
        person.locale,
        {
            "reference": case.reference,
            "office": office.name,
            "office_phone": phone,
            "vorgang": case.reference,
            "amt": office.name,
            "telefon": phone,
        },
        about=case.reference,
        owner=f"office:{case.office_id}",
        correlation=FOR_PERSON if case.is_open else None,
        zone=person.timezone,
        fallback=(By.EMAIL, person.email) if channel is Channel.SMS and person.email else None,
    )


def register() -> None:
    """Offer the list, and care's templates for it. Called once by the wiring."""
    register_recipient_source(SOURCE, CaseList())
    register_recipient_source(CHOSEN, ChosenCases())
    register_bulk_template(
        BulkTemplate(
            "care.notice",
            N_("Notice of the health office"),
            N_("Your text, with the office and the case's reference before it."),
            asked=(
                Asked("text", N_("Text"), N_("No names, no diagnoses: others may read along."), True, LONGEST_TEXT),
            ),
            columns=OFFICE_COLUMNS[:2],
            sources=(SOURCE, CHOSEN),
        )
    )
    register_bulk_template(
        BulkTemplate(
            "care.please_call",
            N_("Please call us"),
            N_("Asks people in their language to call the health office; with the office's number."),
            columns=OFFICE_COLUMNS,
            sources=(SOURCE, CHOSEN),
        )
    )
    register_bulk_template(
        BulkTemplate(
            "care.please_answer",
            N_("Please answer us"),
            N_("Reminds people in their language of the last question; with the office's number."),
            columns=OFFICE_COLUMNS,
            sources=(SOURCE, CHOSEN),
        )
    )
    register_bulk_template(
        BulkTemplate(
            "care.letter_coming",
            N_("A letter is on its way"),
            N_("Tells people in their language that a letter of the health office comes by post."),
            columns=OFFICE_COLUMNS,
            sources=(SOURCE, CHOSEN),
        )
    )
