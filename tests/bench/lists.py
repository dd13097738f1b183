"""Line lists and the first page of a health office with 100,000 cases: filters beside the list without any."""

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import select

from care import daily_counts, list_marks
from care.assessment_models import SymptomReport
from care.course_models import ContactAttempt
from care.models import Case, OfficeTask, Person, Schedule
from config import clock, scopes
from config.database import db, transaction
from config.ids import REFERENCE_ALPHABET, new_id
from config.rowsets import insert_many
from tests.bench import listing
from tests.bench.listing import House
from tests.bench.parts import new_database
from tests.bench.report import Line, Mark, at_most

CASES, CHUNK, ROUNDS = 100_000, 5_000, 15
CLOSED_SHARE = 0.3
PAGE = "/care/cases/?status=open"
FILTERS = {
    "one list, one kind": "/care/cases/?line_list=symptomatic&kind=contact",
    "mine": "/care/cases/?status=open&assigned_to=me",
    "nobody's, high risk": "/care/cases/?status=open&assigned_to=nobody&risk_level=high",
    "silent for 48 hours, longest first": "/care/cases/?status=open&silent_hours=48&sort=last_report",
    "ends by tomorrow": "/care/cases/?status=open&ends_to=today%2B1&sort=ends",
    "fever, not seen": "/care/cases/?status=open&finding=fever&finding_state=open",
    "onset in the last week": "/care/cases/?status=open&onset_from=today-7",
    "tried in vain three times": "/care/cases/?status=open&attempts=3",
    "order by word of mouth, ends soon": "/care/cases/?status=open&order=verbal&order_ends_to=today%2B2",
    "older than 70, at a postal code": "/care/cases/?status=open&age_from=70&postal_code=38100",
}
NO_SLOWER = Mark("≤ 3 × of the baseline", lambda line: line.ratio <= 3)


