"""What care writes into the audit trail: always into the chain of the office whose case it is."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth import audit
from auth.actors import Actor
from care.import_models import CaseImport
from care.models import Case
from config.database import db

Seen = tuple[UUID, str]
"""Office and reference of a case that somebody saw."""


def record(actor: Actor, action: str, case: Case, **facts: Any) -> None:
    """`actor` did something to `case`. Inside the caller's `transaction()`; facts are codes, numbers and dates."""
    audit.record(actor, action, f"case:{case.reference}", chain=audit.chain_of_office(case.office_id), **facts)


def record_import(actor: Actor, action: str, case_import: CaseImport, **facts: Any) -> None:
    """The same for a file of people."""
    chain = audit.chain_of_office(case_import.office_id)
    audit.record(actor, action, f"import:{case_import.id}", chain=chain, **facts)


def record_act(actor: Actor, action: str, office_id: UUID, act_id: UUID, **facts: Any) -> None:
    """The same for an act on many cases."""
    audit.record(actor, action, f"bulk_act:{act_id}", chain=audit.chain_of_office(office_id), **facts)


def record_occasion(actor: Actor, action: str, office_id: UUID, reference: str, **facts: Any) -> None:
    """The same for an occasion at which many were exposed."""
    audit.record(actor, action, f"occasion:{reference}", chain=audit.chain_of_office(office_id), **facts)


def looked_at_occasion(actor: Actor, office_id: UUID, reference: str, cases: Iterable[str]) -> None:
    """`actor` sees the guests of an occasion; `cases` are the references of those who are in care."""
    subject = f"occasion:{reference}"
    seen = [subject, *(f"case:{one}" for one in cases)]
    audit.looked(actor, "occasion.viewed", seen, chain=audit.chain_of_office(office_id), subject=subject)


def looked(actor: Actor, action: str, cases: Iterable[Case], **facts: Any) -> None:
    """`actor` sees the data of these cases: one event for each office. See `audit.looked`.

    Outside a transaction this is one of its own, after which the cases have to be read anew: read first what is shown.
    """
    for office_id, references in _by_office((case.office_id, case.reference) for case in cases).items():
        seen = [f"case:{reference}" for reference in references]
        audit.looked(actor, action, seen, chain=audit.chain_of_office(office_id), **facts)


def looked_at_import(actor: Actor, office_id: UUID, import_id: UUID, references: Iterable[str], **facts: Any) -> None:
    """`actor` sees rows of a file of people; `references` are the cases that some of them are already."""
    subject = f"import:{import_id}"
    seen = [subject, *(f"case:{reference}" for reference in references)]
    audit.looked(actor, "import.rows_seen", seen, chain=audit.chain_of_office(office_id), subject=subject, **facts)


def took_refused_rows(actor: Actor, office_id: UUID, import_id: UUID, rows: int) -> None:
    """`actor` takes the rows of a file that stayed out as a file: recorded whoever asks. Inside `transaction()`."""
    subject = f"import:{import_id}"
    chain = audit.chain_of_office(office_id)
    audit.record(actor, "import.errors_taken", subject, chain=chain, seen=[subject], rows=rows)


def exported(actor: Actor, cases: Iterable[Seen], **facts: Any) -> None:
    """Cases leave the house as a file: recorded whoever asks, the command line too. Inside `transaction()`."""
    for office_id, references in _by_office(cases).items():
        chain = audit.chain_of_office(office_id)
        for start in range(0, len(references), audit.SEEN_PER_EVENT):
            seen = [f"case:{reference}" for reference in references[start : start + audit.SEEN_PER_EVENT]]
            audit.record(actor, "cases.exported", chain, chain=chain, seen=seen, rows=len(references), **facts)


def exported_person(actor: Actor, case: Case) -> None:
    """Everything about the person of `case` leaves the house, with all of their cases. Inside `transaction()`."""
    wanted = select(Case.reference).where(Case.person_id == case.person_id).order_by(Case.reference)
    seen = [f"case:{reference}" for reference in db.session.scalars(wanted)]
    chain = audit.chain_of_office(case.office_id)
    audit.record(actor, "case.exported", f"case:{case.reference}", chain=chain, seen=seen)


def _by_office(cases: Iterable[Seen]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    for office_id, reference in cases:
        found[office_id].append(reference)
    return found
