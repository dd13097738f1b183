"""Mail servers that misbehave: nothing is lost, nothing blindly resent, and unknown is only what was in DATA."""

import random
import threading
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask

from config import clock
from config.ids import new_id
from config.settings import Settings
from notifications.channels import connections, email, smtp
from notifications.channels.base import NotBegun, Outcome, Outgoing, Permanent, Sent, Temporary, Unknown
from notifications.channels.email import EmailChannel
from notifications.delivery import deliver
from notifications.recovery import recover
from notifications.statuses import Channel, Meaning
from tests.factories.notifications import EMAIL, age_claims, attempts, put_email, statuses
from tests.fakes.moody_smtp import CUT, DRIP, DROP, GARBAGE, MoodySmtp
from tests.fixtures.processes import eventually
from tests.support.at_work import at_work

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]


@pytest.fixture
def settings(settings: Settings, moody: MoodySmtp) -> Settings:
    return settings.changed(smtp_url=moody.url)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines so short that a server which misses them does not hold the tests up."""
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(smtp.Connection, "step_s", 0.3)
    monkeypatch.setattr(smtp, "CONNECT_S", 0.5)
    monkeypatch.setattr(email, "DATA_S", 0.5)


@pytest.mark.parametrize(("step", "mood"), [("content", CUT), ("end", DROP), ("end", CUT), ("end", GARBAGE)])
def test_a_line_that_breaks_in_data_leaves_one_unknown_and_the_rest_sent(
    moody: MoodySmtp, step: str, mood: str
) -> None:
    moody.moods[step] = [mood]
    for number in range(4):
        put_email(f"k{number}")
    deliver(Channel.EMAIL)
    assert Counter(statuses().values()) == {"sent": 3, "unknown": 1}
    age_claims()
    assert recover() == 0 and deliver(Channel.EMAIL) == 0, "nobody sends again what may have arrived"
    assert max(Counter(moody.ids).values()) == 1


@pytest.mark.parametrize("step", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("mood", [DROP, "421 4.3.2 shutting down", "451 4.7.1 greylisted", GARBAGE])
def test_a_refusal_before_the_mail_was_given_costs_it_a_wait_and_no_more(
    moody: MoodySmtp, step: str, mood: str
) -> None:
    moody.moods[step] = [mood]
    if step == "EHLO":
        moody.moods[step] = [mood] * 4  # who does not know EHLO is asked with HELO
    put_email("one")
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "pending"} and not moody.mails
    moody.moods.clear()
    age_claims()
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "sent"} and len(moody.mails) == 1
    assert [attempt.state.value for attempt in attempts("one")] == ["temporary", "sent"]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("step", "status"),
    [("connect", "pending"), ("EHLO", "pending"), ("MAIL", "pending"), ("DATA", "pending"), ("end", "unknown")],
)
def test_a_server_that_drips_its_answer_does_not_hold_us(moody: MoodySmtp, step: str, status: str) -> None:
    moody.moods[step] = [DRIP]
    put_email("one")
    deliver(Channel.EMAIL)
    assert statuses() == {"one": status}


def test_a_server_that_says_421_after_some_mails_gets_the_rest_on_a_new_connection(moody: MoodySmtp) -> None:
    moody.moods["MAIL"] = lambda number: "421 4.7.0 enough for one connection" if number in (3, 8) else None
    for number in range(5):
        put_email(f"k{number}")
    deliver(Channel.EMAIL)
    assert set(statuses().values()) == {"sent"}
    assert all(len(attempts(f"k{number}")) == 1 for number in range(5)) and moody.connections == 2


def test_a_kept_connection_that_the_server_closed_costs_nothing(moody: MoodySmtp) -> None:
    for number in range(3):
        put_email(f"k{number}")
        deliver(Channel.EMAIL)
        moody.hang_up()
    assert [attempts(f"k{number}")[0].state.value for number in range(3)] == ["sent"] * 3


def test_a_connection_serves_the_next_batch_too(moody: MoodySmtp) -> None:
    for number in range(3):
        put_email(f"k{number}")
        deliver(Channel.EMAIL)
    assert len(moody.mails) == 3 and moody.connections == 1


def test_connections_that_nobody_needs_are_closed(moody: MoodySmtp, settings: Settings) -> None:
    pool = connections.Connections(smtp.MailServer.of(moody.url), idle_s=0.0)
    line = pool.borrow(1)
    assert line is not None
    assert moody.open == 1
    pool.give_back(line)
    eventually(lambda: moody.open == 0, "the farewell")
    assert not line.alive


def test_a_batch_goes_over_several_connections_and_never_more_than_allowed(app: Flask, moody: MoodySmtp) -> None:
    for number in range(60):
        put_email(f"k{number}")
    _work_together(app, workers=3)
    assert set(statuses().values()) == {"sent"}
    assert len(moody.mails) == len(set(moody.ids)) == 60
    assert 1 < moody.most_open <= connections.AT_ONCE


def test_a_server_that_takes_one_connection_only_gets_everything_over_it(moody: MoodySmtp) -> None:
    moody.moods["connect"] = lambda number: None if number == 0 else "421 4.7.0 one is enough"
    for number in range(30):
        put_email(f"k{number}")
    deliver(Channel.EMAIL)
    assert set(statuses().values()) == {"sent"}
    assert all(len(attempts(f"k{number}")) == 1 for number in range(30))


def test_each_server_gets_what_is_meant_for_it_and_suffers_alone(moody: MoodySmtp, settings: Settings) -> None:
    other = MoodySmtp()
    try:
        channel = EmailChannel(settings.changed(smtp_more=other.url))
        assert channel.sender_names == (moody.place, other.place)
        found = _sent(channel, _mail(moody.place), _mail(other.place), _mail(""), _mail("gone:25"))
        assert [outcome.sender for outcome in found if isinstance(outcome, Sent)] == [
            moody.place, other.place, moody.place, moody.place,
        ]  # fmt: skip
        assert (len(moody.mails), len(other.mails)) == (3, 1)
    finally:
        other.stop()
    assert [type(outcome) for outcome in _sent(channel, _mail(moody.place), _mail(other.place))] == [Sent, Temporary]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.1.1 no such user", Permanent("550 5.1.1", Meaning.BAD_ADDRESS)),
        ("550 5.7.1 not wanted here", Permanent("550 5.7.1", Meaning.BLOCKED)),
        ("554 no", Permanent("554", Meaning.REJECTED)),
        ("552 5.2.2 mailbox full", Temporary("552 5.2.2", Meaning.RETRY_LATER)),
        ("452 4.2.2 mailbox full", Temporary("452 4.2.2", Meaning.RETRY_LATER)),
    ],
)
def test_what_a_server_says_of_a_recipient(moody: MoodySmtp, settings: Settings, answer: str, outcome: Outcome) -> None:
    moody.moods["RCPT"] = [answer]
    assert _sent(EmailChannel(settings), _mail()) == [outcome]


def test_an_address_that_only_some_servers_take_is_refused_clearly(moody: MoodySmtp, settings: Settings) -> None:
    (outcome,) = _sent(EmailChannel(settings), _mail(to="müller@example.org"))
    assert outcome == Permanent("address", Meaning.BAD_ADDRESS) and not moody.mails


def test_every_line_arrives_as_it_was_written(moody: MoodySmtp, settings: Settings) -> None:
    text = ".\r\n..ein Punkt am Anfang\r\n.\r\nEnde"
    list(EmailChannel(settings).send([_mail(body=text)], lambda _: True))
    plain = next(part for part in moody.mails[0].walk() if part.get_content_type() == "text/plain")
    content = plain.get_payload(decode=True)
    assert isinstance(content, bytes) and content.decode().split() == text.split()


def test_where_the_claim_cannot_be_marked_nothing_goes_out(moody: MoodySmtp, settings: Settings) -> None:
    def broken(_: object) -> bool:
        raise ConnectionError("the database is gone")

    ((_, outcome),) = EmailChannel(settings).send([_mail()], broken)
    assert isinstance(outcome, NotBegun) and moody.in_data == 0


def test_a_caller_that_goes_away_stops_the_sending(moody: MoodySmtp, settings: Settings) -> None:
    sending = EmailChannel(settings).send([_mail() for _ in range(40)], lambda _: True)
    next(iter(sending))
    sending.close()  # type: ignore[attr-defined]
    assert len(moody.mails) < 40


def test_a_day_of_moods_loses_and_doubles_nothing(app: Flask, moody: MoodySmtp) -> None:
    dice = random.Random(20)  # what the dice say depends on the threads' order, what must hold does not
    harmless = [DROP, "421 busy", "451 greylisted", GARBAGE]
    for step in ("connect", "MAIL", "RCPT", "DATA", "NOOP"):
        moody.moods[step] = lambda _: dice.choice(harmless) if dice.random() < 0.04 else None
    moody.moods["content"] = lambda _: CUT if dice.random() < 0.03 else None
    moody.moods["end"] = lambda _: dice.choice([DROP, CUT, "451 later"]) if dice.random() < 0.06 else None
    for number in range(150):
        put_email(f"k{number}")
    for _ in range(30):
        _work_together(app, workers=2)
        age_claims()
        recover()
        if "pending" not in (found := statuses().values()):
            break
    found = Counter(statuses().values())
    assert set(found) <= {"sent", "unknown"} and found.total() == 150
    assert max(Counter(moody.ids).values()) == 1
    kept = set(moody.ids)
    for key, status in statuses().items():
        last = attempts(key)[-1]
        assert status != "sent" or last.provider_id in kept
        assert status != "unknown" or last.handed_at is not None
    assert found["unknown"] <= moody.in_data - found["sent"]


def _work_together(app: Flask, workers: int) -> None:
    def work() -> None:
        with at_work(app):
            while deliver(Channel.EMAIL):
                pass

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _sent(channel: EmailChannel, *mails: Outgoing) -> list[Outcome]:
    """The outcomes in the order of `mails`."""
    found = {message.attempt_id: outcome for message, outcome in channel.send(mails, lambda _: True)}
    assert not any(isinstance(outcome, Unknown) for outcome in found.values())
    return [found[mail.attempt_id] for mail in mails]


def _mail(sender: str = "", *, to: str = EMAIL, body: str = "Text") -> Outgoing:
    now = clock.wall()
    return Outgoing(
        attempt_id=new_id(), notification_id=new_id(), to=to, subject="Betreff", body=body, html="", locale="de",
        started_at=now, begin_before=now + timedelta(minutes=1), valid_for=None, sender=sender,
    )  # fmt: skip
