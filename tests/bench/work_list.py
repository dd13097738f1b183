"""The caseworkers' list with a million requests, beside the same with ten thousand: pages as the browser gets them.

A fifth of the requests is open, in four departments and ten services; the reader works in one of them, and half of what
is taken belongs to sixty people. Rows are written by the database itself, without names: only those that the first
pages show have some, so that opening them is part of what is measured.
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from auth import sessions
from auth.models import Department, User
from config import clock, group_keys, scopes
from config.app import create_app
from config.database import db, transaction
from config.heap import set_the_house_apart
from config.ids import new_reference
from config.rowsets import insert_many
from config.settings import load_settings
from services import versions
from services.definitions import catalogue
from services.models import ServiceRequest
from tests.bench.parts import new_database
from tests.bench.report import Line, Mark, at_most
from tests.fixtures.databases import migrate, owners_dsn

FEW, MANY, NAMED, ROUNDS = 10_000, 1_000_000, 400, 40
ISSUER = "http://bench.localhost"
HERE = "buergerservice"
PAGES = {
    "all open": "/staff/requests/?status=open",
    "mine": "/staff/requests/?status=open&assigned_to=me",
    "nobody's, overdue": "/staff/requests/?status=open&assigned_to=nobody&due=overdue",
    "unread": "/staff/requests/?status=open&news=1",
    "not answered in time": "/staff/requests/?status=open&unanswered=1",
    "to confirm": "/staff/requests/?status=open&to_confirm=1",
    "urgent, one service": "/staff/requests/?status=open&urgent=1&service=service-3",
    "on paper, last week": "/staff/requests/?status=open&source=paper&received_from=today-7",
    "done, last first": "/staff/requests/?status=done&sort=latest",
    "by reference": "/staff/requests/?q=0000",
}
NOT_SLOWER = Mark("≤ 1.5 × of 10,000", lambda line: line.ratio <= 1.5)

# Numbers of a row that have nothing to do with each other, out of its own.
COLUMNS = {
    "reference": "{reference}",
    "submission_key": "'bench ' || n",
    "service_version_id": ":version",
    "slug": "'service-' || (n % 10)",
    "department_code": f"CASE (n / 10) % 4 WHEN 0 THEN '{HERE}' ELSE 'department-' || ((n / 10) % 4) END",
    "created_by": "'seed'",
    "locale": "'de'",
    "status": (
        "CASE WHEN (n / 40) % 5 > 0"
        " THEN CASE (n / 200) % 4 WHEN 0 THEN 'rejected' WHEN 1 THEN 'approved' ELSE 'closed' END"
        " ELSE CASE (n / 200) % 4 WHEN 0 THEN 'submitted' WHEN 3 THEN 'needs_information' ELSE 'in_review' END END"
    ),
    "revision": "3",
    "source": "CASE WHEN (n / 800) % 12 = 0 THEN 'paper' ELSE 'online' END",
    "created_at": "{moment}",
    "changed_at": "{moment}",
    "submitted_at": "{moment}",
    "received_on": "{received}",
    "due_on": "{due}",
    "answer_due_on": "CASE WHEN (n / 40) % 5 = 0 AND (n / 200) % 4 = 3 THEN {answer_due} END",
    "assignee_id": "{assignee}",
    "is_priority": "{priority}",
    "news_at": "CASE WHEN (n / 1600) % 25 = 0 THEN {moment} END",
    "proposed_by": (
        "CASE WHEN (n / 40) % 5 = 0 AND (n / 200) % 4 = 1 AND (n / 3200) % 20 = 0 THEN 'colleague ' || n % 3 END"
    ),
    "nearby": "0",
    "wrapped_key": ":key",
}
SQLITE = {
    "id": "lower(hex(randomblob(16)))",
    "reference": "printf('%08X', n)",
    "moment": "'2026-06-01 08:00:00.000000'",
    "received": "date(:today, '-' || ((n * 7919) % 400) || ' days')",
    "due": "date(:today, (((n * 104729) % 120) - 30) || ' days')",
    "answer_due": "date(:today, (((n * 7919) % 40) - 4) || ' days')",
    "assignee": "CASE WHEN (n / 800) % 2 = 0 THEN printf('%032x', (n / 1600) % 60 + 1) END",
    "priority": "(n / 3200) % 50 = 0",
    "numbers": (
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < :number) SELECT {columns} FROM c"
    ),
}
POSTGRESQL = {
    "id": "gen_random_uuid()",
    "reference": "lpad(upper(to_hex(n)), 8, '0')",
    "moment": "timestamptz '2026-06-01 08:00:00+00'",
    "received": "CAST(:today AS date) - CAST((n::bigint * 7919) % 400 AS integer)",
    "due": "CAST(:today AS date) + CAST((n::bigint * 104729) % 120 AS integer) - 30",
    "answer_due": "CAST(:today AS date) + CAST((n::bigint * 7919) % 40 AS integer) - 4",
    "assignee": "CASE WHEN (n / 800) % 2 = 0 THEN lpad(to_hex((n / 1600) % 60 + 1), 32, '0')::uuid END",
    "priority": "(n / 3200) % 50 = 0",
    "numbers": "SELECT {columns} FROM generate_series(1, :number) AS c(n)",
}
ME = UUID(int=7)


def measure() -> Iterator[Line]:
    """On SQLite and on PostgreSQL: the 95th percentile of each page, few and many."""
    with tempfile.TemporaryDirectory(prefix="obhut-bench-") as name:
        folder = Path(name)
        urls = [f"sqlite:///{folder / f'{size}.sqlite3'}" for size in ("few", "many")]
        yield from _measured("SQLite", urls, folder)
    with tempfile.TemporaryDirectory(prefix="obhut-bench-") as name, new_database() as few, new_database() as many:
        yield from _measured("PostgreSQL", [few, many], Path(name))


def _measured(database: str, urls: list[str], folder: Path) -> Iterator[Line]:
    houses: list[tuple[Flask, str]] = []
    for url, number in zip(urls, (FEW, MANY), strict=True):
        begun = time.perf_counter()
        houses.append(_house(url, folder, number))
        yield Line(f"{number:,} requests written, {database}", time.perf_counter() - begun, "s")
    set_the_house_apart()  # as a web process does
    for page, address in PAGES.items():
        few, many = _p95(houses, address)
        marks = (at_most(100, "ms"), NOT_SLOWER)
        yield Line(f"  {page}, p95, {MANY:,}, {database}", many, "ms", f"{FEW:,}", few, marks)
    for app, _ in houses:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _p95(houses: list[tuple[Flask, str]], address: str) -> tuple[float, float]:
    """Milliseconds with few and with many, taken in turns."""
    took: list[list[float]] = [[], []]
    for number in range(ROUNDS + 5):
        for which, (app, cookie) in enumerate(houses):
            client = FlaskClient(app, app.response_class)
            client.set_cookie("obhut_session", cookie)
            begun = time.perf_counter()
            answer = client.get(address)
            if number >= 5:
                took[which].append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, answer.headers.get("Location")
    few, many = (sorted(each)[int(len(each) * 0.95) - 1] for each in took)
    return few, many


def _house(url: str, folder: Path, number: int) -> tuple[Flask, str]:
    migrate(url, folder)
    settings = load_settings(data_dir=folder, database_url=url, base_url="http://localhost", log_level="ERROR")
    app = create_app(settings.changed(oidc_staff_issuer=ISSUER))
    with app.app_context(), scopes.within(scopes.system("bench")):
        group_keys.prepare()
        with transaction():
            db.session.add(Department(code=HERE, name="Bürgerservice"))
            user = User(id=ME, issuer=ISSUER, subject="caseworker", name="Ina Amt")
            db.session.add(user)
            db.session.flush()
            version = versions.snapshot(catalogue()["bewohnerparkausweis"])
            cookie, _ = sessions.start(
                user, provider="staff", claim_roles=(f"caseworker:{HERE}",), is_staff=True, id_token="x", device="x"
            )
        _fill(number, version)
        with transaction():
            insert_many(ServiceRequest, [_named(place, version) for place in range(NAMED)])
        if db.engine.dialect.name == "postgresql":  # as its own housekeeping does a minute later
            with psycopg.connect(owners_dsn(url), autocommit=True) as owner:
                owner.execute("ANALYZE")  # the application's role may not, and is not told so
    return app, cookie


def _fill(number: int, version: UUID) -> None:
    here = POSTGRESQL if db.engine.dialect.name == "postgresql" else SQLITE
    columns = {"id": here["id"], **{name: sql.format(**here) for name, sql in COLUMNS.items()}}
    rows = here["numbers"].format(columns=", ".join(columns.values()))
    today = clock.now().date()
    values = {"number": number, "today": today.isoformat(), "key": b"", "version": version.hex}
    with transaction():
        db.session.execute(text(f"INSERT INTO service_request ({', '.join(columns)}) {rows}"), values)


def _named(place: int, version: UUID) -> dict[str, object]:
    """A request that the first pages show, with the applicant's name."""
    now, due = clock.now(), clock.now().date() - timedelta(days=60 - place // 20)
    row = ServiceRequest(
        reference=new_reference(),
        submission_key=f"named {place}",
        service_version_id=version,
        slug="service-3",
        department_code=HERE,
        created_by="seed",
        locale="de",
        status=("submitted", "in_review")[place % 2],
        revision=2,
        source=("online", "paper")[place % 4 == 0],
        created_at=now,
        changed_at=now,
        submitted_at=now,
        received_on=now.date(),
        due_on=due,
        assignee_id=ME if place % 2 else None,
        is_priority=place % 8 == 0,
        news_at=now if place % 5 == 0 else None,
        nearby=0,
        contact={"given_name": "Ilka", "family_name": "Sommerfeld"},
        assignee_name="Ina Amt" if place % 2 else None,
    )
    return {name: getattr(row, name) for name in ServiceRequest.__table__.columns.keys()}  # noqa: SIM118
