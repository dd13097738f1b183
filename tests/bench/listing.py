"""What sealing costs: a page of 50 cases, beside the same code with a sealer that stores everything in plain."""

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth import sessions, tokens
from auth.actors import Actor
from auth.models import Office, User
from auth.roles import Role
from care import case_management, queries, representations
from care.commands import EnrolCase
from care.list_filters import ListCases
from config import encryption, group_keys, scopes
from config.app import create_app
from config.database import db, transaction
from config.encryption import KeyHolder
from config.settings import load_settings
from tests.bench.parts import new_database
from tests.bench.report import Line, Mark
from tests.factories.care import enrolment
from tests.fixtures.databases import migrate

CASES, SHOWN, ROUNDS = 200, 50, 60
ISSUER = "http://bench.localhost"
SYSTEM = Actor.system("bench")
AT_MOST = Mark("≤ 1.3 × of the baseline", lambda line: line.ratio <= 1.3)
PERSON = {
    "email": "ilka.sommerfeld@example.org",
    "address": {"street": "Bohlweg", "house_number": "30", "postal_code": "38100", "city": "Braunschweig"},
}


@dataclass
class House:
    """An application on a database of its own, and the milliseconds that each of its pages took."""

    app: Flask
    is_plain: bool
    cookie: str = ""
    token: str = ""
    took: dict[str, list[float]] = field(default_factory=dict)


def measure() -> Iterator[Line]:
    """The values of a page, the page, and the same cases from the API; on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="obhut-bench-") as folder:
        urls = [f"sqlite:///{Path(folder) / f'{name}.sqlite3'}" for name in ("sealed", "plain")]
        yield from _measured("SQLite", urls, Path(folder))
    with tempfile.TemporaryDirectory(prefix="obhut-bench-") as folder, new_database() as one, new_database() as two:
        yield from _measured("PostgreSQL", [one, two], Path(folder))


def _measured(database: str, urls: list[str], folder: Path) -> Iterator[Line]:
    houses = [_house(url, folder, is_plain=is_plain) for url, is_plain in zip(urls, (False, True), strict=True)]
    for number in range(ROUNDS + 5):
        for house in houses[:: 1 if number % 2 else -1]:
            with _sealer(house.is_plain):
                for name, work in WORKS.items():
                    took = _timed(house, work)
                    if number >= 5:
                        house.took.setdefault(name, []).append(took)
    sealed, plain = ({name: statistics.median(each) for name, each in house.took.items()} for house in houses)
    for name in WORKS:
        what = f"{name}, {SHOWN} cases, {database}"
        yield Line(what, sealed[name], "ms", "stored in plain", plain[name], (AT_MOST,))
    for house in houses:
        with house.app.app_context():
            db.session.remove()
            db.engine.dispose()


def _timed(house: House, work: Callable[[House], Any]) -> float:
    begun = time.perf_counter()
    work(house)
    return (time.perf_counter() - begun) * 1000


def _values(house: House) -> None:
    with house.app.app_context(), scopes.within(scopes.system("bench")):
        page = queries.list_cases(SYSTEM, ListCases(status="open", limit=SHOWN))
        rows = [representations.row_values(case) for case in page.items]
    assert len(rows) == SHOWN
    assert rows[0]["name"] == "Sommerfeld, Ilka"


def _page(house: House) -> None:
    client = FlaskClient(house.app, house.app.response_class)
    client.set_cookie("obhut_session", house.cookie)
    answer = client.get("/care/cases/")
    assert answer.text.count("Sommerfeld, Ilka") == SHOWN, answer.status


def _api(house: House) -> None:
    client = FlaskClient(house.app, house.app.response_class)
    headers = {"Authorization": f"Bearer {house.token}"}
    answer = client.get(f"/api/v1/care/cases?status=open&limit={SHOWN}", headers=headers)
    assert len(answer.json["items"]) == SHOWN  # type: ignore[index]


WORKS: dict[str, Callable[[House], None]] = {"values of a list": _values, "page of a list": _page, "list by API": _api}


@contextlib.contextmanager
def _sealer(is_plain: bool) -> Iterator[None]:
    """With `is_plain`, what would be sealed is stored and read as it is; everything else is the same code."""
    if not is_plain:
        yield
        return
    kept: Any = (encryption.encrypt, encryption.decrypt, KeyHolder._key)
    encryption.encrypt = lambda key, plain, bound_to: plain
    encryption.decrypt = lambda key, blob, bound_to: blob
    KeyHolder._key = lambda self: None  # type: ignore[assignment,method-assign,return-value]
    try:
        yield
    finally:
        encryption.encrypt, encryption.decrypt, KeyHolder._key = kept  # type: ignore[method-assign]


def _house(url: str, folder: Path, *, is_plain: bool) -> House:
    migrate(url, folder)
    settings = load_settings(data_dir=folder, database_url=url, base_url="http://localhost", log_level="ERROR")
    app = create_app(settings.changed(oidc_staff_issuer=ISSUER))
    house = House(app, is_plain)
    with app.app_context(), scopes.within(scopes.system("bench")), _sealer(is_plain):
        group_keys.prepare()
        with transaction():
            office = Office(code="nord", name="Nord", is_default=True)
            db.session.add(office)
            user = User(issuer=ISSUER, subject="officer", name="Ina Amt")
            db.session.add(user)
            db.session.flush()
            house.cookie, _ = sessions.start(
                user, provider="staff", claim_roles=("health_officer:nord",), is_staff=True, id_token="x", device="x"
            )
            house.token = tokens.issue(actor=SYSTEM, role=Role.HEALTH_OFFICER, name="bench", office_id=office.id)
        office_id = db.session.scalars(select(Office.id)).one()
        for _ in range(CASES):
            command = EnrolCase.model_validate(enrolment(person=PERSON) | {"last_exposure_on": "2026-11-20"})
            with transaction():
                case_management.enrol(command, actor=SYSTEM, office_id=office_id)
    return house
