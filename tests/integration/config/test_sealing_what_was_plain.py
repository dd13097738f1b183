"""A database of an older version: what stood there in plain is sealed by the upgrade, and nowhere readable after it."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from sqlalchemy import MetaData, create_engine, insert, select

from auth.models import IdempotencyRecord
from care import name_index
from care.models import Case, OrderRecord, Person
from config import schema, scopes
from config.app import create_app
from config.database import MIGRATIONS, db
from config.keyring import blind_index, encrypt, keyring, place_of
from config.settings import Settings, load_settings
from notifications.models import Notification
from notifications.operation_models import BulkSend
from tests.fixtures.databases import owners_address

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
PLAIN = ("EXTERN-4711", "Anordnung wegen Kanarienfieber", "recommended_quarantaene", "Rundbrief an Kanarien")
PLAIN += ("Kanarienbrowser/7.1", "kanarie@example.org")


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.sqlite3'}"
    create: Callable[[str], str] = request.getfixturevalue("new_postgresql")
    return create("template0")


@pytest.fixture
def old_house(old_url: str, tmp_path: Path) -> Settings:
    """The settings of a house whose database has schema 0002."""
    settings = load_settings(
        data_dir=tmp_path,
        database_url=old_url,
        migration_database_url=owners_address(old_url),
        base_url="http://localhost",
    )
    with house(as_owner(settings)):
        flask_migrate.upgrade(directory=str(MIGRATIONS), revision="0002")
    return settings


def as_owner(settings: Settings) -> Settings:
    """The application's own role was given rights to the newest tables only."""
    return settings.changed(database_url=settings.migration_database_url)


@contextmanager
def house(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context(), scopes.within(scopes.system("tests")):
        yield app
        db.session.remove()
        db.engine.dispose()


class Old:
    """Rows as the version before wrote them: sealed under the deployment's key, or not at all."""

    def __init__(self) -> None:
        self.metadata = MetaData()
        self.metadata.reflect(db.engine)
        self.office, self.person, self.case = (uuid.uuid4() for _ in range(3))
        self.data_key = os.urandom(32)

    def add(self, table: str, **values: Any) -> None:
        if db.engine.dialect.name == "sqlite":  # reflected as text
            values = {name: value.hex if isinstance(value, uuid.UUID) else value for name, value in values.items()}
        with db.engine.begin() as connection:
            connection.execute(insert(self.metadata.tables[table]).values(**values))

    def of_person(self, table: str, column: str, row: uuid.UUID, value: str) -> bytes:
        return encrypt(AESGCM(self.data_key), value.encode(), place_of(table, column, row))

    def fill(self) -> None:
        self.add("office", id=self.office, code="nord", name="Nord", is_default=True, created_at=NOW)
        self._person()
        self._case()
        self._the_rest()

    def _person(self) -> None:
        self.add(
            "care_person",
            id=self.person,
            wrapped_key=keyring().seal(self.data_key, place_of("care_person", "wrapped_key", self.person)),
            given_name_sealed=self.of_person("care_person", "given_name", self.person, "Anna"),
            family_name_sealed=self.of_person("care_person", "family_name", self.person, "Müller"),
            locale="de",
            channel="sms",
            contact_window="unset",
            created_at=NOW,
        )

    def _case(self) -> None:
        times = dict.fromkeys(("enrolled_at", "recorded_at", "touched_at"), NOW)
        self.add(
            "care_case",
            id=self.case, reference="K7NPX3RB", person_id=self.person, office_id=self.office, kind="index",
            protocol_code="covid-19", protocol_version=1, status="monitoring", external_id=PLAIN[0],
            last_exposure_on=date(2026, 11, 1), symptom_onset_on=date(2026, 11, 2), first_positive_on=None,
            continuous_exposure=False, public_health_action=PLAIN[2], priority=1.0, facts_revision=1,
            assessed_revision=1, rules_version=1, next_check_in_at=NOW, **times,
        )  # fmt: skip
        event = {"case_id": self.case, "recorded_at": NOW, "actor_id": "x"}
        self.add("care_order_event", id=uuid.uuid4(), event="issue_written", legal_basis=PLAIN[1], **event)
        self.add("care_review", id=uuid.uuid4(), outcome="dismissed", **event)

    def _the_rest(self) -> None:
        self.add(
            "bulk_send", id=uuid.uuid4(), key="k", name=PLAIN[3], template="care.notice", source="file", created_by="x",
            state="draft", total=0, rejected=0, segments=0, created_at=NOW,
        )  # fmt: skip
        user = uuid.uuid4()
        self.add(
            "user_account", id=user, issuer="i", subject="s", assurance="basic", created_at=NOW, last_login_at=NOW,
            wrapped_key=keyring().seal(self.data_key, place_of("user_account", "wrapped_key", user)),
        )  # fmt: skip
        self.add(
            "user_session", id=uuid.uuid4(), token_hash=b"t", user_id=user, provider="residents", claim_roles=[],
            assurance="basic", is_staff=False, device=PLAIN[4], created_at=NOW, seen_at=NOW, expires_at=NOW,
        )  # fmt: skip
        self.add(
            "login_attempt", id=uuid.uuid4(), state_hash=b"s", browser_hash=b"b", provider="residents", nonce="n",
            code_verifier="v", next_path=f"/care/cases/?q={PLAIN[0]}", expires_at=NOW,
        )  # fmt: skip
        self.add(
            "idempotency_record", id=uuid.uuid4(), actor="a", key=PLAIN[5], fingerprint=b"f", state="answered",
            headers={}, created_at=NOW,
        )  # fmt: skip
        self.add(
            "notification", id=uuid.uuid4(), key=f"api:token-1:{PLAIN[5]}", template="t.t", template_version="1",
            channel="sms", locale="de", recipient_index=b"i", about="K7NPX3RB", status="sent", created_at=NOW,
            resend_when_unknown=False, segments=1, attempts_made=1, changed_at=NOW, untold=False, tell_failures=0,
            has_text=False,
        )  # fmt: skip


def everything(settings: Settings, folder: Path) -> bytes:
    """All bytes of the database that somebody could read who has its files, as far as we can get at them."""
    url = settings.migration_database_url
    if url.startswith("sqlite"):
        return b"".join(path.read_bytes() for path in folder.glob("old.sqlite3*"))
    found = b""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        tables = connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = ANY (%s)",
                                    ([*schema.SEALED_TABLES, "notification"],)).fetchall()  # fmt: skip
        for (table,) in tables:
            pages = "SELECT pg_read_binary_file(pg_relation_filepath(%s::regclass))"
            found += connection.execute(pages, (table,)).fetchone()[0]  # type: ignore[index]
    return found


