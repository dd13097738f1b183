"""Rows of the audit trail are tampered with one by one, in every way we could think of; each is found and named.

The tampering is done as the owner of the tables could, past the triggers, and rolled back after each look.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from auth import audit, audit_anchors
from auth.actors import Actor
from auth.audit_seals import EVENT, end_of, links_after
from auth.audit_verification import Fault
from auth.models import AuditEvent, AuditPending, AuditSeal
from config.database import db, transaction
from tests.support.trail import unlock

pytestmark = pytest.mark.timeout(3600)
CHAIN_LENGTH = 40
WHOLES = 10
HOUSE, OTHER = Actor.system("tests"), Actor(kind="user", id="0193a1b2-0000-7000-8000-00000000abcd")


@dataclass(frozen=True)
class Row:
    """One row of the trail. `other`: the name of another chain."""

    chain: str
    number: int
    event: UUID
    other: str


Way = Callable[[Row], int | None]
"""Tampers with a row; the number of the link that has to be named, if it is not the row's own."""


def _event(row: Row, **values: Any) -> None:
    db.session.execute(update(AuditEvent).where(AuditEvent.id == row.event).values(**values))


def _link(row: Row, **values: Any) -> None:
    db.session.execute(update(AuditSeal).where(_is(row)).values(**values))


def _is(row: Row, number: int | None = None) -> Any:
    return (AuditSeal.chain == row.chain) & (AuditSeal.number == (number or row.number))


def _value(row: Row, column: Any) -> Any:
    return db.session.execute(select(column).where(AuditEvent.id == row.event)).scalar_one()


def _neighbour(row: Row) -> Row:
    number = row.number + 1 if row.number < CHAIN_LENGTH else row.number - 1
    return Row(
        row.chain, number, db.session.scalars(select(AuditSeal.event_id).where(_is(row, number))).one(), row.other
    )


def later(row: Row) -> None:
    _event(row, at=_value(row, AuditEvent.at) + timedelta(microseconds=1))


def domain_time(row: Row) -> None:
    _event(row, domain_at=_value(row, AuditEvent.domain_at) - timedelta(days=1))


def time_that_is_none(row: Row) -> None:
    _spoil(row, "at", {"sqlite": "yesterday", "postgresql": "infinity"})


def facts_that_are_none(row: Row) -> None:
    _spoil(row, "facts", {"sqlite": '{"number":', "postgresql": "17"})


def _spoil(row: Row, column: str, values: dict[str, str]) -> None:
    """Write a text of the database's own that our types would never write."""
    value = values[db.engine.dialect.name]
    event = row.event.hex if db.engine.dialect.name == "sqlite" else str(row.event)
    db.session.execute(text(f"UPDATE audit_event SET {column} = '{value}' WHERE id = '{event}'"))


def actor(row: Row) -> None:
    _event(row, actor="somebody-else")


def actor_kind(row: Row) -> None:
    _event(row, actor_kind="anonymous")


def action(row: Row) -> None:
    _event(row, action="case.viewed ")


def subject(row: Row) -> None:
    _event(row, subject="case:ZZZZ9999")


def seen_taken_away(row: Row) -> None:
    seen = _value(row, AuditEvent.seen)
    _event(row, seen=seen[:-1] if seen else ["case:ZZZZ9999"])


def seen_made_an_act(row: Row) -> None:
    _event(row, seen=None if _value(row, AuditEvent.seen) is not None else [])


def fact_changed(row: Row) -> None:
    _event(row, facts=_value(row, AuditEvent.facts) | {"number": -1})


def fact_of_another_type(row: Row) -> None:
    facts = _value(row, AuditEvent.facts)
    _event(row, facts=facts | {"number": str(facts["number"])})


def fact_added(row: Row) -> None:
    _event(row, facts=_value(row, AuditEvent.facts) | {"by": "order"})


def fact_removed(row: Row) -> None:
    _event(row, facts={})


def event_moved_to_another_chain(row: Row) -> None:
    _event(row, chain=row.other)


def event_id(row: Row) -> None:
    _event(row, id=uuid4())


def seal_bit(row: Row) -> None:
    seal = bytearray(db.session.scalars(select(AuditSeal.seal).where(_is(row))).one())
    seal[7] ^= 1
    _link(row, seal=bytes(seal))


def seal_emptied(row: Row) -> None:
    _link(row, seal=b"")


def seal_number(row: Row) -> None:
    _link(row, number=CHAIN_LENGTH + 1000)


def seal_number_below_all(row: Row) -> int:
    _link(row, number=-5)
    return -5


