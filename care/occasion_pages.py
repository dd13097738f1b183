"""What the pages of occasions show."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from auth.actors import Actor
from care import occasions, page_marks
from care.known_people import alike_all
from care.models import Case
from care.naming_rules import NamedState
from care.occasion_models import Guest, Occasion
from care.occasion_rules import guest_actions
from care.queries import cases_visible_to
from config.database import db
from config.localisation import local_date
from config.rowsets import among

HOUSE = Actor.system("care.occasions")


def list_values(actor: Actor) -> list[dict[str, Any]]:
    """The newest occasions of the actor's offices."""
    wanted = occasions.visible_to(actor).order_by(Occasion.created_at.desc(), Occasion.reference).limit(200)
    found = list(db.session.scalars(wanted))
    numbers = occasions.counts([one.id for one in found])
    return [_values(one) | dict(zip(("guests", "waiting"), numbers.get(one.id, (0, 0)), strict=True)) for one in found]


def list_json(actor: Actor, after: str | None, limit: int) -> dict[str, Any]:
    """A page of the occasions of the actor's offices, the newest first. Raises RuleViolation for a bad mark."""
    wanted = occasions.visible_to(actor)
    if after:
        at, reference = page_marks.read(after, datetime.fromisoformat, str)
        older = and_(Occasion.created_at == at, Occasion.reference > reference)
        wanted = wanted.where(or_(Occasion.created_at < at, older))
    rows = db.session.scalars(wanted.order_by(Occasion.created_at.desc(), Occasion.reference).limit(limit + 1)).all()
    found, more = rows[:limit], len(rows) > limit
    numbers = occasions.counts([one.id for one in found])
    items = []
    for one in found:
        guests, waiting = numbers.get(one.id, (0, 0))
        items.append(_plain(_values(one)) | {"guests": guests, "waiting": waiting})
    return {
        "items": items,
        "next": page_marks.mark(found[-1].created_at.isoformat(), found[-1].reference) if more else None,
    }


def occasion_json(actor: Actor, occasion: Occasion) -> dict[str, Any]:
    """One occasion with its guests as the API shows it. Days are ISO 8601, times RFC 3339 in UTC."""
    values = page_values(actor, occasion)
    return _plain(values) | {"guests": [_plain(guest) for guest in values["guests"]]}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: one.isoformat() if isinstance(one, date) else one for name, one in values.items()}


def page_values(actor: Actor, occasion: Occasion) -> dict[str, Any]:
    """One occasion with its guests, and cases alike of those who are to be decided about."""
    ids = [guest.case_id for guest in occasion.guests if guest.case_id]
    cases = {case.id: case for case in db.session.scalars(cases_visible_to(actor).where(Case.id.in_(ids)))}
    waiting = [guest for guest in occasion.guests if guest.state is NamedState.NAMED]
    alike = alike_all(actor, list(map(occasions.meant, waiting)))
    there = {guest.id: [one.case.reference for one in known] for guest, known in zip(waiting, alike, strict=True)}
    return _values(occasion) | {
        "link_until": occasion.token_expires_at,
        "guests": [_guest(guest, cases, there.get(guest.id, [])) for guest in occasion.guests],
    }


def title(values: dict[str, Any]) -> str:
    """An occasion in one line, for a select."""
    days = dict.fromkeys(local_date(day) for day in (values["held_on"], values["held_until"]) if day)
    return ", ".join(filter(None, (values["name"], values["place"], " – ".join(days))))


def of_case(actor: Actor, case: Case) -> list[dict[str, Any]]:
    """The occasions at which the person of a case was."""
    return [_values(occasion) for occasion, _ in occasions.of_case(actor, case)]


def for_organiser(occasion: Occasion) -> dict[str, Any]:
    """What whoever has the organiser's link sees: which occasion it is, and nothing of its guests."""
    return {
        "name": occasion.name or "",
        "place": occasion.place or "",
        "held_on": occasion.held_on,
        "held_until": occasion.held_until,
    }


def of_cases(actor: Actor, case_ids: Collection[UUID]) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """For histories: the occasions that `actor` may see at which the people of these cases were. Days are ISO 8601."""
    wanted = select(Guest).where(among(Guest.case_id, case_ids)).order_by(Guest.recorded_at, Guest.id)
    guests = list(db.session.scalars(wanted))
    ids = {guest.occasion_id for guest in guests}
    there = {one.id: one for one in db.session.scalars(occasions.visible_to(actor).where(among(Occasion.id, ids)))}
    for guest in guests:
        if guest.case_id and guest.occasion_id in there:
            values = _plain(_values(there[guest.occasion_id]))
            yield guest.case_id, {"occasion": values["reference"], **values}


def export_json(case: Case) -> list[dict[str, Any]]:
    """For copies and the archive: where the person of a case was, without the other guests. Days are ISO 8601."""
    return [
        {
            "name": one.name,
            "place": one.place,
            "held_on": day.isoformat() if day else None,
            "held_until": one.held_until.isoformat() if one.held_until else None,
        }
        for one, day in occasions.of_case(HOUSE, case)
    ]


def _values(occasion: Occasion) -> dict[str, Any]:
    return {
        "reference": occasion.reference,
        "name": occasion.name or "",
        "place": occasion.place or "",
        "held_on": occasion.held_on,
        "held_until": occasion.held_until,
        "setting": occasion.setting,
        "protocol": occasion.protocol_code,
        "created_at": occasion.created_at,
    }


def _guest(guest: Guest, cases: dict[Any, Case], alike: list[str]) -> dict[str, Any]:
    own = cases.get(guest.case_id)
    name = ", ".join(filter(None, (guest.family_name, guest.given_name)))
    return {
        "id": str(guest.id),
        "name": name or guest.phone or guest.email or "",
        "given_name": guest.given_name,
        "family_name": guest.family_name,
        "birth_date": guest.birth_date,
        "phone": guest.phone,
        "email": guest.email,
        "remark": guest.remark,
        "state": guest.state.value,
        "source": guest.source.value,
        "actions": [action.value for action in guest_actions(guest.state)],
        "alike": alike,
        "case": {"reference": own.reference, "line_list": own.line_list.value if own.line_list else ""}
        if own
        else None,
    }
