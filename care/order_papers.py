"""The papers of an order: set from the text module of its legal basis, and beneath it in the person's language."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import format_date, gettext as _

from auth.models import Office
from care.assessments import protocol_of, zone_of
from care.letter_frame import frame, is_minor, left_to_right, lines_of, long_day, made_at
from care.local_days import local_day
from care.models import Case
from care.order_texts import Common, OrderText, Step, common_text
from care.own_language import PAPER_LOCALE, in_own_language
from care.vocabulary import OrderEventKind as Event
from config.database import db
from config.errors import N_
from config.localisation import speaking
from config.pdf import render_pdf

TIED = re.compile(r"(§|Abs\.|Nr\.|Satz|Artikel|Absatz|\b\d{1,2}\.) (?=\d|[A-ZÄÖÜ])|(?<=\d) (?=Abs\.|VwVfG|IfSG)")
"""What stays on one line: § 30, 2. November."""
TEMPLATE = "care/templates/pdf/order.typ"
NEEDED = ("address", "court", "signatory")
"""What an office has to have entered before its orders can be put on paper."""


MEASURES = {
    28: N_(
        "From %(start)s to %(end)s you must not meet people who do not live with you, nor enter hospitals, nursing "
        "homes or day-care centres, except to be treated yourself. The first and the last day count."
    ),
    29: N_(
        "From %(start)s to %(end)s the health office watches over your health. Please answer its questions every day. "
        "The first and the last day count."
    ),
    30: N_(
        "From %(start)s to %(end)s you must stay at home and apart from other people. Nobody may visit you. The first "
        "and the last day count."
    ),
    31: N_(
        "From %(start)s to %(end)s you must not do any work in which you meet other people. The first and the last "
        "day count."
    ),
}
CHANGES = {
    Event.EXTEND: N_("Your order is extended. Its last day is now %(end)s, no longer %(before)s."),
    Event.SHORTEN: N_("Your order is shortened. Its last day is now %(end)s, no longer %(before)s."),
    Event.LIFT: N_("Your order is lifted. Its last day is %(end)s."),
}


@dataclass(frozen=True)
class StepOnPaper:
    """What a paper says of one step of an order. Days are local and inclusive; `told_at` is aware.

    `office_id`: who has ordered it, and signs it, also when the case has gone to another office since.
    """

    event: Event
    legal_basis: str
    starts_on: date
    ends_on: date
    office_id: UUID
    text: OrderText
    previous_ends_on: date | None = None
    told_at: datetime | None = None
    reason: str | None = None
    draft: bool = False


def missing_facts(office: Office | None) -> list[str]:
    """Which of `NEEDED` this office lacks."""
    return [name for name in NEEDED if office is None or not (getattr(office, name) or "").strip()]


def render(case: Case, step: StepOnPaper) -> bytes:
    """The paper as tagged PDF (about 0.1 s of CPU: not within a transaction)."""
    with speaking(PAPER_LOCALE):
        data = _data(case, step)
    data["translation"] = in_own_language(case.person.locale, lambda: _explained(case, step))
    return render_pdf(TEMPLATE, data, created=made_at())


def _data(case: Case, step: StepOnPaper) -> dict[str, Any]:
    office = db.session.get(Office, step.office_id)
    common, said = common_text(step.text.common), step.text.step(step.event, case.kind)
    places = _places(case, step, office)

    def fill(text: str) -> str:
        return TIED.sub(lambda found: f"{found[1] or ''}\N{NO-BREAK SPACE}", text.format_map(places))

    born = [(_("Date of birth"), format_date(case.person.birth_date, "medium", rebase=False))]
    return {
        **frame(case, fill(said.subject), born if case.person.birth_date else (), office_id=step.office_id),
        "draft": _("Draft") if step.draft else "",
        **_beginning(case, step, common, fill),
        "operative": {"title": common.headings.operative, "items": [fill(line) for line in said.operative]},
        "sections": _sections(step, common, said, fill),
        "closing": common.closing,
        "signature": [fill(common.signed_by), office.name if office else ""],
        "note": common.by_computer,
    }


def _beginning(case: Case, step: StepOnPaper, common: Common, fill: Callable[[str], str]) -> dict[str, Any]:
    confirms = step.event is Event.ISSUE_WRITTEN and step.told_at is not None
    opening, minor = common.opening, is_minor(case)
    if minor:
        opening = f"{fill(common.for_minor)}\n\n{opening[0].upper()}{opening[1:]}"
    return {
        "salutation": fill(common.salutation_minor if minor else common.salutation),
        "opening": opening,
        "after": [fill(common.basis), *([fill(common.confirms_verbal)] if confirms else [])],
    }


def _sections(step: StepOnPaper, common: Common, said: Step, fill: Callable[[str], str]) -> list[dict[str, Any]]:
    """The parts under headings; a lifted order has no duties and nothing that could have no suspensive effect."""
    titles, burdens = common.headings, step.event is not Event.LIFT
    begins = step.event in (Event.ISSUE_WRITTEN, Event.ISSUE_VERBAL)
    why = [said.reasons, *([_literal(step.reason)] if step.reason else [])]
    found: list[dict[str, Any]] = []

    def add(title: str, *paragraphs: str, items: tuple[str, ...] = ()) -> None:
        filled = [fill(text) for text in paragraphs if text], [fill(each) for each in items]
        found.append({"title": title, "paragraphs": filled[0], "items": filled[1]})

    if begins:
        add(titles.duties, items=step.text.duties)
    add(titles.reasons, *why, *([common.hearing, common.rights] if begins else []))
    if burdens:
        add(titles.suspensive, common.suspensive)
        add(titles.consequences, common.consequences, step.text.extra if begins else "")
    if begins:
        add(titles.compensation, common.compensation)
    add(titles.remedy, common.remedy)
    add(titles.notes, common.announcement, common.acknowledge if burdens else "")
    return found


def _literal(text: str) -> str:
    """What an officer has typed, in a text with places: a brace is a brace."""
    return text.replace("{", "{{").replace("}", "}}")


def _places(case: Case, step: StepOnPaper, office: Office | None) -> dict[str, str]:
    told_on = local_day(step.told_at, zone_of(case.person)) if step.told_at else None
    return {
        "name": f"{case.person.given_name} {case.person.family_name}",
        "disease": protocol_of(case).name.in_(PAPER_LOCALE),
        "first_day": long_day(step.starts_on),
        "last_day": long_day(step.ends_on),
        "previous_last_day": long_day(step.previous_ends_on),
        "told_day": long_day(told_on),
        "basis": step.text.basis,
        "court": ", ".join(lines_of(office.court if office else None)) or "Verwaltungsgericht",
        "signatory": (office.signatory if office else None) or "",
        "order_name": step.text.kinds[case.kind].name,
    }


def _explained(case: Case, step: StepOnPaper) -> dict[str, Any]:
    """The same in short, in the language that is spoken."""
    office = db.session.get(Office, step.office_id)
    said = [_measure(step)]
    if step.event is not Event.LIFT:
        said += [
            _("The order counts at once, even if you go to court against it."),
            _("Whoever does not follow it may have to pay a fine or be prosecuted."),
        ]
    if step.event in (Event.ISSUE_WRITTEN, Event.ISSUE_VERBAL):
        said += [
            _("In an emergency call 112. Say there that the health office has given you an order."),
            _("If you earn less because of the order, you can ask for compensation. You get a certificate for it."),
        ]
    court = left_to_right(", ".join(lines_of(office.court if office else None)))
    said.append(_("You can go to court against this letter within one month: %(court)s.", court=court))
    said.append(_("Please confirm that you have received and read this letter: online, or by phone."))
    if office and office.phone:
        said.append(_("Do you have questions? Call the health office: %(phone)s.", phone=left_to_right(office.phone)))
    return {"body": "\n\n".join(str(each) for each in said)}


def _measure(step: StepOnPaper) -> str:
    start, end, before = (long_day(day) for day in (step.starts_on, step.ends_on, step.previous_ends_on))
    text = CHANGES.get(step.event) or MEASURES[step.text.section]
    return str(_(text, start=start, end=end, before=before))
