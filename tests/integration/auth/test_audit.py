"""The audit trail: append-only, chained in batches, and every change of it is found."""

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from auth import audit
from auth.actors import Actor
from auth.models import AuditEvent, AuditPending, AuditSeal
from config.database import db, transaction
from tests.support.trail import unlock

ACTOR = Actor.system("tests")


def write(count: int, chain: str = audit.HOUSE_CHAIN) -> None:
    with transaction():
        for number in range(count):
            audit.record(ACTOR, "case.closed", f"case:{number}", chain=chain, reason="other", number=number)


def test_recording_needs_a_transaction(database: Flask) -> None:
    with pytest.raises(RuntimeError):
        audit.record(ACTOR, "case.closed", "case:1")


def test_events_vanish_with_the_act_that_failed(database: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        audit.record(ACTOR, "case.closed", "case:1")
        raise ZeroDivisionError
    assert db.session.scalars(select(AuditEvent)).all() == []


def test_the_sealer_links_every_event_once(database: Flask) -> None:
    write(3)
    write(2, chain="north")
    assert audit.verify().waiting == 5
    assert audit.seal() == 5
    assert audit.seal() == 0
    write(1)
    assert audit.seal() == 1
    verdict = audit.verify()
    assert (verdict.sealed, verdict.waiting, verdict.faults) == (6, 0, ())
    numbers = db.session.scalars(select(AuditSeal.number).where(AuditSeal.chain == "house").order_by(AuditSeal.number))
    assert list(numbers) == [1, 2, 3, 4]


@pytest.mark.parametrize("table", [AuditEvent, AuditSeal])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_changes(database: Flask, table: type, verb: str) -> None:
    write(1)
    audit.seal()
    change = delete(table) if verb == "delete" else update(table).values(chain="x")
    with pytest.raises(DatabaseError), transaction():
        db.session.execute(change)
    assert audit.verify().faults == ()


@pytest.mark.parametrize("column", ["actor", "action", "subject", "actor_kind"])
def test_a_changed_event_is_found(database: Flask, column: str) -> None:
    write(5)
    audit.seal()
    unlock()
    third = db.session.scalars(select(AuditEvent.id).order_by(AuditEvent.id).offset(2).limit(1)).one()
    with transaction():
        db.session.execute(update(AuditEvent).where(AuditEvent.id == third).values({column: "x"}))
    (fault,) = audit.verify().faults
    assert fault.field == "house/3"
    assert str(third) in str(fault)


def test_changed_facts_a_missing_event_and_a_missing_link_are_found(database: Flask) -> None:
    write(3)
    audit.seal()
    unlock()
    ids = list(db.session.scalars(select(AuditEvent.id).order_by(AuditEvent.id)))
    with transaction():
        db.session.execute(update(AuditEvent).where(AuditEvent.id == ids[2]).values(facts={"reason": "duplicate"}))
    assert audit.verify().faults[0].field == "house/3"
    with transaction():
        db.session.execute(delete(AuditEvent).where(AuditEvent.id == ids[1]))
    assert audit.verify().faults[0].field == "house/2"
    with transaction():
        db.session.execute(delete(AuditSeal).where(AuditSeal.number == 1))
    assert audit.verify().faults[0].field == "house/1"


def test_an_event_slipped_past_the_sealer_is_found(database: Flask) -> None:
    write(1)
    with transaction():
        db.session.execute(delete(AuditPending))
    assert "no chain" in str(audit.verify().faults[0])


def test_facts_are_plain_and_short(database: Flask) -> None:
    with transaction():
        event_id = audit.record(ACTOR, "x", "y", long="a" * 1000, codes={"b"}, nothing=None, count=3)
        found = db.session.get_one(AuditEvent, event_id)
        assert found.facts == {"long": "a" * 200, "codes": ["b"], "nothing": None, "count": 3}