def seal_of_another_event(row: Row) -> None:
    _link(row, event_id=uuid4())


def seal_with_no_key(row: Row) -> None:
    _link(row, key_id=None)


def seal_with_an_unknown_key(row: Row) -> None:
    _link(row, key_id="00000000")


def seal_moved_to_another_chain(row: Row) -> None:
    _link(row, chain=row.other, number=CHAIN_LENGTH + 7)


def both_moved_to_the_end_of_another_chain(row: Row) -> None:
    _event(row, chain=row.other)
    _link(row, chain=row.other, number=CHAIN_LENGTH + 1)


def event_deleted(row: Row) -> None:
    db.session.execute(delete(AuditEvent).where(AuditEvent.id == row.event))


def seal_deleted(row: Row) -> None:
    db.session.execute(delete(AuditSeal).where(_is(row)))


def both_deleted(row: Row) -> None:
    event_deleted(row)
    seal_deleted(row)


def both_deleted_and_closed_up(row: Row) -> None:
    both_deleted(row)
    for number in range(row.number + 1, CHAIN_LENGTH + 1):
        db.session.execute(update(AuditSeal).where(_is(row, number)).values(number=number - 1))


def numbers_swapped(row: Row) -> int:
    neighbour = _neighbour(row)
    _link(row, number=-1)
    _link(neighbour, number=row.number)
    db.session.execute(update(AuditSeal).where(_is(row, -1)).values(number=neighbour.number))
    return min(row.number, neighbour.number)


def events_swapped(row: Row) -> int:
    neighbour = _neighbour(row)
    mine, its = (dict(_values(each.event)) for each in (row, neighbour))
    _event(row, **its)
    _event(neighbour, **mine)
    return min(row.number, neighbour.number)


def links_point_at_each_other_s_event(row: Row) -> int:
    neighbour = _neighbour(row)
    _link(row, event_id=uuid4())
    _link(neighbour, event_id=row.event)
    _link(row, event_id=neighbour.event)
    return min(row.number, neighbour.number)


def inserted_before(row: Row) -> None:
    for number in range(CHAIN_LENGTH, row.number - 1, -1):
        db.session.execute(update(AuditSeal).where(_is(row, number)).values(number=number + 1))
    _insert(row, row.number)


def copied_to_the_end(row: Row) -> int:
    _insert(row, CHAIN_LENGTH + 1)
    return CHAIN_LENGTH + 1


def end_cut_off(row: Row) -> None:
    """Everything from this row on: no link that is left shows it, only the anchor does."""
    gone = select(AuditSeal.event_id).where(AuditSeal.chain == row.chain, AuditSeal.number >= row.number)
    events = list(db.session.scalars(gone))
    db.session.execute(delete(AuditSeal).where(AuditSeal.event_id.in_(events)))
    db.session.execute(delete(AuditEvent).where(AuditEvent.id.in_(events)))


def made_anew_with_the_key(row: Row) -> int:
    """By somebody who has the key, too: all links from here on are right again, only the anchor knows better."""
    _event(row, actor="somebody-else")
    ids = list(
        db.session.scalars(
            select(AuditSeal.event_id)
            .where(AuditSeal.chain == row.chain, AuditSeal.number >= row.number)
            .order_by(AuditSeal.number)
        )
    )
    db.session.execute(delete(AuditSeal).where(AuditSeal.event_id.in_(ids)))
    db.session.execute(insert(AuditPending).values([{"event_id": each} for each in ids]))
    db.session.flush()
    events = db.session.execute(select(*EVENT).where(AuditEvent.id.in_(ids)).order_by(AuditEvent.id)).all()
    ends = {event.chain: end_of(event.chain)[:2] for event in events}
    db.session.execute(insert(AuditSeal).values(links_after(ends, events)))
    db.session.execute(delete(AuditPending).where(AuditPending.event_id.in_(ids)))
    return CHAIN_LENGTH


def _values(event: UUID) -> Iterator[tuple[str, Any]]:
    row = db.session.execute(select(*EVENT).where(AuditEvent.id == event)).one()
    return ((name, value) for name, value in row._asdict().items() if name != "id")


def _insert(row: Row, number: int) -> None:
    forged = uuid4()
    seal = db.session.scalars(select(AuditSeal.seal).where(AuditSeal.event_id == row.event)).one()
    key = db.session.scalars(select(AuditSeal.key_id).where(AuditSeal.event_id == row.event)).one()
    db.session.execute(insert(AuditEvent).values(id=forged, **dict(_values(row.event))))
    db.session.execute(insert(AuditSeal).values(chain=row.chain, number=number, event_id=forged, seal=seal, key_id=key))


