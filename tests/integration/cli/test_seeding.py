"""What `obhut db upgrade` puts into the database, so that the first role without a place has one."""

import sqlite3

import pytest
from sqlalchemy import select

from auth.models import Department, Office
from config.command_line.seeding import department_codes, office_of, seed
from config.database import db, transaction
from config.settings import Settings
from tests.fixtures.processes import StartObhut

REAL = {
    "OBHUT_OIDC_ISSUER": "https://login.example.org", "OBHUT_OIDC_CLIENT_ID": "obhut",
    "OBHUT_TWILIO_ACCOUNT_SID": "AC1", "OBHUT_TWILIO_AUTH_TOKEN": "x", "OBHUT_TWILIO_FROM": "+493023125100",
    "OBHUT_SMTP_URL": "smtp://mail.example.org",
}  # fmt: skip


def test_db_upgrade_leaves_a_database_to_work_with(obhut: StartObhut) -> None:
    house = obhut(REAL | {"OBHUT_CITY_NAME": "Göttingen"})
    for _ in range(2):
        done = house.run("db", "upgrade")
        assert done.returncode == 0, done.stderr
    with sqlite3.connect(house.folder / "obhut.sqlite3") as connection:
        offices = connection.execute("SELECT code, name, is_default FROM office").fetchall()
        departments = connection.execute("SELECT code, is_default FROM department ORDER BY code").fetchall()
    connection.close()
    assert offices == [("goettingen", "Gesundheitsamt Göttingen", 1)]
    assert departments == [(code, int(code == "buergerservice")) for code in department_codes()]


@pytest.mark.usefixtures("database")
def test_a_department_that_a_new_service_brings_is_added(settings: Settings) -> None:
    real = settings.changed(**{name.removeprefix("OBHUT_").lower(): value for name, value in REAL.items()})
    with transaction():
        db.session.add(Office(code="sued", name="Gesundheitsamt Süd", is_default=True))
        db.session.add(Department(code="ordnungsamt", name="Ordnungsamt", is_default=True))
    seed(real)
    found = {one.code: one.is_default for one in db.session.scalars(select(Department))}
    assert found == {"ordnungsamt": True} | dict.fromkeys(department_codes(), False)
    assert list(db.session.scalars(select(Office.code))) == ["sued"]


@pytest.mark.parametrize(
    ("city", "code"),
    [("Braunschweig", "braunschweig"), ("Bad Gößnitz (Süd)", "bad-goessnitz-sued"), ("東京", "default")],
)
def test_the_code_of_a_citys_office(city: str, code: str) -> None:
    assert office_of(city) == (code, f"Gesundheitsamt {city}")
