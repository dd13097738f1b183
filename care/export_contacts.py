"""The contact of which a row of SORMAS's contact file tells: the exposure from which its case counts.

Columns and words are the importer's (`care.imports.sormas_contacts`), so that a file read back says the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from care.course_models import Exposure
from care.imports.sormas_contacts import (
    DESCRIBED,
    FIRST_CONTACT_ON,
    MULTI_DAY,
    NOTE,
    OTHER_RELATION,
    RELATION,
    RELATION_DETAILS,
    RELATIONS,
    SOURCE,
)
from care.models import Case
from care.vocabulary import ExposureSetting
from config.database import db
from config.rowsets import among

COLUMNS = (FIRST_CONTACT_ON, MULTI_DAY, RELATION, RELATION_DETAILS, SOURCE, NOTE)
HEADERS = tuple(column.names[0] for column in COLUMNS)


@dataclass(frozen=True)
class Met:
    """What is known of a contact beside its last day. `from_on`: a local day; `source`: an id, or a name; "": not."""

    from_on: date | None = None
    setting: ExposureSetting | None = None
    source: str = ""
    note: str = ""


def external_id(case: Case) -> str:
    """What `case` goes by in files: the id that somebody has given it, else its reference."""
    return case.external_id or case.reference


def read(cases: Mapping[UUID, Case]) -> dict[UUID, Met]:
    """The contact of each of these cases that has one: two statements, and no value is opened of cases without.

    A row has place for one contact, and who reads it counts from its last day. So of several exposures it is the one
    that ends on the day from which the case counts; of several that do, the one noted last. What stands in the row is
    all of this one: days of one and the surroundings of another would be a contact that never was. SORMAS has no place
    for where it was.
    """
    wanted = select(Exposure).where(among(Exposure.case_id, cases), Exposure.removed_at.is_(None)).order_by(Exposure.id)
    found = {
        row.case_id: row for row in db.session.scalars(wanted) if row.last_day == cases[row.case_id].last_exposure_on
    }
    sources = _sources({row.source_case_id for row in found.values() if row.source_case_id})
    return {case_id: _met(row, cases[case_id], sources) for case_id, row in found.items()}


def cells(met: Met | None) -> list[str | date | None]:
    """The cells of these columns, days as such; empty ones when nothing is known but the last day."""
    if met is None:
        return [""] * len(COLUMNS)
    relation = RELATIONS.get(met.setting, OTHER_RELATION) if met.setting else ""
    described = DESCRIBED[met.setting] if met.setting and relation == OTHER_RELATION else ""
    return [met.from_on, "TRUE" if met.from_on else "FALSE", relation, described, met.source, met.note]


def _met(row: Exposure, case: Case, sources: Mapping[UUID, Case]) -> Met:
    said = row.details or {}
    source = sources.get(row.source_case_id) if row.source_case_id else None
    return Met(
        from_on=date.fromisoformat(said["from_on"]) if said.get("from_on") else None,
        setting=ExposureSetting(said["setting"]) if said.get("setting") else None,
        # What is another office's is not named (ADR 16).
        source=external_id(source) if source and source.office_id == case.office_id else said.get("source") or "",
        note=said.get("note") or "",
    )


def _sources(ids: set[UUID]) -> dict[UUID, Case]:
    """The cases with these ids, or those that they have gone into."""
    if not ids:
        return {}
    standing = aliased(Case)
    wanted = select(Case.id, standing).join(standing, standing.id == func.coalesce(Case.merged_into_id, Case.id))
    return {row[0]: row[1] for row in db.session.execute(wanted.where(among(Case.id, ids)))}