WAYS: tuple[Way, ...] = (
    later,
    domain_time,
    time_that_is_none,
    facts_that_are_none,
    actor,
    actor_kind,
    action,
    subject,
    seen_taken_away,
    seen_made_an_act,
    fact_changed,
    fact_of_another_type,
    fact_added,
    fact_removed,
    event_moved_to_another_chain,
    event_id,
    seal_bit,
    seal_emptied,
    seal_number,
    seal_number_below_all,
    seal_of_another_event,
    seal_with_no_key,
    seal_with_an_unknown_key,
    seal_moved_to_another_chain,
    both_moved_to_the_end_of_another_chain,
    event_deleted,
    seal_deleted,
    both_deleted,
    both_deleted_and_closed_up,
    numbers_swapped,
    events_swapped,
    links_point_at_each_other_s_event,
    inserted_before,
    copied_to_the_end,
    end_cut_off,
    made_anew_with_the_key,
)


@pytest.fixture
def rows(database: Flask, amount: Callable[[int, int], int], request: pytest.FixtureRequest) -> list[Row]:
    """A trail of so many events (or chains, by parameter) of forty each: sealed, anchored, and without guards."""
    names = [
        f"office:{number:03}" for number in range(getattr(request, "param", -(-amount(200, 10_000) // CHAIN_LENGTH)))
    ]
    for name in names:
        with transaction():
            for number in range(CHAIN_LENGTH):
                if number % 3:
                    audit.record(HOUSE, "case.closed", f"case:{number}", chain=name, number=number)
                else:
                    seen = [f"case:{number}", "case:B"]
                    audit.record(OTHER, "cases.listed", name, chain=name, seen=seen, number=number)
    while audit.seal():
        pass
    assert audit_anchors.write() == len(names)
    unlock()
    found = db.session.execute(
        select(AuditSeal.chain, AuditSeal.number, AuditSeal.event_id).order_by(AuditSeal.event_id)
    )
    other = dict(zip(names, [*names[1:], names[0]], strict=True))
    return [Row(row.chain, row.number, row.event_id, other[row.chain]) for row in found]


few = pytest.mark.parametrize("rows", [3], indirect=True, ids=["few"])


def test_every_row_that_was_tampered_with_is_found_and_named(rows: list[Row]) -> None:
    assert audit.verify().is_whole
    missed = []
    for place, row in enumerate(rows):
        way = WAYS[place % len(WAYS)]
        expected = way(row)
        wanted = row.number if expected is None else expected
        whole = place % (len(rows) // WHOLES) == 0
        faults = audit.verify(None if whole else row.chain).faults  # ends with a roll-back: the row is as it was
        if not any(_names(fault, row.chain, wanted) for fault in faults):
            missed.append((way.__name__, row, [str(fault) for fault in faults]))
    assert not missed
    assert audit.verify().is_whole, "every tampering was taken back"


def _names(fault: Fault, chain: str, number: int) -> bool:
    return fault.chain == chain and fault.number == number


@few
def test_the_event_and_its_time_are_named(rows: list[Row]) -> None:
    row = rows[len(rows) // 2]
    for way in (later, actor, fact_changed, seal_bit, seal_with_no_key):
        way(row)
        at = _value(row, AuditEvent.at)
        (fault,) = audit.verify(row.chain).faults
        assert (fault.event, fault.at) == (row.event, at)
        assert str(row.event) in str(fault)


@few
def test_of_several_the_first_of_each_chain_is_named(rows: list[Row]) -> None:
    chains = sorted({row.chain for row in rows})[:3]
    for row in rows:
        if row.chain in chains and row.number >= 10 + chains.index(row.chain):
            actor(row)
    found = {fault.chain: fault.number for fault in audit.verify().faults}
    assert found == {chain: 10 + place for place, chain in enumerate(chains)}


@few
def test_a_chain_that_is_gone_as_a_whole_is_missed(rows: list[Row]) -> None:
    end_cut_off(next(row for row in rows if row.number == 1))
    (fault,) = audit.verify().faults
    assert (fault.chain, fault.number) == (rows[0].chain, 1)


@few
def test_an_event_without_a_link_is_found(rows: list[Row]) -> None:
    forged = uuid4()
    db.session.execute(insert(AuditEvent).values(id=forged, **dict(_values(rows[0].event))))
    (fault,) = audit.verify().faults
    assert fault.event == forged
