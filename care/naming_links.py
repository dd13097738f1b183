"""The questionnaire in which an infected person names whom they have met: a link, and the date of birth behind it.

It shows whom they have named before, so it asks for the date of birth each time. All functions run inside the caller's
`transaction()`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import structlog
from sqlalchemy import select

from auth.actors import Actor
from care import case_management, messages, naming, timeline, trail
from care.link_models import AccessLink
from care.link_proofs import Opening, prove
from care.models import Case
from care.naming_models import NamedContact
from care.naming_rules import NameContacts
from care.vocabulary import Kind, LinkPurpose, Source
from config import clock
from config.database import db
from config.encryption import token_hash
from config.errors import N_, RuleViolation
from config.ids import new_token
from config.settings import current_settings

log = structlog.get_logger(__name__)
LASTS = timedelta(days=7)


@dataclass(frozen=True)
class Opened:
    """What became of the try, and whom the person has named until now."""

    outcome: Opening
    named: Sequence[NamedContact] = ()


def send(case: Case, actor: Actor) -> None:
    """Write the person of the locked `case` a link to the questionnaire; earlier ones are worth nothing from now on.

    Raises RuleViolation when there is nothing to ask for, nobody to ask, or no way to write to them.
    """
    if case.kind is not Kind.INDEX or not case.is_open:
        raise RuleViolation("", N_("Only an infected person names contacts."))
    if case.person.birth_date is None:
        raise RuleViolation("", N_("Without a date of birth there can be no link: nothing could be asked for."))
    now, token = clock.now(), new_token()
    revoke(case)
    link = AccessLink(
        case=case,
        purpose=LinkPurpose.CONTACTS,
        token_hash=token_hash(token),
        created_at=now,
        expires_at=now + LASTS,
        tries=0,
    )
    db.session.add(link)
    db.session.flush()
    if not messages.ask_for_contacts(case, current_settings().public_url(f"/c/{token}"), str(link.id), LASTS):
        raise RuleViolation("", N_("There is no way to write to this person."))
    timeline.add(case, "contacts_asked", actor)
    trail.record(actor, "case.contacts_asked", case)
    log.info("contacts_asked", case=case.reference)


def revoke(case: Case) -> None:
    """Make the links to the questionnaire of this case worthless."""
    now = clock.now()
    wanted = select(AccessLink).where(AccessLink.case_id == case.id, AccessLink.purpose == LinkPurpose.CONTACTS)
    for link in db.session.scalars(wanted.where(AccessLink.expires_at > now)):
        link.expires_at = now


def look(token: str, birth_date: date) -> Opened:
    """Show the questionnaire to whoever knows the date of birth. That it was seen is recorded."""
    outcome, link = prove(token, birth_date, LinkPurpose.CONTACTS)
    if link is None:
        return Opened(outcome)
    trail.record(Actor.link(link.case.reference), "case.contacts_opened", link.case)
    return Opened(outcome, list(db.session.scalars(naming.of_case(link.case))))


def answer(command: NameContacts, token: str, birth_date: date) -> Opened:
    """Take down what is named through the link. Finished, it is used up. Raises RuleViolation."""
    outcome, link = prove(token, birth_date, LinkPurpose.CONTACTS)
    if link is None:
        return Opened(outcome)
    case = case_management.locked_case(link.case_id)
    actor = Actor.link(case.reference, case.person.locale)
    naming.name(command.model_copy(update={"source": Source.LINK}), case=case, actor=actor)
    if command.finished:
        revoke(case)
    return Opened(outcome, list(db.session.scalars(naming.of_case(case))))
