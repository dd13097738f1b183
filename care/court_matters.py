"""Whether a court is asked (§ 30 (2) IfSG): a flag that an officer sets and takes away, and nothing else.

No rule sets it and nothing follows from it: deprivation of liberty is the court's decision (Art. 104 (2) GG).
Functions run inside the caller's `transaction()`.
"""

from typing import Any

from sqlalchemy import select

from auth.actors import Actor
from care import timeline, trail
from care.models import Case
from care.order_models import CourtMatter
from care.order_rules import NoteCourtMatter
from config import clock
from config.database import db
from config.errors import N_, RuleViolation


def note(command: NoteCourtMatter, *, case: Case, actor: Actor) -> CourtMatter:
    """Flag the locked `case`, or take the flag away; both with a note. Raises RuleViolation."""
    found = _open(case)
    if command.action == "open":
        if found is not None:
            raise RuleViolation("action", N_("This is a matter for the court already."))
        if not command.note:
            raise RuleViolation("note", N_("Please say why: a judge will ask."))
        found = CourtMatter(case=case, noted_at=clock.now(), noted_by=actor.id, note=command.note)
        db.session.add(found)
    else:
        if found is None:
            raise RuleViolation("action", N_("This is no matter for the court."))
        found.ended_at, found.ended_by, found.outcome = clock.now(), actor.id, command.note or None
    timeline.add(case, "court_matter", actor, court_action=command.action, note=command.note or None)
    trail.record(actor, "case.court_matter", case, step=command.action)
    db.session.flush()
    return found


def values_of(case: Case) -> dict[str, Any] | None:
    """The flag as it stands, as plain values; None if there is none."""
    found = _open(case)
    return _values(found) if found else None


def as_json(found: CourtMatter) -> dict[str, Any]:
    """One time that the case was a matter for the court, for copies and histories. Times are RFC 3339 in UTC."""
    return _values(found) | {
        "noted_at": found.noted_at.isoformat(),
        "ended_at": found.ended_at.isoformat() if found.ended_at else None,
    }


def _open(case: Case) -> CourtMatter | None:
    wanted = select(CourtMatter).where(CourtMatter.case_id == case.id, CourtMatter.ended_at.is_(None))
    return db.session.scalar(wanted)


def _values(found: CourtMatter) -> dict[str, Any]:
    return {
        "noted_at": found.noted_at,
        "note": found.note,
        "ended_at": found.ended_at,
        "outcome": found.outcome,
    }