def test_what_was_plain_is_sealed_and_reads_as_before(old_house: Settings, tmp_path: Path) -> None:
    with house(as_owner(old_house)):
        old = Old()
        old.fill()
        assert all(text.encode() in everything(old_house, tmp_path) for text in PLAIN)
    with house(old_house) as app:
        schema.upgrade(app, old_house)
    with house(old_house):
        case = db.session.get_one(Case, old.case)
        assert (case.external_id, case.public_health_action) == (PLAIN[0], PLAIN[2])
        assert case.external_index == blind_index("external id", PLAIN[0])
        assert (case.last_exposure_on, case.symptom_onset_on) == (date(2026, 11, 1), date(2026, 11, 2))
        assert case.first_positive_on is case.entered_on is None
        assert (case.next_check_in_at, case.reassess_at) == (NOW, None)
        assert db.session.scalars(select(OrderRecord)).one().legal_basis == PLAIN[1]
        assert case.reviews[0].judgement == "dismissed"
        assert db.session.scalars(select(BulkSend)).one().name == PLAIN[3]
        hashed = blind_index("message key", f"token-1:{PLAIN[5]}").hex()
        assert db.session.scalars(select(Notification.key)).one() == f"api:{hashed}"
        assert db.session.scalars(select(IdempotencyRecord.key)).one() == blind_index("idempotency key", PLAIN[5]).hex()
        assert case.person.office_id == old.office
    left = everything(old_house, tmp_path)
    assert len(left) > 1000
    assert [text for text in PLAIN if text.encode() in left] == []


def test_people_of_an_older_version_are_found_by_name_after_the_job(old_house: Settings) -> None:
    with house(as_owner(old_house)):
        Old().fill()
    with house(old_house) as app:
        schema.upgrade(app, old_house)
    with house(old_house):
        wanted = select(Person.id).where(name_index.begins_like("Mue ann"))  # type: ignore[arg-type]
        assert db.session.scalars(wanted).all() == []
        assert (name_index.index_missing(), name_index.index_missing()) == (1, 0)
        assert len(db.session.scalars(wanted).all()) == 1


def test_models_and_migrations_agree(old_house: Settings) -> None:
    with house(old_house) as app:
        schema.upgrade(app, old_house)
        engine = create_engine(old_house.migration_database_url)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            differences = compare_metadata(context, db.metadata)
        engine.dispose()
    assert differences == []
