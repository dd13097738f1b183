"""Erasures: afterwards nothing of the people is found anywhere, and nobody else has changed.

People with canary words in every field, among others who stay; then every table is read (opened wherever the
deployment's keys still open something), the files and the log are searched, and the audit trail is verified.
"""

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, select

from auth import audit, erasures, own_data
from auth.erasures import EVERYTHING
from auth.models import IdempotencyRecord
from care import erasure as care_erasure
from care.models import Case
from config import clock
from config.database import Base, db, transaction
from config.encryption import blind_index
from config.ids import new_id
from config.settings import Settings
from notifications.bulk_rows import CheckedRow
from notifications.bulk_sources import Addressee
from notifications.bulk_store import add_rows, prepared
from notifications.operation_models import BulkSend, BulkState
from notifications.statuses import Channel
from services import erasure as request_erasure
from tests.factories.care import MONDAY, OFFICER
from tests.factories.privacy import Clock, account, everything, request, rich_case

pytestmark = [pytest.mark.timeout(3600)]
CANARY, OTHER = "Zyqwolkar", "Blimfenta"
# What may still hold a digest of a table: lists and trails that grow with every erasure.
GROWING = {"audit_event", "audit_pending", "audit_seal", "erasure", "alembic_version"}


class Somebody:
    """One person in all wings: a case, an account with a request, a row of a bulk send, an answer of the API."""

    def __init__(self, mark: str) -> None:
        case = rich_case(mark)
        self.mark, self.case_id, self.reference, self.person_id = mark, case.id, case.reference, case.person_id
        assert case.person.phone
        self.phone, self.email = case.person.phone, str(case.person.email)
        user = account(mark)
        self.user_id = user.id
        self.request = request(user, mark)
        self._in_bulk(mark)
        with transaction():
            answer = json.dumps({"reference": self.reference, "person": {"given_name": f"{mark}given"}}).encode()
            record = IdempotencyRecord(
                actor="program", key=mark, fingerprint=b"0" * 32, state="answered", status=201, headers={}, body=answer
            )
            db.session.add(record)

    def _in_bulk(self, mark: str) -> None:
        """In a draft of a bulk send, known by the address alone, and quoted as its example."""
        with transaction():
            bulk = BulkSend(
                key=f"bulk {new_id()}", name="Sammelnachricht", template="care.invitation", source="file",
                created_by="tests", state=BulkState.DRAFT, created_at=clock.now(),
                variables={"texts": {}, "summary": {"examples": [{"body": f"{mark}example"}]}},
            )  # fmt: skip
            db.session.add(bulk)
            db.session.flush()
            who = Addressee(1, Channel.SMS, self.phone, cells={"name": f"{mark}cell"})
            add_rows(prepared(bulk.id, [CheckedRow(who, 1)]))

    def erase(self) -> None:
        with transaction():
            request_erasure.erase(self.request, reason="unlawful", actor=OFFICER)
        with transaction():
            own_data.end_account(self.user_id, OFFICER)
        with transaction():
            case = db.session.get_one(Case, self.case_id)
            care_erasure.erase(case, scope=EVERYTHING, reason="unlawful", actor=OFFICER)

    @property
    def traces(self) -> tuple[str, ...]:
        """Words and numbers that would give the person away, and the keyed hashes under which they were found."""
        return (self.mark, self.phone, self.phone[3:], self.email)