def measure() -> Iterator[Line]:
    """Pages as the browser gets them; on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="obhut-bench-") as folder:
        yield from _measured("SQLite", f"sqlite:///{Path(folder) / 'lists.sqlite3'}", Path(folder), ())
    with tempfile.TemporaryDirectory(prefix="obhut-bench-") as folder, new_database() as url:
        yield from _measured("PostgreSQL", url, Path(folder), (at_most(300, "ms"),))


def _measured(database: str, url: str, folder: Path, marks: tuple[Mark, ...]) -> Iterator[Line]:
    house = listing._house(url, folder, is_plain=False)
    with house.app.app_context(), scopes.within(scopes.system("bench")):
        _fill(random.Random(7))
        begun = time.perf_counter()
        assert daily_counts.count_days() == 1
        yield Line(f"six weeks counted, {database}", time.perf_counter() - begun, "s")
    bare = _page(house, PAGE)
    yield Line(f"list of {CASES:,} cases, {database}", bare, "ms")
    for name, address in FILTERS.items():
        yield Line(f"  {name}, {database}", _page(house, address), "ms", "the list", bare, (NO_SLOWER,))
    yield Line(f"first page, {database}", _page(house, "/care/"), "ms", "the list", bare, marks)
    with house.app.app_context():
        db.session.remove()
        db.engine.dispose()


def _page(house: House, address: str) -> float:
    client = FlaskClient(house.app, house.app.response_class)
    client.set_cookie("obhut_session", house.cookie)
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        answer = client.get(address)
        took.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, answer.headers.get("Location")
    return statistics.median(took)


def _fill(dice: random.Random) -> None:
    """Cases without names beside the few real ones: what is not shown needs none."""
    known = db.session.execute(select(Person.wrapped_key, Person.office_id).limit(1)).one()
    me = db.session.scalar(select(Case.assigned_to).limit(1)) or "user:bench"
    for start in range(0, CASES, CHUNK):
        with transaction():
            people = [_person(dice, known.wrapped_key, known.office_id) for _ in range(CHUNK)]
            insert_many(Person, people)
            cases = [_case(dice, person, start + number, me) for number, person in enumerate(people)]
            insert_many(Case, cases)
            insert_many(Schedule, [{"id": case["id"], "reassess_at": None, "next_check_in_at": None} for case in cases])
            insert_many(SymptomReport, [_report(case) for case in cases if case["last_report_at"]])
            insert_many(OfficeTask, [_task(dice, case) for case in cases if dice.random() < 0.03])
            tried = [case for case in cases if dice.random() < 0.02]
            insert_many(ContactAttempt, [_attempt(case, number) for case in tried for number in range(3)])


def _mark(office_id: UUID, kind: str, value: object) -> bytes:
    return list_marks.marks([office_id], kind, [str(value)])[0]


def _person(dice: random.Random, key: bytes, office_id: UUID) -> dict[str, Any]:
    return {
        "id": new_id(),
        "office_id": office_id,
        "wrapped_key": key,
        "names_indexed": 1,
        "locale": dice.choice(("de", "de", "tr", "uk")),
        "channel": "sms",
        "contact_window": "unset",
        "created_at": clock.now(),
        "born_mark": _mark(office_id, "born", dice.randrange(1930, 2024)),
        "postal_mark": _mark(office_id, "postal", 38100 + dice.randrange(40)),
    }


def _case(dice: random.Random, person: dict[str, Any], number: int, me: str) -> dict[str, Any]:
    now, office_id = clock.now(), person["office_id"]
    enrolled_at = now - timedelta(hours=dice.uniform(0, 40 * 24))
    is_closed = dice.random() < CLOSED_SHARE
    kind = dice.choice(("contact", "contact", "index", "traveller"))
    last = None if dice.random() < 0.1 else max(enrolled_at, now - timedelta(hours=dice.expovariate(1 / 20)))
    starts_on, is_ill = (enrolled_at - timedelta(days=2)).date(), dice.random() < 0.05
    line_list = "closed" if is_closed else "symptomatic" if is_ill else _list_of(kind, last, now)
    curve_on = enrolled_at.date().isoformat()
    words = list_marks.finding_words("fever", "open", overdue=False) if is_ill and not is_closed else []
    has_order = dice.random() < 0.4
    return {
        "id": new_id(),
        "reference": _reference(number),
        "person_id": person["id"],
        "office_id": office_id,
        "kind": kind,
        "protocol_code": "covid-19",
        "protocol_version": 1,
        "status": "closed" if is_closed else "monitoring",
        "assigned_to": dice.choice((None, None, me, "user:a", "user:b")),
        "risk_level": dice.choice((None, None, "high", "low")),
        "follow_up_on": (now + timedelta(days=dice.randrange(-2, 9))).date() if dice.random() < 0.05 else None,
        "enrolled_at": enrolled_at,
        "recorded_at": enrolled_at,
        "touched_at": enrolled_at,
        "closed_at": min(now, enrolled_at + timedelta(days=dice.uniform(1, 14))) if is_closed else None,
        "continuous_exposure": False,
        "order_state": dice.choice(("verbal", "written")) if has_order else None,
        "order_ends_on": starts_on + timedelta(days=14) if has_order else None,
        "line_list": line_list,
        "priority": 0.0 if is_closed else round(dice.random() * (3 if is_ill else 1), 3),
        "monitoring_starts_on": starts_on,
        "monitoring_ends_on": starts_on + timedelta(days=dice.randrange(14, 60)),
        "last_report_at": last,
        "heard_at": last or enrolled_at,
        "facts_revision": 1,
        "assessed_revision": 1,
        "rules_version": 3,
        "marks_version": list_marks.RULES,
        "onset_mark": _mark(office_id, "onset", curve_on) if is_ill else None,
        "curve_mark": _mark(office_id, "curve", curve_on),
        "finding_marks": b"".join(_mark(office_id, "finding", word) for word in words) or None,
    }  # fmt: skip


def _reference(number: int) -> str:
    base = len(REFERENCE_ALPHABET)
    return "".join(REFERENCE_ALPHABET[number // base**place % base] for place in range(8))


def _list_of(kind: str, last: datetime | None, now: datetime) -> str:
    if last is None or last < now - timedelta(days=1):
        return "non_reporting"
    return "reporting" if kind == "index" else "asymptomatic"


def _report(case: dict[str, Any]) -> dict[str, Any]:
    at = case["last_report_at"]
    known = {"id": new_id(), "case_id": case["id"], "reported_at": at, "recorded_at": at}
    return known | {"by": "self", "channel": "link", "actor_id": "bench"}


def _task(dice: random.Random, case: dict[str, Any]) -> dict[str, Any]:
    due = clock.now() + timedelta(hours=dice.uniform(-5, 20))
    known = {"id": new_id(), "case_id": case["id"], "office_id": case["office_id"]}
    return known | {"kind": "symptomatic", "created_at": case["enrolled_at"], "due_at": due}


def _attempt(case: dict[str, Any], number: int) -> dict[str, Any]:
    at = (case["last_report_at"] or case["enrolled_at"]) + timedelta(minutes=number + 1)
    known = {"id": new_id(), "case_id": case["id"], "attempted_at": at, "recorded_at": at}
    return known | {"means": "phone", "outcome": "not_reached", "actor_id": "bench"}
