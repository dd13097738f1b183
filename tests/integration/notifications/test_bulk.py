"""Bulk sends: drafted, started, interrupted, paused, withdrawn; each person gets the message once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from auth.actors import Actor
from config import clock
from config.database import db, transaction
from config.errors import InvalidTransition, NotFound, RuleViolation
from notifications import bulk, bulk_queries, bulk_writing
from notifications.bulk import BulkAction, Plan
from notifications.bulk_files import addressees_from
from notifications.bulk_sources import Addressee
from notifications.delivery import deliver
from notifications.operation_models import BulkRecipient, BulkSend
from notifications.preferences import suppress
from notifications.statuses import Channel, Priority
from tests.factories.notifications import message, statuses
from tests.fakes.provider import Provider
from tests.support.at_work import at_work

OFFICER = Actor.system("tests")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_writing, "CHUNK", 3)


@pytest.fixture(autouse=True)
def context(database: Flask) -> Iterator[None]:
    yield
    db.session.rollback()


def people(count: int, **more: Any) -> list[Addressee]:
    return [Addressee(number, Channel.SMS, f"+4915735990{number:03}", **more) for number in range(1, count + 1)]


def drafted(rows: list[Addressee], text: str = "Die Sprechstunde entfällt.", **more: Any) -> UUID:
    plan = Plan("notifications.plain", "Sprechstunde", more.pop("nonce", str(uuid4())), {"text": text}, **more)
    return bulk.draft(plan, rows, actor=OFFICER)


def do(bulk_id: UUID, action: BulkAction) -> None:
    with transaction():
        bulk.act(bulk_id, action, actor=OFFICER)


def started(rows: list[Addressee], **more: Any) -> UUID:
    bulk_id = drafted(rows, **more)
    do(bulk_id, BulkAction.START)
    return bulk_id


def everything() -> None:
    while bulk_writing.write_next() + deliver(Channel.SMS) + bulk_writing.finish_done():
        pass


def test_a_draft_says_what_is_wrong_with_each_row_and_sends_nothing() -> None:
    with transaction():
        suppress(Channel.SMS, "+4915735990003", "reply")
    rows = [
        *people(3),
        Addressee(4, Channel.SMS, "+4915735990001"),
        Addressee(5, Channel.SMS, "+4915735990005", locale="xx"),
        Addressee(6, Channel.SMS, "12"),
        Addressee(7, problem="There is neither a phone number nor an e-mail address."),
    ]
    bulk_id = drafted(rows)
    shown = bulk_queries.bulk_shown(OFFICER, bulk_id)
    assert (shown.line.total, shown.line.rejected, shown.segments) == (7, 5, 2)
    assert str(shown.cost) == "0.16"
    assert shown.summary["suppressed"] == 1
    assert [(row.number, row.problem.format(**row.params)) for row in bulk_queries.problems(OFFICER, bulk_id)] == [
        (3, "This person wants no messages by this way."),
        (4, "The same message goes to this address already (row 1)."),
        (5, "This language is not known: “xx”."),
        (6, "This is not an address for sms."),
        (7, "There is neither a phone number nor an e-mail address."),
    ]
    everything()
    assert statuses() == {}


def test_one_letter_that_doubles_the_price_is_named() -> None:
    summary = bulk_queries.bulk_shown(OFFICER, drafted(people(2), "Sprechstunde\u200b entfällt 😀")).summary
    assert summary["long_alphabet"] == 2
    assert set(summary["letters"]) == {"\u200b", "😀"}


def test_each_person_gets_it_once_and_it_ends(provider: Provider) -> None:
    bulk_id = started(people(8))
    do(bulk_id, BulkAction.START)
    everything()
    assert sorted(statuses().values()) == ["sent"] * 8
    assert len(provider.accepted) == 8
    one = message(f"bulk:{bulk_id}:1")
    assert (one.priority, one.bulk_id) == (Priority.BULK, bulk_id)
    progress = bulk_queries.progress(OFFICER, bulk_id)
    assert (progress.state, progress.sent, progress.waiting, progress.total) == ("done", 8, 0, 8)
    do(bulk_id, BulkAction.START)
    everything()
    assert len(provider.accepted) == 8


def test_the_same_form_sent_twice_makes_one_draft() -> None:
    first, second = (drafted(people(2), nonce="form-7") for _ in range(2))
    assert first == second
    assert db.session.scalar(select(func.count()).select_from(BulkRecipient)) == 2


def test_what_dies_in_the_middle_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    bulk_id = started(people(8))
    real, calls = bulk_writing.mark_written, iter((False, True))

    def dies(*args: Any) -> None:
        if next(calls):
            raise KeyboardInterrupt  # after the messages, before the commit
        real(*args)

    monkeypatch.setattr(bulk_writing, "mark_written", dies)
    with pytest.raises(KeyboardInterrupt):
        bulk_writing.write_next()
    assert len(statuses()) == 3
    monkeypatch.setattr(bulk_writing, "mark_written", real)
    assert bulk_writing.write_next() == 5
    assert len(statuses()) == 8
    assert bulk_queries.progress(OFFICER, bulk_id).unwritten == 0


def test_two_writers_at_once_write_each_row_once(app: Flask) -> None:
    import threading

    bulk_id = started(people(30))
    db.session.rollback()
    begin = threading.Barrier(3)

    def write() -> None:
        with at_work(app):
            begin.wait()
            bulk_writing.write_next()

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bulk_writing.write_next()
    assert len(statuses()) == 30
    assert bulk_queries.progress(OFFICER, bulk_id).unwritten == 0


def test_pausing_holds_what_has_not_gone_out_and_resuming_lets_it_go(provider: Provider) -> None:
    bulk_id = started(people(8))
    bulk_writing._write_chunk()
    do(bulk_id, BulkAction.PAUSE)
    do(bulk_id, BulkAction.PAUSE)
    everything()
    assert sorted(statuses().values()) == ["paused"] * 3
    progress = bulk_queries.progress(OFFICER, bulk_id)
    assert (progress.state, progress.paused, progress.unwritten, progress.ends_at) == ("paused", 3, 5, None)
    assert not provider.accepted
    do(bulk_id, BulkAction.RESUME)
    everything()
    assert sorted(statuses().values()) == ["sent"] * 8


def test_withdrawing_stops_the_rest_for_good(provider: Provider) -> None:
    bulk_id = started(people(8))
    bulk_writing._write_chunk()
    deliver(Channel.SMS)
    bulk_writing._write_chunk()
    do(bulk_id, BulkAction.CANCEL)
    everything()
    assert sorted(statuses().values()) == ["cancelled"] * 3 + ["sent"] * 3
    with pytest.raises(InvalidTransition):
        do(bulk_id, BulkAction.RESUME)


def test_a_key_of_the_list_counts_across_sends() -> None:
    for _ in range(2):
        started(people(1, key="termin-1"))
        everything()
    assert len(statuses()) == 1


def test_a_template_that_changed_keeps_no_other_row_back(monkeypatch: pytest.MonkeyPatch) -> None:
    bulk_id = started(people(5))
    from notifications import outbox

    real = outbox.enqueue_many

    def picky(messages: list[Any]) -> int:
        if any(each.to.endswith("002") for each in messages):
            raise RuleViolation("variables", "gone: {reason}", reason="x")
        return real(messages)

    monkeypatch.setattr(outbox, "enqueue_many", picky)
    bulk_writing.write_next()
    assert sorted(statuses()) == sorted(f"bulk:{bulk_id}:{number}" for number in (1, 3, 4, 5))
    assert [row.number for row in bulk_queries.problems(OFFICER, bulk_id)] == [2]


def test_another_office_finds_nothing() -> None:
    bulk_id = drafted(people(1))
    stranger = Actor.of("user", "someone-else", frozenset())
    with pytest.raises(NotFound):
        bulk_queries.bulk_shown(stranger, bulk_id)
    with pytest.raises(NotFound), transaction():
        bulk.act(bulk_id, BulkAction.START, actor=stranger)
    assert bulk_queries.bulk_page(stranger) == ([], None)


def test_nothing_is_kept_of_a_draft_that_cannot_be() -> None:
    with pytest.raises(RuleViolation) as refused:
        drafted([])
    assert refused.value.errors[0].field == "file"
    with pytest.raises(RuleViolation) as refused:
        drafted([Addressee(1, Channel.EMAIL, "mira@example.org")])
    assert refused.value.errors[0].field == "subject"
    assert db.session.scalar(select(func.count()).select_from(BulkSend)) == 0


def test_people_are_forgotten_after_a_week(domain_clock: Any, provider: Provider) -> None:
    ended, abandoned = started(people(4)), drafted(people(2))
    everything()
    domain_clock.forward(days=6)
    assert bulk_writing.forget_rows() == 0
    domain_clock.forward(days=2)
    while bulk_writing.forget_rows():
        pass
    assert db.session.scalar(select(func.count()).select_from(BulkRecipient)) == 0
    with pytest.raises(NotFound):
        bulk_queries.bulk_shown(OFFICER, abandoned)
    shown = bulk_queries.bulk_shown(OFFICER, ended)
    assert (shown.line.total, shown.texts) == (4, {})


def test_what_is_not_to_go_before_waits(domain_clock: Any, provider: Provider) -> None:
    started(people(2), not_before=clock.now() + timedelta(hours=1))
    everything()
    assert not provider.accepted
    domain_clock.forward(hours=2)
    everything()
    assert len(provider.accepted) == 2


def test_from_a_file_to_different_texts(provider: Provider) -> None:
    data = "Telefon;Name;Termin\n0157 35990001;Mira;3. Mai\n0157 35990002;Emre;\n".encode("cp1252")
    rows = list(addressees_from(data, {"termin"}, limit_mb=1, locale="de"))
    assert rows[0].cells == {"termin": "3. Mai"}, "what the text does not need is not kept"
    bulk_id = drafted(rows, "Ihr Termin: ((Termin))")
    assert [str(row.problem).format(**row.params) for row in bulk_queries.problems(OFFICER, bulk_id)] == [
        "The column “Termin” is missing or empty."
    ]
    do(bulk_id, BulkAction.START)
    everything()
    assert provider.bodies() == ["Ihr Termin: 3. Mai"]


def test_open_rows_are_found_by_their_index() -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite plans differently")
    started(people(3))
    plan = db.session.scalars(
        db.text(
            "EXPLAIN SELECT id FROM bulk_recipient WHERE bulk_id = gen_random_uuid()"
            " AND NOT bulk_recipient.written AND bulk_recipient.problem IS NULL ORDER BY number LIMIT 3"
        )
    ).all()
    assert any("ix_bulk_recipient_open" in line for line in plan), plan
