"""Whether a person's case is there already: here, or at another office to which it was handed over."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from care import people
from care.commands import EnrolCase
from care.course_models import Handover
from care.models import Case, Person
from care.protocol import disease_of
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


def meant_by(office_id: UUID, ids: Collection[str]) -> dict[str, UUID]:
    """The office's cases that go by these external ids, else references; not by one that several have."""
    if not ids:
        return {}
    standing = func.coalesce(Case.merged_into_id, Case.id).label("id")
    wanted = select(Case.reference, Case.external_index, standing).where(Case.office_id == office_id)
    indexes, found = {people.external_index(one): one for one in ids}, defaultdict[str, set[UUID]](set)
    for row in db.session.execute(wanted.where(among(Case.external_index, indexes))):
        found[indexes[row.external_index]].add(row.id)
    for row in db.session.execute(wanted.where(among(Case.reference, set(ids) - found.keys()))):
        found[row.reference].add(row.id)
    return {name: case_ids.pop() for name, case_ids in found.items() if len(case_ids) == 1}


def already_enrolled(commands: Sequence[EnrolCase], *, office_id: UUID, source: str | None) -> list[UUID | None]:
    """For each command of an import, the id of the case that it is already.

    It is the one that `case_management.enrol` would find; or, of the same kind and disease, this person's whose
    reference stands as its external id, as in files of ours; or one with this external id and this name, whatever file
    it came with.
    """
    identities = [people.identity_of(command, source) for command in commands]
    there: dict[bytes | None, UUID] = {}
    for start in range(0, len(identities), LOOKED_UP_AT_ONCE):
        part = identities[start : start + LOOKED_UP_AT_ONCE]
        there.update(handed_over(office_id, part))
        there.update(_ids(office_id, part))
    found = [there.get(identity) for identity in identities]
    unknown = [place for place, case_id in enumerate(found) if case_id is None and commands[place].external_id]
    for start in range(0, len(unknown), LOOKED_UP_AT_ONCE):
        places = unknown[start : start + LOOKED_UP_AT_ONCE]
        cases = _by_external_ids(office_id, [commands[place] for place in places])
        for place, case_id in zip(places, cases, strict=True):
            found[place] = case_id
    return found


def _by_external_ids(office_id: UUID, commands: Sequence[EnrolCase]) -> list[UUID | None]:
    """Only cases of the same kind and disease: two diseases of one person are two cases, whatever their ids."""
    standing = func.coalesce(Case.merged_into_id, Case.id).label("id")
    wanted = select(Case.kind, Case.protocol_code, Person.name_index, standing, Case.person_id).join(Case.person)
    wanted = wanted.where(Case.office_id == office_id)
    ids = [command.external_id or "" for command in commands]
    names = [people.name_index(one.person.given_name, one.person.family_name) for one in commands]
    referred = db.session.execute(wanted.add_columns(Case.reference).where(among(Case.reference, set(ids))))
    by_reference = {(row.reference, row.kind, disease_of(row.protocol_code)): row for row in referred}
    indexes = [people.external_index(one) for one in ids]
    rows = db.session.execute(wanted.add_columns(Case.external_index).where(among(Case.external_index, set(indexes))))
    by_id: dict[Any, UUID] = {
        (row.external_index, row.kind, disease_of(row.protocol_code), row.name_index): row.id for row in rows
    }
    found = []
    for command, name, index in zip(commands, names, indexes, strict=True):
        matter = command.kind, disease_of(command.protocol)
        row = by_reference.get((command.external_id or "", *matter))
        if row is not None and _is_of(row, command, name):
            found.append(row.id)
        else:
            found.append(by_id.get((index, *matter, name)))
    return found


def _is_of(row: Any, command: EnrolCase, name: bytes) -> bool:
    """Whether the case that has this reference is that of this person: by name, or by birth date if a name changed.

    Other systems number their cases, too. Of whom nothing is known any more, nothing says that it is somebody else.
    """
    if row.name_index in (None, name):
        return True
    born = command.person.birth_date
    return born is not None and db.session.get_one(Person, row.person_id).birth_date == born
