"""What stands around the text of every letter: who writes, to whom, about what, and when."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask_babel import format_date, gettext as _

from auth.models import Office
from care.guardianship import of_age_on
from care.local_days import local_day
from care.models import Case
from care.own_language import PAPER_LOCALE
from config import clock
from config.database import db
from config.settings import current_settings


def frame(
    case: Case,
    subject: str,
    facts: Sequence[tuple[str, str]] = (),
    addressee: str = "",
    *,
    office_id: UUID | None = None,
) -> dict[str, Any]:
    """What `letter.typ` needs beside the body. Call while speaking German (`speaking(PAPER_LOCALE)`).

    `facts`: what stands beside reference and date; `addressee`: lines, where it does not go to the person themselves.
    `office_id`: who writes, where that is not the office that has the case now.
    """
    office = db.session.get(Office, office_id or case.office_id)
    name = office.name if office else current_settings().city_name
    line = [name, *lines_of(office.address)] if office and office.address else [name]
    reachable = [office.phone, office.email] if office else []
    return {
        "title": subject,
        "subject": subject,
        "lang": PAPER_LOCALE,
        "sender": {"name": name, "department": _("Public health"), "line": " · ".join(line)},
        "recipient": addressee.split("\n") if addressee.strip() else recipient(case),
        "facts": [[_("Reference"), case.reference], [_("Date"), long_day(paper_day())], *map(list, facts)],
        "words": {"page": _("Page")},
        "footer": " · ".join(filter(None, (name, *reachable))),
    }


def recipient(case: Case) -> list[str]:
    """Name and address as lines for the envelope; what is for a child goes to whoever has custody."""
    person, address = case.person, case.person.address or {}
    street = " ".join(filter(None, (address.get("street"), address.get("house_number"))))
    town = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    whose = str(_("To the parents or guardians of")) if is_minor(case) else ""
    return [part for part in (whose, f"{person.given_name} {person.family_name}", street, town) if part]


def left_to_right(text: str) -> str:
    """Numbers, addresses and names in Latin letters, read the right way in every language."""
    return f"\N{LEFT-TO-RIGHT ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def is_minor(case: Case) -> bool:
    """Whether somebody else has to act for the person today; False where nobody knows when they were born."""
    born = case.person.birth_date
    return born is not None and paper_day() < of_age_on(born)


def paper_day() -> date:
    """The date on a paper that is made now: the office's local day."""
    return local_day(clock.now(), current_settings().zone)


def made_at() -> datetime:
    """The same for the PDF's own data: the same day gives the same bytes."""
    today = paper_day()
    return datetime(today.year, today.month, today.day, tzinfo=UTC)


def long_day(day: date | None) -> str:
    """A day written out in the language that is spoken, or nothing."""
    return format_date(day, "long", rebase=False) if day else ""


def lines_of(text: str | None) -> list[str]:
    """Lines without those that are empty."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
