"""Hundreds of receipts at once: the usual case in few statements, with the same result as message by message."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select

from config.database import db, transaction
from notifications import outcomes, receipts
from notifications.delivery import deliver
from notifications.models import DeliveryAttempt, Notification, Receipt
from notifications.outcomes import Outcome, register_outcome_handler, tell_outcomes
from notifications.receipts import process_receipts, store
from notifications.statuses import Channel
from tests.factories.notifications import attempts, put_sms, statuses
from tests.fakes.provider import Provider
from tests.fixtures.application import DomainClock

pytestmark = pytest.mark.usefixtures("database")
OWN = {"id", "key", "subject_sealed", "body_sealed", "html_sealed", "fallbacks_sealed", "recipient_sealed"}
OF_ATTEMPT = {"id", "notification_id", "provider_id", "started_at", "settled_at", "redact_at"}


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "_handlers", [])
    monkeypatch.setattr(outcomes, "_filters", {})


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked within the block."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def sent(count: int, provider: Provider) -> dict[str, str]:
    """That many messages that have gone out; the provider's id of each, by key."""
    before = len(provider.accepted)
    for number in range(before, before + count):
        put_sms(f"k{number}")
    while deliver(Channel.SMS):
        pass
    return {each["Body"].removeprefix("Text "): each["sid"] for each in provider.accepted[before:]}


def put(*reported: tuple[str, str, str | None]) -> None:
    with transaction():
        for each in reported:
            store(*each)


def test_hundreds_repeated_and_shuffled_end_as_if_they_had_come_in_order(provider: Provider) -> None:
    ids = sent(200, provider)
    kinds = {key: number % 10 for number, key in enumerate(ids)}
    reported: list[tuple[str, str, str | None]] = []
    for key, sid in ids.items():
        last = ("undelivered", "30006") if kinds[key] == 0 else ("failed", "30007") if kinds[key] == 1 else None
        reported += [(sid, "sent", None), (sid, *(last or ("delivered", None)))]
    reported *= 5
    random.Random(7).shuffle(reported)
    done = 0
    for start in range(0, len(reported), 300):
        put(*reported[start : start + 300])
        done += process_receipts()
    while found := process_receipts():
        done += found
    assert done == 400
    expected = {0: "undelivered", 1: "failed"}
    assert statuses() == {key: expected.get(kind, "delivered") for key, kind in kinds.items()}
    assert not db.session.scalars(select(Receipt.id).where(Receipt.processed_at.is_(None))).all()


def test_the_usual_case_takes_few_statements(provider: Provider) -> None:
    ids = sent(150, provider)
    put(*((sid, "sent", None) for sid in ids.values()), *((sid, "delivered", None) for sid in ids.values()))
    with statements() as asked:
        assert process_receipts() == 300
    assert len(asked) < 20, asked
    assert set(statuses().values()) == {"delivered"}


@pytest.mark.parametrize("reported", [["delivered"], ["sent"], ["read", "delivered"], ["sending"]])
def test_many_at_once_and_one_by_one_write_the_same(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, domain_clock: DomainClock, reported: list[str]
) -> None:
    (many, first), (one, second) = sent(2, provider).items()
    domain_clock.forward(minutes=5)
    put(*((first, status, None) for status in reported))
    assert process_receipts() == len(reported)
    put(*((second, status, None) for status in reported))
    monkeypatch.setattr(receipts, "_usual_status", lambda *_: None)
    assert process_receipts() == len(reported)
    assert _facts(many) == _facts(one)


def _facts(key: str) -> tuple[dict[str, object], list[dict[str, object]]]:
    db.session.rollback()
    row = db.session.execute(select(Notification.__table__).where(Notification.key == key)).mappings().one()
    facts = {name: value for name, value in row.items() if name not in OWN}
    facts |= {name: row[name] is None for name in OWN if name.endswith("_sealed")}
    tried = select(DeliveryAttempt.__table__).where(DeliveryAttempt.notification_id == row["id"])
    return facts, [
        {name: value is None if name in OF_ATTEMPT else value for name, value in each.items()}
        for each in db.session.execute(tried).mappings()
    ]


def test_one_that_fails_among_many_that_arrive_goes_its_own_way(provider: Provider) -> None:
    ids = sent(40, provider)
    keys = list(ids)
    put(*((ids[key], "delivered", None) for key in keys[2:]))
    put((ids[keys[0]], "undelivered", "30003"), (ids[keys[1]], "undelivered", "30006"))
    assert process_receipts() == 40
    found = statuses()
    assert (found[keys[0]], found[keys[1]]) == ("pending", "undelivered")
    assert attempts(keys[1])[0].code == "30006"
    assert {found[key] for key in keys[2:]} == {"delivered"}


def test_a_second_final_receipt_is_logged_and_changes_nothing(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    (key, sid), *_ = sent(1, provider).items()
    put((sid, "delivered", None))
    process_receipts()
    put((sid, "failed", "30008"))
    assert process_receipts() == 1
    assert statuses() == {key: "delivered"}
    assert [one for one in caplog.records if "receipt_conflict" in str(one.msg)]


def test_what_nobody_wants_to_hear_is_noted_for_all_at_once(provider: Provider) -> None:
    ids = sent(60, provider)
    told: list[Outcome] = []
    register_outcome_handler(told.append, lambda many: [one for one in many if one.status.value != "delivered"])
    keys = list(ids)
    put(*((ids[key], "delivered", None) for key in keys[1:]), (ids[keys[0]], "undelivered", "30006"))
    process_receipts()
    with statements() as asked:
        assert tell_outcomes() == 60
    assert len(asked) < 25, asked
    assert [(one.key, one.meaning.value) for one in told] == [(keys[0], "other_channel")]
    assert tell_outcomes() == 0


def test_a_filter_that_fails_lets_everything_be_told(provider: Provider) -> None:
    ids = sent(3, provider)
    told: list[Outcome] = []

    def fail(_: object) -> list[Outcome]:
        raise ArithmeticError

    register_outcome_handler(told.append, fail)
    put(*((sid, "delivered", None) for sid in ids.values()))
    process_receipts()
    assert tell_outcomes() == 3 and len(told) == 3