@pytest.fixture
def people(app: Flask, amount: Callable[[int, int], int]) -> Iterator[tuple[list[Somebody], list[Somebody]]]:
    """Those who will be erased, and every fifth as many who stay."""
    Clock(MONDAY)
    with app.app_context():
        number = amount(8, 1000)
        going = [Somebody(f"{CANARY}{each:04}x") for each in range(number)]
        staying = [Somebody(f"{OTHER}{each:04}x") for each in range(max(2, number // 5))]
        yield going, staying
    clock.reset()


def digests(staying: list[Somebody]) -> dict[str, str]:
    """Of each table, what it says of those who stay: rows that name them, or hang on rows that do."""
    ids = _ids_of(staying)
    found: dict[str, Any] = {}
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        if table.name in GROWING:
            continue
        digest = found.setdefault(table.name, [])
        for row in db.session.execute(select(table)).all():
            values = [value.hex() if isinstance(value, bytes) else str(value) for value in row]
            if any(value in ids for value in values):
                digest.append("|".join(values))
    return {name: hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest() for name, rows in found.items()}


def _ids_of(staying: list[Somebody]) -> set[str]:
    own = {str(value) for each in staying for value in (each.person_id, each.case_id, each.user_id, each.reference)}
    hashes = {blind_index("phone", each.phone).hex() for each in staying}
    requests = {each.request for each in staying}
    return own | hashes | requests


def sealed_values() -> set[bytes]:
    """Every ciphertext and every keyed hash in the database."""
    found: set[bytes] = set()
    for mapper in Base.registry.mappers:
        for column in mapper.local_table.columns:
            if isinstance(column.type, LargeBinary):
                found |= {value for value in db.session.scalars(select(column)) if value and len(value) >= 28}
    return found


def test_nothing_is_left_of_the_erased_and_nobody_else_has_changed(
    people: tuple[list[Somebody], list[Somebody]], settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    going, staying = people
    while audit.seal():
        pass
    before, sealed_before = digests(staying), sealed_values()
    capfd.readouterr()
    for each in going:
        each.erase()
    while audit.seal():
        pass
    logged = "".join(capfd.readouterr())
    db.session.expire_all()
    words = [word.casefold() for each in going for word in each.traces]
    needles = {CANARY.casefold(), *words}
    left = list(everything())
    assert [(table, str(value)[:80]) for table, value in left if _says(value, needles)] == []
    _no_key_is_left(going, left)
    assert digests(staying) == before
    verdict = audit.verify()
    assert verdict.faults == ()
    assert not any(needle in logged.casefold() for needle in needles)
    listed = erasures.file_of_list().read_text().casefold()
    assert not any(needle in listed for needle in needles)
    assert len(listed.splitlines()) == 3 * len(going)
    _files_say_nothing(settings, needles, sealed_before - sealed_values())


def _says(value: object, needles: set[str]) -> bool:
    text = (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).casefold()
    if CANARY.casefold() in text:
        return True
    return len(text) > 5 and any(needle in text for needle in needles) if _looks_like_an_address(text) else False


def _looks_like_an_address(text: str) -> bool:
    return "151" in text or "@" in text


def _no_key_is_left(going: list[Somebody], left: list[tuple[str, Any]]) -> None:
    """Their rows are gone with their keys, and of the hashes under which they were found only a closed address is."""
    gone = {each.person_id for each in going} | {each.user_id for each in going} | {each.case_id for each in going}
    assert {table for table, value in left if isinstance(value, uuid.UUID) and value in gone} <= {"erasure"}
    addresses = {blind_index("phone", each.phone) for each in going} | {
        blind_index("email", each.email.casefold()) for each in going
    }
    names = {blind_index("family_name", f"{each.mark}family".casefold()) for each in going}
    hashes = [(table, value) for table, value in left if isinstance(value, bytes)]
    assert {table for table, value in hashes if value in addresses} <= {"suppression", "contact_basis"}
    assert not [table for table, value in hashes if value in names]


def _files_say_nothing(settings: Settings, needles: set[str], erased: set[bytes]) -> None:
    """No file under the data folder holds a word of them, and SQLite's none of what is no row any more."""
    assert erased
    db.session.rollback()
    db.engine.dispose()
    erasures.overwrite_log()
    for path in _files(settings):
        content = path.read_bytes()
        folded = content.lower()
        assert not any(needle.encode() in folded for needle in needles), path.name
        if path.suffix.startswith(".sqlite"):
            # Long values lie on several pages; their beginning lies on one.
            assert [value for value in erased if value[:24] in content] == [], path.name


def _files(settings: Settings) -> list[Path]:
    return [path for path in settings.data_dir.rglob("*") if path.is_file()]


def test_sqlite_overwrites_what_is_deleted(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("of SQLite only: on PostgreSQL vacuuming does it")
        raw: Any = db.session.connection().connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        assert raw.execute("PRAGMA secure_delete").fetchone() == (1,)
