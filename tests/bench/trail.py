"""What the audit trail costs: a page of cases with and without the look that it leaves, sealing, and verifying."""

import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import select

from auth import audit, audit_sealer, audit_seals, audit_verification
from auth.actors import Actor
from auth.audit_queries import has_seen
from auth.models import AuditEvent, AuditPending, Office
from auth.roles import HeldRole, Role
from care import case_management, queries, representations, trail
from care.commands import EnrolCase
from care.list_filters import ListCases
from config import clock, schema
from config.app import create_app
from config.database import db, transaction
from config.ids import new_id
from config.rowsets import insert_many
from config.settings import load_settings
from tests.bench.parts import new_database
from tests.bench.report import Line, at_least, at_most
from tests.factories.care import enrolment

CASES, ROUNDS, EVENTS = 50, 60, 50_000
HOUSE = Actor.system("bench")


def measure() -> Iterator[Line]:
    """On both databases, each empty before."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measure("SQLite", f"sqlite:///{folder}/bench.sqlite3", Path(folder))
    with new_database() as url, tempfile.TemporaryDirectory() as folder:
        yield from _measure("PostgreSQL", url, Path(folder))


def _measure(name: str, url: str, folder: Path) -> Iterator[Line]:
    settings = load_settings(data_dir=folder, database_url=url, base_url="http://localhost", log_level="WARNING")
    app = create_app(settings)
    schema.upgrade(app, settings)
    with app.app_context():
        yield from _listing(name)
        yield from _sealing(name, app)
        yield from _verifying(name)
        db.session.remove()
        db.engine.dispose()


def _listing(name: str) -> Iterator[Line]:
    actor = _some_cases()
    times: dict[bool, list[float]] = {False: [], True: []}
    for number in range(ROUNDS):
        for with_look in (False, True):
            db.session.remove()
            began = time.perf_counter()
            page = queries.list_cases(actor, ListCases(limit=CASES))
            rows = [representations.row_values(case) for case in page.items]
            if with_look:
                trail.looked(actor, "cases.listed", page.items, round=number)  # never twice the same look
            times[with_look].append(1000 * (time.perf_counter() - began))
            assert len(rows) == CASES
    yield Line(f"{name}: page of 50 cases, with its look", median(times[True]), "ms", "without", median(times[False]))


def _sealing(name: str, app: Flask) -> Iterator[Line]:
    sealer, waits = audit_sealer.start(app), []
    for number in range(10):
        with transaction():
            audit.record(HOUSE, "case.closed", f"case:{number}")
        began = time.perf_counter()
        while db.session.scalar(select(AuditPending.event_id).limit(1)) is not None:
            db.session.rollback()
            time.sleep(0.01)
        db.session.rollback()
        waits.append(time.perf_counter() - began)
    yield Line(f"{name}: from the commit to the seal", max(waits), "s", marks=(at_most(1, "s"),))
    assert sealer.flush()
    app.extensions.pop("obhut.audit_sealer")
    _some_events(EVENTS)
    began, sealed = time.process_time(), 0
    while found := audit_seals.seal():
        sealed += found
    yield Line(f"{name}: events sealed per second of CPU", sealed / (time.process_time() - began), "1/s")


def _verifying(name: str) -> Iterator[Line]:
    audit_verification.verify()
    before, began = _peak_mb(), time.process_time()
    verdict = audit_verification.verify()
    took = time.process_time() - began  # of our own processor: others may use the machine, too
    assert verdict.is_whole
    mark = at_least(10_000, "1/s")
    yield Line(f"{name}: links verified per second of CPU", verdict.sealed / took, "1/s", marks=(mark,))
    yield Line(f"{name}: more memory for it at the second run", _peak_mb() - before, "MB", marks=(at_most(5, "MB"),))
    began = time.perf_counter()
    found = db.session.scalars(select(AuditEvent.id).where(has_seen(["case:AAAA0007"])).limit(50)).all()
    yield Line(f"{name}: who looked, among {EVENTS:,} events", 1000 * (time.perf_counter() - began), "ms")
    assert found
    db.session.rollback()


def _some_cases() -> Actor:
    with transaction():
        office = Office(code="bench", name="Bench", is_default=True)
        db.session.add(office)
        db.session.flush()
        office_id = office.id
    day = clock.wall().date().isoformat()
    for number in range(CASES):
        command = EnrolCase.model_validate(enrolment(last_exposure_on=day, external_id=str(number)))
        with transaction():
            case_management.enrol(command, actor=HOUSE, office_id=office_id)
    held = frozenset({HeldRole(Role.HEALTH_OFFICER, office_id=office_id)})
    return Actor.of("user", str(new_id()), held)


def _some_events(number: int) -> None:
    """Every fifth is a list of fifty."""
    for start in range(0, number, 1000):
        rows = [_event(place) for place in range(start, start + 1000)]
        with transaction():
            insert_many(AuditEvent, rows)
            insert_many(AuditPending, [{"event_id": row["id"]} for row in rows])


def _event(place: int) -> dict[str, object]:
    seen = [f"case:AAAA{(place + each) % 2000:04}" for each in range(50)] if place % 5 == 0 else None
    at = datetime.now(UTC)
    facts = {"roles": ["health_officer"], "reason": "other"}
    event = {"id": new_id(), "at": at, "domain_at": at, "chain": f"office:{place % 5}", "actor_kind": "user"}
    return event | {"actor": str(HOUSE.id), "action": "x", "subject": f"case:{place}", "seen": seen, "facts": facts}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
