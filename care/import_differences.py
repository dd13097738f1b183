"""What a file says otherwise than the case that it is already: shown to whoever imports it, changed by nobody."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from care.commands import DATES, EnrolCase
from care.export_columns import onset_on, read_for_onsets
from care.imports.base import ColumnMap, ParsedRow, Problem, Severity
from care.models import Case
from config.database import db
from config.errors import N_
from config.rowsets import among

OTHERWISE = N_("The case says otherwise ({there}); it stays as it is.")
NOTHING_THERE = N_("The case does not say this; it stays as it is.")
OF_PERSON = ("given_name", "family_name", "birth_date", "sex", "phone", "email")
# What some formats call it.
ALSO = {"last_exposure_on": "last_contact_on", "symptom_onset_on": "onset_on", "first_positive_on": "sample_on"}


def differences(
    rows: Sequence[ParsedRow], known: Mapping[int, UUID], columns: ColumnMap, office_id: UUID
) -> dict[int, tuple[UUID, tuple[Problem, ...]]]:
    """For each row (by its line) that is a case of the office already: the case, and where the row differs.

    One question for all of them. `known`: the case of a row.
    """
    wanted = select(Case).where(among(Case.id, set(known.values())), Case.office_id == office_id)
    cases = {case.id: case for case in db.session.scalars(wanted)}
    read_for_onsets(cases.values())
    found = {}
    for row in rows:
        case = cases.get(known[row.number]) if row.number in known else None
        if case is None or case.person.is_erased or row.case is None:
            continue
        problems = tuple(_of(row.case, case, columns))
        if problems:
            found[row.number] = (case.id, problems)
    return found


def _of(command: EnrolCase, case: Case, columns: ColumnMap) -> Iterator[Problem]:
    pairs = [(name, getattr(command.person, name), getattr(case.person, name)) for name in OF_PERSON]
    days = {name: getattr(case, name) for name in DATES} | {"symptom_onset_on": onset_on(case)}
    pairs += [(name, getattr(command, name), there) for name, there in days.items()]
    for name, given, there in pairs:
        if given is None or given == there:
            continue
        column = columns.title(name if name in columns.positions else ALSO.get(name, name))
        message, params = (NOTHING_THERE, {}) if there is None else (OTHERWISE, {"there": _shown(there)})
        yield Problem(column, Severity.WARNING, message, params, _shown(given))


def _shown(value: object) -> str:
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else str(value)
