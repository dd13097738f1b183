"""The sealer: soon, once, in order, and in nobody's way."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from auth import audit, audit_sealer
from auth.actors import Actor
from auth.audit_sealer import SEALER, Sealer
from auth.audit_seals import SEALER_LOCK
from auth.models import AuditPending, AuditSeal
from config.database import db, transaction

HOUSE = Actor.system("tests")


@pytest.fixture
def sealer(app: Flask) -> Iterator[Sealer]:
    started = audit_sealer.start(app)
    yield started
    assert started.flush(timeout=30)
    app.extensions.pop(SEALER)


def _record(count: int, chain: str = "house") -> None:
    with transaction():
        for number in range(count):
            audit.record(HOUSE, "case.closed", f"case:{number}", chain=chain)


def _waiting() -> int:
    waiting = db.session.scalar(select(func.count()).select_from(AuditPending)) or 0
    db.session.rollback()
    return waiting


def test_what_was_recorded_is_sealed_without_anybody_asking(database: Flask, sealer: Sealer) -> None:
    _record(3)
    assert sealer.flush(timeout=30)
    assert _waiting() == 0
    _record(2, chain="office:north")
    assert sealer.flush(timeout=30)
    assert audit.verify().chains == {"house": 3, "office:north": 2}


def test_what_was_rolled_back_wakes_nobody(database: Flask, sealer: Sealer) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        audit.record(HOUSE, "case.closed", "case:1")
        raise ZeroDivisionError
    assert sealer._pid == 0  # its thread was never started


def test_several_sealers_and_many_writers_link_every_event_once(app: Flask) -> None:
    sealers = [Sealer(app) for _ in range(3)]  # as of three processes

    def write(writer: int) -> None:
        with app.app_context():
            for _ in range(15):
                _record(2, chain=f"office:{writer % 3}")
                sealers[writer % 3].wake()
            db.session.remove()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert all(each.flush(timeout=60) for each in sealers)
    with app.app_context():
        while audit.seal():  # what one of them left to another that had just gone
            pass
        verdict = audit.verify()
        assert (verdict.chains, verdict.waiting, verdict.faults) == ({f"office:{n}": 60 for n in range(3)}, 0, ())


def test_a_second_sealer_waits_for_nobody_and_writers_wait_for_none(database: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite lets one write at a time anyway")
    _record(3)
    with db.engine.connect() as other:  # a sealer in the middle of its batch
        other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEALER_LOCK})
        other.execute(select(AuditPending.event_id).with_for_update())
        with transaction():
            db.session.execute(text("SET LOCAL lock_timeout = '2s'"))
            audit.record(HOUSE, "case.closed", "case:X")
        assert audit.seal() == 0
        other.rollback()
    assert audit.seal() == 4
    assert audit.verify().is_whole


def test_what_others_record_meanwhile_is_gathered_for_the_next_round(
    database: Flask, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []

    def while_others_go_on() -> int:
        rounds.append(audit.seal())
        with transaction():
            audit.record(HOUSE, "case.closed", "case:later")
        return rounds[-1]

    monkeypatch.setattr(audit_sealer, "seal", while_others_go_on)
    sealer_of_another_process = Sealer(database)
    _record(5)
    assert sealer_of_another_process.seal_waiting() == 5
    assert rounds == [5]
    monkeypatch.setattr(audit_sealer, "seal", audit.seal)
    assert sealer.flush(timeout=30)
    assert _waiting() == 0


def test_a_sealer_that_fails_goes_on_later(database: Flask, sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_sealer, "PAUSE_AFTER_FAILURE_S", 0.01)
    broken = threading.Event()

    def fail_once() -> int:
        if not broken.is_set():
            broken.set()
            raise RuntimeError
        return audit.seal()

    monkeypatch.setattr(audit_sealer, "seal", fail_once)
    _record(1)
    assert sealer.flush(timeout=30)
    assert _waiting() == 1
    _record(1)
    assert sealer.flush(timeout=30)
    assert db.session.scalar(select(func.count()).select_from(AuditSeal)) == 2
