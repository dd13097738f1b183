"""What is sealed and still chosen by: keyed marks of a case's days, findings and results, of a person's year and place.

A mark is a hash under a key of the case's office (ADR 23): the same fact has other marks in another office, so that
whoever may ask about one office learns nothing of the rows of another. Marks are compared, never read.
"""

import hmac
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import event, select

from care.course_models import Exposure
from care.facts import CaseFacts
from care.local_days import local_day
from care.models import Case
from care.protocol import Protocol
from care.protocol_parts import MEDICAL
from care.triage import onset
from config.database import db
from config.keyring import keyring

RULES = 3  # to be raised with every change of what is marked: the job then makes all marks anew
MARK_BYTES = 8
LONGEST_DAYS = 400
DAY_COLUMNS = ("onset", "positive", "report", "exposure", "entry", "curve")
MARKS = (*(f"{name}_mark" for name in DAY_COLUMNS), "finding_marks")
ANY, ANY_MEDICAL = "any", "medical"
DAY = timedelta(days=1)


def marks(office_ids: Iterable[UUID], kind: str, values: Iterable[str]) -> list[bytes]:
    """The marks of these values in each of these offices."""
    key, wanted = keyring().index_key, list(values)
    return [_mark_of(key, office_id, kind, value) for office_id in office_ids for value in wanted]


@lru_cache(maxsize=20_000)  # days of a year and words of findings: few, and the same for everybody
def _mark_of(key: bytes, office_id: UUID, kind: str, value: str) -> bytes:
    return hmac.digest(key, f"case mark\0{office_id}\0{kind}\0{value}".encode(), "sha256")[:MARK_BYTES]


def days(first: date | None, last: date | None, today: date) -> list[str]:
    """The days from `first` to `last`, both inclusive: at most 400, the newest of them; open ends are today and 400
    days before. What is older than that has been erased."""
    end = min(last, today) if last else today
    begin = max(first, end - LONGEST_DAYS * DAY) if first else end - LONGEST_DAYS * DAY
    return [(begin + number * DAY).isoformat() for number in range((end - begin).days + 1)]


def finding_words(code: str, state: str, overdue: bool) -> list[str]:
    """Under which words a finding is found: its code, any or any medical one, with and without its state."""
    states = [state, *(["overdue"] if overdue and state == "open" else [])]
    names = [code, ANY_MEDICAL] if code in MEDICAL else [code]
    return [*names, *(f"{one}:{each}" for each in states for one in (*names, ANY))]


def mark(case: Case, facts: CaseFacts, protocol: Protocol, findings: Iterable[Mapping[str, Any]] | None = None) -> None:
    """Set what lists look for `case` by, from its facts and its findings. What stands already is not written.

    `findings`: those of the case, where the caller has them at hand; else they are opened.
    For a row of `fact_rows` the marks of what hangs on the case are left to the job, where there are none yet.
    """
    case.heard_at = case.last_report_at or case.enrolled_at
    began = onset(facts, protocol)
    onset_on = began.on if began else None
    positive_on, reported_on = facts.first_positive_on, facts.reported_on
    curve_on = onset_on or positive_on or reported_on or local_day(facts.enrolled_at, facts.zone)
    known = (onset_on, positive_on, reported_on, facts.last_exposure_on, facts.entered_on, curve_on)
    key = keyring().index_key
    for name, day in zip(DAY_COLUMNS, known, strict=True):
        setattr(case, f"{name}_mark", _mark_of(key, case.office_id, name, day.isoformat()) if day else None)
    words = {
        word
        for found in (case.findings if findings is None else findings) or ()
        for word in finding_words(found["code"], found["state"], bool(found.get("overdue")))
    }
    case.finding_marks = b"".join(_mark_of(key, case.office_id, "finding", word) for word in sorted(words)) or None
    if isinstance(case, Case):
        if _is_old(case):
            _mark_exposures(case)
        _mark_around(case)


def mark_new(case: Any) -> None:
    """The same for what hangs on a row of `fact_rows` that is to be made, with all columns."""
    _mark_around(case)


def _mark_around(case: Case) -> None:
    is_old = _is_old(case)
    for result in case.lab_results:
        if is_old or result.outcome_mark is None:
            result.outcome_mark = marks([case.office_id], "lab", [result.result.value])[0]
    if is_old:
        _mark_person(case)
        case.marks_version = RULES


def _is_old(case: Case) -> bool:
    return case.marks_version is None or case.marks_version < RULES


def may_have_onset(case: Case) -> bool:
    """Whether an onset may be known of `case`; False only where its marks say that there is none."""
    return _is_old(case) or case.onset_mark is not None


def of_setting(office_id: UUID, setting: str | None) -> bytes | None:
    """The mark of the surroundings in which somebody of this office was exposed; None: not known."""
    return _mark_of(keyring().index_key, office_id, "setting", setting) if setting else None


def _mark_exposures(case: Case) -> None:
    for row in db.session.scalars(select(Exposure).where(Exposure.case_id == case.id)):
        row.setting_mark = of_setting(case.office_id, (row.details or {}).get("setting"))


def _mark_person(case: Case) -> None:
    person = case.person
    year = str(person.birth_date.year) if person.birth_date else None
    place = str((person.address or {}).get("postal_code") or "").strip()
    key = keyring().index_key
    person.born_mark = _mark_of(key, case.office_id, "born", year) if year else None
    person.postal_mark = _mark_of(key, case.office_id, "postal", place) if place else None


def forget(case: Case) -> None:
    """Take all marks away, with what they were made of. Inside the caller's `transaction()`."""
    for name in MARKS:
        setattr(case, name, None)
    case.heard_at = case.last_report_at or case.enrolled_at


@event.listens_for(Case.office_id, "set", active_history=True)
def _moved(case: Case, value: object, before: object, initiator: object) -> None:
    """In another office the marks are others: the job makes them."""
    if isinstance(before, UUID) and value != before:
        case.marks_version = 0
