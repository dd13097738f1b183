"""Reading offers of cases: those that wait for an answer of one's own office, and that of a case.

The other office is shown as little as it needs to say whether the case is theirs: the disease and where the person
lives, and what the first office has written. Name, birth and reports come with the case.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from auth.actors import Actor
from auth.roles import Permission
from care import trail, transfer_rows
from care.assessments import protocol_of
from care.models import Case
from care.transfer import HANDING_OVER
from care.transfer_models import Transfer
from care.transfer_rules import TransferState
from config import clock, scopes
from config.database import db
from config.localisation import page_locale

MOST = 200


def _waiting_for(actor: Actor) -> list[ColumnElement[bool]]:
    """Offers to the offices in which `actor` may take cases over; programs of the house see all."""
    waiting = [Transfer.state == TransferState.OFFERED, Transfer.expires_at > clock.now()]
    if not actor.is_system:
        waiting.append(Transfer.to_office_id.in_(actor.offices_for(Permission.CASES_TRANSFER)))
    return waiting


def count(actor: Actor) -> int:
    """How many offers wait for an answer."""
    return db.session.scalar(select(func.count(Transfer.id)).where(*_waiting_for(actor))) or 0


def waiting(actor: Actor) -> list[dict[str, Any]]:
    """The offers that wait, those that run out first on top; for pages."""
    ids = list(db.session.scalars(select(Transfer.id).where(*_waiting_for(actor))))  # in the scope of whoever asks
    case = joinedload(Transfer.case).joinedload(Case.person)
    wanted = select(Transfer).options(case, joinedload(Transfer.from_office), joinedload(Transfer.to_office))
    wanted = wanted.where(Transfer.id.in_(ids)).order_by(Transfer.expires_at, Transfer.id).limit(MOST)
    with scopes.within(HANDING_OVER):
        return [_preview(offer) for offer in db.session.scalars(wanted)]


def kept_json(offer: Transfer) -> dict[str, Any]:
    """One offer, for copies and histories. Times are RFC 3339 in UTC."""
    return {
        "from_office": offer.from_office.code,
        "to_office": offer.to_office.code,
        "state": offer.state.value,
        "offered_at": offer.offered_at.isoformat(),
        "ended_at": offer.ended_at.isoformat() if offer.ended_at else None,
        "note": offer.note,
        "answer": offer.answer,
    }


def _preview(offer: Transfer) -> dict[str, Any]:
    case, address = offer.case, offer.case.person.address or {}
    return {
        "reference": case.reference,
        "kind": case.kind.value,
        "protocol": protocol_of(case).name.in_(page_locale()),
        "place": " ".join(filter(None, (address.get("postal_code"), address.get("city")))),
        "from_office": offer.from_office.name,
        "from_phone": offer.from_office.phone,
        "to_office": offer.to_office.name,
        "note": offer.note,
        "offered_at": offer.offered_at,
        "expires_at": offer.expires_at,
    }


def note_looks(actor: Actor, references: Sequence[str]) -> None:
    """That `actor` has seen these offers: noted for each of the offices that offer a case. Reads no more of them."""
    with scopes.within(HANDING_OVER):
        cases = db.session.scalars(select(Case).where(Case.reference.in_(references)).order_by(Case.reference)).all()
        trail.looked(actor, "cases.transfers_listed", cases)


def waiting_json(actor: Actor) -> list[dict[str, Any]]:
    """The same for programs. Times are RFC 3339 in UTC."""
    times = ("offered_at", "expires_at")
    return [one | {name: one[name].isoformat() for name in times} for one in waiting(actor)]


def waiting_of(case: Case) -> dict[str, Any] | None:
    """For the page of a case: the offer that waits for the other office's answer."""
    offer = transfer_rows.waiting_of(case)
    if offer is None:
        return None
    return {"to_office": offer.to_office.name, "offered_at": offer.offered_at, "expires_at": offer.expires_at}
