"""How two cases are shown side by side before they become one."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from care import merging, people, person_words, seen, words
from care.assessment_models import CheckIn, LabResult, SymptomReport
from care.course_models import Comment, ContactAttempt, Exposure, Travel, Vaccination
from care.duplicate_words import MERGE_FIELDS
from care.merge_rules import Difference, Side, Values
from care.models import Case, Document, OrderRecord
from care.naming_models import NamedContact
from care.support_models import SupportRequest
from config.database import db
from config.errors import N_
from config.localisation import local_date

GOES_ALONG: tuple[tuple[str, type[Any]], ...] = (
    (N_("Reports on health"), SymptomReport),
    (N_("Laboratory results"), LabResult),
    (N_("Check-ins and their links"), CheckIn),
    (N_("Steps of the order"), OrderRecord),
    (N_("Papers"), Document),
    (N_("Attempts to reach the person"), ContactAttempt),
    (N_("Comments of colleagues, in all versions"), Comment),
    (N_("Vaccinations"), Vaccination),
    (N_("Journeys"), Travel),
    (N_("Exposures"), Exposure),
    (N_("Contacts named"), NamedContact),
    (N_("Requests for help"), SupportRequest),
)
TABLES: dict[str, dict[str, str]] = {
    "kind": words.KINDS,
    "status": words.STATUSES,
    "order_state": words.ORDER_STATES,
    "risk_level": words.RISKS,
    "monitoring_plan": words.PLANS,
}
INSTEAD_OF = {"assigned_to": "assigned_name"}  # an actor's id tells nobody anything
HIDDEN = frozenset({"shortened_by"})


def page_values(kept: Case, ending: Case, choices: Mapping[str, Side]) -> dict[str, Any]:
    """Everything that the page shows: what differs, what is proposed or chosen, and what goes along."""
    differences = merging.compare(kept, ending)
    return {
        "kept": _head(kept),
        "other": _head(ending),
        "fields": [_row(one, choices) for one in differences],
        "along": [(name, number) for name, model in GOES_ALONG if (number := _number(model, ending))],
    }


def _head(case: Case) -> dict[str, Any]:
    person = case.person
    return {
        "reference": case.reference,
        "name": f"{person.family_name}, {person.given_name}",
        "birth_date": person.birth_date,
        "enrolled_at": case.enrolled_at,
        "kind": case.kind.value,
        "line_list": case.line_list.value if case.line_list else "",
        "is_open": case.is_open,
        "seen": seen.mark(case),
    }


def _row(one: Difference, choices: Mapping[str, Side]) -> dict[str, Any]:
    side = one.side(choices)
    return {
        "name": one.field.name,
        "label": _(MERGE_FIELDS[one.field.name]),
        "kept": _told(one.kept),
        "other": _told(one.other),
        "side": side.value if side else "",
        "follows": one.follows,
    }


def _told(values: Values) -> str:
    shown = [_value(part, value, values) for part, value in values.items() if part not in HIDDEN]
    return " · ".join(filter(None, shown)) or "–"


def _value(part: str, value: Any, values: Values) -> str:
    if value in (None, "", {}) or (part in INSTEAD_OF and values.get(INSTEAD_OF[part])):
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, date):
        return str(local_date(value))
    if isinstance(value, dict):
        return people.address_line(value)
    if part in person_words.PARTS:
        return person_words.told(part, value)
    return str(_(TABLES[part][value]) if part in TABLES else value)


def _number(model: type[Any], case: Case) -> int:
    return db.session.scalar(select(func.count(model.id)).where(model.case_id == case.id)) or 0
