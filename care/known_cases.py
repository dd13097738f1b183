"""Whether a person's case is there already: here, or at another office to which it was handed over."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from care import links, people
from care.commands import EnrolCase
from care.course_models import Handover
from care.models import Case
from config.database import db

LOOKED_UP_AT_ONCE = 500


def by_identity(office_id: UUID, identity: bytes | None) -> Case | None:
    """The office's case with this identity (`people.identity_of`)."""
    if identity is None:
        return None
    found = db.session.scalar(select(Case).where(Case.office_id == office_id, Case.identity_index == identity))
    return links.standing(found) if found is not None else None


def handed_over(office_id: UUID, identities: Sequence[bytes | None]) -> dict[bytes | None, UUID]:
    """The cases with these identities that `office_id` has handed over to another office."""
    known = [identity for identity in identities if identity]
    if not known:
        return {}
    wanted = select(Handover.identity_index, Handover.case_id).where(
        Handover.from_office_id == office_id, Handover.identity_index.in_(known)
    )
    return {row.identity_index: row.case_id for row in db.session.execute(wanted)}


def already_enrolled(commands: Sequence[EnrolCase], *, office_id: UUID, source: str | None) -> list[UUID | None]:
    """For each command, the id of the case that `case_management.enrol` would find there already."""
    identities = [people.identity_of(command, source) for command in commands]
    there: dict[bytes | None, UUID] = {}
    for start in range(0, len(identities), LOOKED_UP_AT_ONCE):
        part = identities[start : start + LOOKED_UP_AT_ONCE]
        standing = func.coalesce(Case.merged_into_id, Case.id).label("id")
        known = select(Case.identity_index, standing).where(Case.office_id == office_id, Case.identity_index.in_(part))
        there.update(handed_over(office_id, part))
        there.update((row.identity_index, row.id) for row in db.session.execute(known))
    return [there.get(identity) for identity in identities]
