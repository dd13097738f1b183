"""Whether a person's case is there already: here, or at another office to which it was handed over."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from care import people
from care.commands import EnrolCase
from care.course_models import Handover
from care.models import Case
from config.database import db
from config.rowsets import among, each_of

LOOKED_UP_AT_ONCE = 500


def by_identities(office_id: UUID, identities: Sequence[bytes | None]) -> dict[bytes | None, Case]:
    """The office's cases with these identities (`people.identity_of`), or those that they have gone into."""
    known = _ids(office_id, identities)
    if not known:
        return {}
    cases = {case.id: case for case in db.session.scalars(select(Case).where(among(Case.id, known.values())))}
    return {identity: cases[case_id] for identity, case_id in known.items()}


def _ids(office_id: UUID, identities: Sequence[bytes | None]) -> dict[bytes | None, UUID]:
    known = [identity for identity in identities if identity]
    if not known:
        return {}
    standing = func.coalesce(Case.merged_into_id, Case.id).label("id")
    wanted = select(Case.identity_index, standing).where(Case.office_id == office_id)
    found = db.session.execute(each_of(known, Case.identity_index, wanted))
    return {row.identity_index: row.id for row in found}


def handed_over(office_id: UUID, identities: Sequence[bytes | None]) -> dict[bytes | None, UUID]:
    """The cases with these identities that `office_id` has handed over to another office."""
    known = [identity for identity in identities if identity]
    if not known:
        return {}
    wanted = select(Handover.identity_index, Handover.case_id).where(
        Handover.from_office_id == office_id, among(Handover.identity_index, known)
    )
    return {row.identity_index: row.case_id for row in db.session.execute(wanted)}


def already_enrolled(commands: Sequence[EnrolCase], *, office_id: UUID, source: str | None) -> list[UUID | None]:
    """For each command, the id of the case that `case_management.enrol` would find there already."""
    identities = [people.identity_of(command, source) for command in commands]
    there: dict[bytes | None, UUID] = {}
    for start in range(0, len(identities), LOOKED_UP_AT_ONCE):
        part = identities[start : start + LOOKED_UP_AT_ONCE]
        there.update(handed_over(office_id, part))
        there.update(_ids(office_id, part))
    return [there.get(identity) for identity in identities]
