"""How long care keeps what it knows, and its files for the archive and for the person.

What was said about health goes first (the protocol says when), the case after it; order and papers stay for as long as
people may apply for compensation.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from auth import erasures, records, retention
from auth.actors import Actor
from auth.archive import Due
from auth.erasures import EVERYTHING
from auth.records import Record
from auth.retention import Page, RecordType, page_of
from auth.roles import Permission
from care import (
    case_parts,
    erasure,
    keeping_due,
    naming_queries,
    occasion_pages,
    representations,
)
from care.import_models import CaseImport, ImportState
from care.keeping_due import SYMPTOMS
from care.models import Case
from care.occasion_models import Occasion
from care.protocol import current_protocol, current_versions
from config.database import db
from config.dependents import delete_with_dependents
from config.errors import N_, NotFound
from config.rowsets import among
from notifications import keeping as messages

CASES, ORDERS, IMPORTS = "care.cases", erasure.ORDERS, "care.imports"
OCCASIONS = "care.occasions"
SCHEMA = "obhut/case/1"


def _erase_symptoms(found: Sequence[Due], actor: Actor) -> int:
    ids = [each.id for each in found]
    erasure.erase_health([*ids, *db.session.scalars(select(Case.id).where(among(Case.merged_into_id, ids)))])
    return len(found)


def _erase_cases(found: Sequence[Due], actor: Actor) -> int:
    people = _people_of(found)
    everywhere = [*people, *erasure.former_people(people)]
    erasure.erase_people(people, EVERYTHING)
    erasures.note(erasure.KIND, everywhere, EVERYTHING, "time", actor)
    return len(found)


def _people_of(found: Sequence[Due]) -> list[UUID]:
    wanted = select(Case.person_id).where(among(Case.id, [each.id for each in found])).distinct()
    return sorted(db.session.scalars(wanted))


def _imports(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    wanted = select(CaseImport.id, CaseImport.office_id, CaseImport.uploaded_at).where(
        CaseImport.uploaded_at < now - timedelta(days=days),
        CaseImport.state.in_([ImportState.FINISHED, ImportState.DISCARDED]),
        CaseImport.rows_deleted_at.is_not(None),
    )

    def due(row: Any) -> Due:
        return Due(row.id, row.uploaded_at, (f"import:{row.id}",), f"office:{row.office_id}")

    return page_of(wanted, CaseImport.id, after, limit, due)


def _erase_imports(found: Sequence[Due], actor: Actor) -> int:
    return delete_with_dependents(CaseImport.__table__, [each.id for each in found])  # type: ignore[arg-type]


def _occasions(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    wanted = select(Occasion.id, Occasion.reference, Occasion.office_id, Occasion.created_at).where(
        Occasion.created_at < now - timedelta(days=days)
    )

    def due(row: Any) -> Due:
        return Due(row.id, row.created_at, (f"occasion:{row.reference}",), f"office:{row.office_id}")

    return page_of(wanted, Occasion.id, after, limit, due)


def _erase_occasions(found: Sequence[Due], actor: Actor) -> int:
    return delete_with_dependents(Occasion.__table__, [each.id for each in found])  # type: ignore[arg-type]


def files_of_case(case_id: UUID) -> Iterator[tuple[str, bytes]]:
    """A case as files for the archive: JSON with a schema version, and its papers as PDF."""
    case = db.session.get(Case, case_id)
    if case is not None:
        told = case_parts.of_case(case), representations.timeline_json(case, whole=True)
        yield from _files(case, *told)


def files_of_person(person_id: UUID) -> Iterator[tuple[str, bytes]]:
    """All cases of a person as files, each in a folder of its own; the copy that Art. 15 GDPR speaks of.

    It is handed to the person: what it would tell of others is left out (Art. 15 (4)).
    """
    for case in db.session.scalars(select(Case).where(Case.person_id == person_id).order_by(Case.reference)):
        events = representations.timeline_json(case, whole=True)
        for event in events:
            event["details"] = {name: said for name, said in event["details"].items() if name != "with_case"}
        for name, content in _files(case, case_parts.chosen(case, case_parts.HANDED_OUT), events):
            yield f"{case.reference}/{name}", content


def _files(case: Case, parts: dict[str, Any], events: list[dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
    content = {
        "schema": SCHEMA,
        "case": representations.case_json(case),
        **parts,
        "occasions": occasion_pages.export_json(case),
        "named_contacts": naming_queries.export_json(case),
        "timeline": events,
    }
    yield "case.json", json.dumps(content, ensure_ascii=False, indent=1).encode()
    for document in case.documents:
        yield f"papers/{document.file_name}", document.content or b""
    yield "messages.json", messages.as_file([case.reference])


def find_record(actor: Actor, permission: Permission, reference: str) -> Record:
    """For `auth.records`: a case over which the actor holds the permission. Raises NotFound."""
    named, standing = aliased(Case), aliased(Case)  # of a merged case that which it has gone into
    wanted = select(standing.reference, standing.office_id).where(named.reference == reference.strip().upper())
    wanted = wanted.where(standing.id == func.coalesce(named.merged_into_id, named.id))
    if not actor.is_system:
        wanted = wanted.where(standing.office_id.in_(actor.offices_for(permission)))
    found = db.session.execute(wanted).first()
    if found is None:
        raise NotFound()
    return Record(f"case:{found.reference}", f"office:{found.office_id}", f"/care/cases/{found.reference}")


CLOSED = N_("the last change of the closed case; while the household has open cases, it stays")


def _types() -> tuple[RecordType, ...]:
    days = max(current_protocol(code).retention.days for code in current_versions())
    return (
        RecordType(
            SYMPTOMS,
            N_("Care: what was said about health, findings, results, contacts, check-ins"),
            days,
            CLOSED,
            N_("Section 16 (1) IfSG, Art. 5 (1) (e) GDPR: no longer than it is needed. Protocols may differ."),
            place="office",
            due=keeping_due.symptoms,
            soon=keeping_due.symptoms_soon,
            erase=_erase_symptoms,
        ),
        RecordType(
            CASES,
            N_("Care: cases without order and papers"),
            183,
            CLOSED,
            N_("Sections 16 and 25 IfSG; half a year for questions and objections."),
            place="office",
            due=keeping_due.whole_cases,
            soon=keeping_due.whole_cases_soon,
            erase=_erase_cases,
            files=files_of_case,
        ),
        RecordType(
            ORDERS,
            N_("Care: cases with an order, a certificate or another paper"),
            erasure.ORDER_DAYS,
            N_("the end of the order and of the case"),
            N_("Section 56 (11) IfSG: two years to apply for compensation, and half a year for the office's answer."),
            at_least=erasure.LEAST_ORDER_DAYS,
            place="office",
            due=keeping_due.with_papers,
            soon=keeping_due.with_papers_soon,
            erase=_erase_cases,
            files=files_of_case,
        ),
        RecordType(
            OCCASIONS,
            N_("Care: occasions and their guest lists"),
            28,
            N_("the day it was recorded"),
            N_("Section 16 (1) IfSG; four weeks, as section 28a (4) IfSG set for lists of guests."),
            place="office",
            due=_occasions,
            erase=_erase_occasions,
        ),
        RecordType(
            IMPORTS,
            N_("Care: that a file was imported, by whom, and how many rows"),
            365,
            N_("the day it was uploaded"),
            N_("Art. 5 (1) (e) GDPR; the rows themselves go seven days after the import."),
            place="office",
            due=_imports,
            erase=_erase_imports,
        ),
    )


def register() -> None:
    """Make care's types of records, its cases and how people in care are erased known."""
    for record_type in _types():
        retention.register_type(record_type)
    records.register_records("case", find_record)
    erasures.register_eraser(erasure.KIND, erasure.erase_people)
