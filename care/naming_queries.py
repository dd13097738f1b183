"""How those whom a person in care has named are shown, on pages and as JSON."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from care import naming
from care.known_people import Alike, alike_all
from care.models import Case
from care.naming_models import NamedContact
from care.naming_rules import NamedAction, NamedPerson, possible_actions
from care.queries import cases_visible_to
from care.vocabulary import Kind
from config.database import db
from config.rowsets import among

FIELDS = tuple(NamedPerson.model_fields)


def page_values(actor: Actor, case: Case) -> dict[str, Any]:
    """For the page of `case`: whom its person has named, with cases alike, and by whom they were named themselves."""
    rows = list(db.session.scalars(naming.of_case(case)))
    cases = _cases_of(actor, rows)
    there = _alike(actor, rows)
    finish = naming.newest_finish(case) if rows or case.kind is Kind.INDEX else None
    return {
        "contacts": [_row(one, cases, there.get(one.id, [])) for one in rows],
        "contacts_finished": {"at": finish.finished_at, "number": finish.number} if finish else None,
        "named_by": sources(actor, case),
    }


def _cases_of(actor: Actor, rows: list[NamedContact]) -> dict[Any, Case]:
    ids = [one.contact_case_id for one in rows if one.contact_case_id]
    if not ids:
        return {}
    return {case.id: case for case in db.session.scalars(cases_visible_to(actor).where(among(Case.id, ids)))}


def _alike(actor: Actor, rows: list[NamedContact]) -> dict[UUID, list[Alike]]:
    """Of those who are not in care yet: the cases whose person they may be."""
    waiting = [one for one in rows if NamedAction.ENROL in possible_actions(one.state)]
    return dict(zip((one.id for one in waiting), alike_all(actor, list(map(naming.meant, waiting))), strict=True))


def _row(contact: NamedContact, cases: dict[Any, Case], there: list[Alike]) -> dict[str, Any]:
    own = cases.get(contact.contact_case_id)
    actions = [action.value for action in possible_actions(contact.state)]
    return {
        **own_values(contact),
        "id": str(contact.id),
        "birth_date": contact.birth_date,
        "email": contact.email,
        "remark": contact.remark,
        "state": contact.state.value,
        "source": contact.source.value,
        "attempts": contact.attempts,
        "last_attempt_at": contact.last_attempt_at,
        "actions": actions,
        "alike": [
            {
                "reference": one.case.reference,
                "name": f"{one.case.person.family_name}, {one.case.person.given_name}",
                "birth_date": one.case.person.birth_date,
                "by": one.by.value,
                "is_open": one.case.is_open,
            }
            for one in there
        ],
        "case": {"reference": own.reference, "line_list": own.line_list.value if own.line_list else ""}
        if own
        else None,
    }


def own_values(contact: NamedContact) -> dict[str, Any]:
    """One of those named, as the person who named them sees them."""
    name = " ".join(filter(None, (contact.given_name, contact.family_name)))
    return {
        "name": name or contact.phone or contact.email or "",
        "phone": contact.phone,
        "relation": contact.relation,
        "last_contact_on": contact.last_contact_on,
    }


def own_page_values(case: Case) -> dict[str, Any]:
    """For the page of one's own case."""
    finish = naming.newest_finish(case)
    return {
        "kind": case.kind.value,
        "contacts": [own_values(one) for one in db.session.scalars(naming.of_case(case))],
        "contacts_finished": finish is not None,
    }


def sources(actor: Actor, case: Case) -> list[str]:
    """The references of the cases whose persons have named the person of `case`, as far as `actor` may see them."""
    naming_it = select(NamedContact.case_id).where(NamedContact.contact_case_id == case.id)
    wanted = cases_visible_to(actor).where(Case.id.in_(naming_it)).order_by(Case.reference)
    return list(db.session.scalars(wanted.with_only_columns(Case.reference)))


def list_json(actor: Actor, case: Case) -> dict[str, Any]:
    """Everything about named contacts of a case as the API shows it. Times are RFC 3339 in UTC, days ISO 8601."""
    rows = list(db.session.scalars(naming.of_case(case)))
    return {
        "items": contacts_json(actor, rows),
        "next": None,
        "finished": finished_json(case),
        "named_by": sources(actor, case),
    }


def finished_json(case: Case) -> dict[str, Any] | None:
    """When everybody was named, and how many they were; None as long as that was not said."""
    finish = naming.newest_finish(case)
    return {"at": finish.finished_at.isoformat(), "number": finish.number} if finish else None


def contacts_json(actor: Actor, rows: list[NamedContact]) -> list[dict[str, Any]]:
    """Some of those named."""
    cases = _cases_of(actor, rows)
    return [_json(one, cases.get(one.contact_case_id)) for one in rows]


def of_cases(actor: Actor, case_ids: Collection[UUID]) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """For histories: whom the people of these cases have named, oldest first, with their own cases as far as seen."""
    wanted = select(NamedContact).where(among(NamedContact.case_id, case_ids))
    rows = list(db.session.scalars(wanted.order_by(NamedContact.named_at, NamedContact.id)))
    cases = _cases_of(actor, rows)
    return ((one.case_id, _json(one, cases.get(one.contact_case_id))) for one in rows)


def export_json(case: Case) -> dict[str, Any]:
    """For copies and the archive: what the person said, and nothing of what became of those whom they named."""
    rows = db.session.scalars(naming.of_case(case))
    contacts = [
        {field: _iso(getattr(one, field)) for field in FIELDS}
        | {"source": one.source.value, "named_at": _iso(one.named_at)}
        for one in rows
    ]
    return {"contacts": contacts, "finished": finished_json(case)}


def _json(contact: NamedContact, own: Case | None) -> dict[str, Any]:
    return {
        "id": str(contact.id),
        **{field: _iso(getattr(contact, field)) for field in FIELDS},
        "state": contact.state.value,
        "source": contact.source.value,
        "named_at": _iso(contact.named_at),
        "attempts": contact.attempts,
        "last_attempt_at": _iso(contact.last_attempt_at),
        "case": own.reference if own else None,
        "line_list": own.line_list.value if own and own.line_list else None,
        "actions": [action.value for action in possible_actions(contact.state)],
    }


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
